"""Read the frames of live connections, and remember the people of the recorded sessions."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from roomread.identity import DlibResNet, FaceEmbedder, People
from roomread.media import SignalCheck
from roomread.pipeline import Analyzer, RoomPipeline
from roomread.readings import Box, Frame, Reading
from roomread.room import RoomMeter, RoomMood, Seats
from roomread.room.rounding import MoodRounding
from roomread.services.purpose import require_reading
from roomread.services.recording import compares_faces
from roomread.store import OwnerStore, Session
from roomread.wire import FrameReadings

# A connection follows the last moment of its session by this much at least, s.
_MIN_GAP = 0.5
# How long the vectors of a session outlive its last connection, so that a browser can connect
# again, s.
KEEP_SECONDS = 600.0


class KnownPeople:
    """The people of one session, distinguished by their faces across its connections.

    Args:
        embedder: The net that turns faces into vectors.
        places: The boxes of people whose seats are known already, px.
        clock: Returns seconds of a monotonic clock.

    Attributes:
        used: The time at which a frame was last read, seconds.
    """

    def __init__(
        self,
        embedder: FaceEmbedder,
        places: Mapping[int, Box],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.used = clock()
        self._clock = clock
        self._people = People(embedder, places=places)
        self._lock = threading.Lock()

    def begin_connection(self) -> None:
        """Prepare for a new connection, whose track ids start again at 1."""
        with self._lock:
            self._people.forget_tracks()

    def update(self, frame: Frame, readings: Sequence[Reading]) -> list[Reading]:
        """Return the readings of the next frame with the person's number as their `seat`."""
        with self._lock:
            self.used = self._clock()
            found = {r.track_id: r for r in self._people.update(frame, readings)}
        # Faces that are not recognised yet are seen, though they are not recorded.
        return [found.get(reading.track_id, reading) for reading in readings]


class LivePeople:
    """The known people of the sessions that live connections of this process record.

    Their vectors are biometric data and are kept in memory only. They are forgotten when the
    session ends, or `KEEP_SECONDS` after its last frame.

    Args:
        load: Returns the net that turns faces into vectors; called once.
        clock: Returns seconds of a monotonic clock.
    """

    def __init__(
        self,
        load: Callable[[], FaceEmbedder] = DlibResNet,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._load, self._clock = load, clock
        self._embedder: FaceEmbedder | None = None
        self._known: dict[str, KnownPeople] = {}
        self._lock = threading.Lock()

    def embedder(self) -> FaceEmbedder:
        """Return the net that turns faces into vectors.

        Raises:
            MissingExtraError: Its extra is not installed.
        """
        with self._lock:
            if self._embedder is None:
                self._embedder = self._load()
            return self._embedder

    def of(self, store: OwnerStore, session: Session) -> KnownPeople | None:
        """Return the people of a session; None if it distinguishes people by their places.

        Raises:
            MissingExtraError: The net's extra is not installed.
        """
        if not compares_faces(session):
            return None
        embedder = self.embedder()
        places = store.readings(session.id).last_boxes()
        with self._lock:
            known = self._known.get(session.id)
            if known is None:
                known = KnownPeople(embedder, places, clock=self._clock)
                self._known[session.id] = known
            return known

    def forget(self, session_id: str) -> None:
        """Forget the people of a session."""
        with self._lock:
            self._known.pop(session_id, None)

    def forget_idle(self) -> None:
        """Forget the people of sessions without a frame for `KEEP_SECONDS`."""
        oldest = self._clock() - KEEP_SECONDS
        with self._lock:
            self._known = {i: known for i, known in self._known.items() if known.used > oldest}


class LiveRoom:
    """Read the frames of one live connection.

    Without a session it computes the room's mood itself. With a session, the session computes the
    mood, and times are seconds from the session's start, so that a new connection continues at the
    right time.

    Args:
        analyzer: The nets.
        start: The session's time at the first frame, see `start_of`; None without a session.
        people: Distinguishes the people of the session; None to assign their seats by place.
        oneself: Whether the camera shows its own user; only the largest face is kept.

    Raises:
        PurposeError: The purpose of this installation does not allow reading faces.

    Attributes:
        mood: The latest mood of the room, with its shares in steps of 5 %; None until there is one,
            and if a session computes it.
    """

    def __init__(
        self,
        analyzer: Analyzer,
        *,
        start: float | None = None,
        people: KnownPeople | None = None,
        oneself: bool = False,
    ) -> None:
        require_reading(oneself=oneself)
        measures = start is None
        self.mood: RoomMood | None = None
        self._rounding = MoodRounding()
        self._start, self._people, self._oneself = start or 0.0, people, oneself
        self._pipeline = RoomPipeline(
            analyzer.stream_analyzer(),
            signal=SignalCheck(),
            seats=Seats() if measures else None,
            meter=RoomMeter.for_interval(0.5) if measures else None,
        )
        if people is not None:
            people.begin_connection()

    def time(self, seconds: float) -> float:
        """Return the time of a frame, seconds.

        Args:
            seconds: From the first frame of the connection.
        """
        return self._start + seconds

    def read(self, frame: Frame) -> FrameReadings:
        """Return what the next frame shows.

        Args:
            frame: Its time is one of `time`, later than that of the frame before.

        Raises:
            BusyError: The nets are shared and take no more work at present; the frame is skipped.
        """
        moment = self._pipeline.push(frame)
        if moment.mood is not None:
            self.mood = self._rounding.add(moment.mood)
        readings = moment.readings[:1] if self._oneself else moment.readings
        if self._people is not None:
            readings = self._people.update(frame, readings)
        reason = None if moment.signal is None else str(moment.signal)
        return FrameReadings.of(frame, readings, signal=reason)


def start_of(session: Session, last: float | None, *, now: datetime | None = None) -> float:
    """Return the present time of a session for a connection that begins, seconds from its start.

    Args:
        session: The session.
        last: The last time that it has, seconds; None if it has none.
        now: The present, UTC; None for the computer's clock.
    """
    passed = ((now or datetime.now(UTC)) - session.started_at).total_seconds()
    return max(passed, 0.0 if last is None else last + _MIN_GAP)
