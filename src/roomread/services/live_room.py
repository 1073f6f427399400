"""Read the frames of live connections, and distinguish the people of recorded sessions."""

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

# Minimum time from the last moment of a session to the start of a new connection, s.
_MIN_GAP = 0.5
# Time for which the vectors of a session are kept after its last frame, s, so that a browser can
# connect again.
KEEP_SECONDS = 600.0


class KnownPeople:
    """The people of one session, distinguished by their faces across the session's connections.

    Args:
        embedder: The net that computes the vectors of faces.
        places: The last face box of each known person, px, by seat (the person's number).
        clock: A function that returns seconds of a monotonic clock.

    Attributes:
        used: The time of the last update, as returned by `clock`, s.
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
        """Return the next frame's readings; recognised people's readings contain their seats."""
        with self._lock:
            self.used = self._clock()
            found = {r.track_id: r for r in self._people.update(frame, readings)}
        # Return faces that are not recognised yet too, to show them. They are not recorded.
        return [found.get(reading.track_id, reading) for reading in readings]


class LivePeople:
    """The known people of all sessions that this process records from live connections.

    The vectors of their faces are biometric data and are kept in memory only. They are deleted when
    the session ends, or `KEEP_SECONDS` after its last frame.

    Args:
        load: A function that returns the net that computes the vectors; it is called once.
        clock: A function that returns seconds of a monotonic clock.
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
        """Return the net that computes the vectors of faces, which is loaded on the first call.

        Raises:
            MissingExtraError: The net's extra is not installed.
        """
        with self._lock:
            if self._embedder is None:
                self._embedder = self._load()
            return self._embedder

    def of(self, store: OwnerStore, session: Session) -> KnownPeople | None:
        """Return the people of a session; None if the session distinguishes people by places.

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
        """Delete the vectors of a session's people."""
        with self._lock:
            self._known.pop(session_id, None)

    def forget_idle(self) -> None:
        """Delete the vectors of all sessions without a frame for `KEEP_SECONDS`."""
        oldest = self._clock() - KEEP_SECONDS
        with self._lock:
            self._known = {i: known for i, known in self._known.items() if known.used > oldest}


class LiveRoom:
    """A reader of the frames of one live connection.

    Without a session, this reader computes the room's mood. With a session, the mood is computed
    where the readings are recorded, and times are seconds from the start of the session.

    Args:
        analyzer: The analyzer that reads the frames.
        start: The session's time at the first frame, see `start_of`; None if there is no session.
        people: The known people of the session; None to distinguish people by their places.
        oneself: Whether the camera shows its own user, so that only the largest face is kept.

    Raises:
        PurposeError: The purpose of this installation does not allow reading faces.

    Attributes:
        mood: The latest mood of the room, with proportions in steps of 5 %; None before the first
            mood, and always None with a session.
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
        """Return the time that a frame must have when it is passed to `read`, s.

        Args:
            seconds: The time from the first frame of the connection, s.
        """
        return self._start + seconds

    def read(self, frame: Frame) -> FrameReadings:
        """Read the next frame, and return its readings.

        Args:
            frame: The frame. Its time is computed by `time`, and is later than that of the previous
                frame.

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
    """Return the time at which a new connection of a session starts.

    Args:
        session: The session.
        last: The time of the session's newest mood or reading, s; None if the session has neither.
        now: The present, UTC; None for the computer's clock.

    Returns:
        Seconds from the start of the session.
    """
    passed = ((now or datetime.now(UTC)) - session.started_at).total_seconds()
    return max(passed, 0.0 if last is None else last + _MIN_GAP)
