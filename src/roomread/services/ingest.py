"""Write readings made by other programs or browsers into sessions, each frame exactly once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from roomread.errors import (
    BusyError,
    DatabaseError,
    SessionError,
    SessionHeldError,
    SessionNotFoundError,
)
from roomread.formats.figures import RunningMoods
from roomread.formats.json_frames import parse_frames
from roomread.identity import FaceEmbedder
from roomread.pipeline import Analyzer, RoomPipeline
from roomread.readings import Reading
from roomread.room import DEFAULT_RULES, Alert, RoomMood
from roomread.services import purpose
from roomread.services.alerts import AlertSender
from roomread.services.recording import (
    audit_session,
    compares_faces,
    net_of,
    nets_of,
    session_pipeline,
)
from roomread.store import Leases, OwnerStore, Recorder, Session
from roomread.store.leases import session_resource
from roomread.store.records import milliseconds
from roomread.wire import FrameReadings

INGEST_SOURCE = "readings that were sent"
# The source of a session for which a web page reads the faces of a shared window.
SCREEN_SOURCE = "a shared window"
# The sources of the session of a room that students join, without and with a shared window.
ROOM_SOURCE = "students who joined by a code"
ROOM_AND_SCREEN_SOURCE = "students who joined by a code, and a shared window"
_ROOM_SOURCES = (ROOM_SOURCE, ROOM_AND_SCREEN_SOURCE)
# Adds the faces of the newest frame of a shared screen to the room of a session.
ShowScreen = Callable[[Session, Sequence[Reading]], tuple[RoomMood | None, list[Alert]]]
# Minimum time between two frames, ms; closer frames would only fill the memory.
_MIN_STEP = 10
# Maximum number of seats in a session: more than a lecture hall has.
_MAX_SEATS = 400
# Maximum number of sessions whose pipelines are kept in memory.
_MAX_OPEN = 64


class SessionEndedError(SessionError):
    """The session has ended and accepts no readings."""


class RecordedElsewhereError(SessionError):
    """The session is recorded from another source and accepts no readings."""


class TooManySeatsError(SessionError):
    """The faces of the session were at too many places for one room."""


@dataclass(frozen=True, slots=True)
class IngestReport:
    """The result of ingesting the frames of one message.

    Attributes:
        accepted: Number of new frames, which are written.
        repeated: Number of ignored frames: each was written before, or is less than 10 ms later
            than the last written frame.
        mood: The latest mood of the room, rounded for display; None if there is no mood to show.
        alerts: The active alerts.
    """

    accepted: int
    repeated: int
    mood: RoomMood | None
    alerts: list[Alert]


@dataclass(frozen=True, slots=True)
class _SessionWriter:
    """The pipeline of one session, and the objects that receive its `Moment`s.

    Attributes:
        owner: The owner of the session.
        recorder: The recorder that writes the `Moment`s.
        pipeline: The pipeline that computes the `Moment`s from readings.
        moods: The object that rounds moods for display.
    """

    owner: str
    recorder: Recorder
    pipeline: RoomPipeline
    moods: RunningMoods


@dataclass(slots=True)
class _OpenSession:
    """The state in memory of a session to which readings are sent.

    Attributes:
        lock: A lock that is held while one message is written.
        senders: The number of calls that hold or wait for the lock.
        writer: The writer; None before the first frame and after the end.
        last: The time of the newest frame, ms.
        seats: The highest seat (number of a person or place) so far.
    """

    lock: threading.Lock = field(default_factory=threading.Lock)
    senders: int = 0
    writer: _SessionWriter | None = None
    last: int = -_MIN_STEP
    seats: int = 0


def create_session(  # noqa: PLR0913 (a session's fields)
    store: OwnerStore,
    analyzer: Analyzer,
    name: str,
    *,
    consent: str = "",
    notice: str = "",
    source: str = INGEST_SOURCE,
    rules: str | None = None,
    model: str | None = None,
    threshold: float | None = None,
    embedder: FaceEmbedder | None = None,
) -> Session:
    """Create a session to which readings can be sent.

    Args:
        store: The sessions of the owner.
        analyzer: The analyzer with the net and threshold to store, unless these are given below.
        name: The title.
        consent: Who consented and how; if empty, no readings of individual people are stored.
        notice: How the people were informed that their expressions are read.
        source: `INGEST_SOURCE` or `SCREEN_SOURCE`.
        rules: The alert rules, one per line; None for the default rules.
        model: The name and digest of the sender's net.
        threshold: The confidence below which that net withholds an expression, 0..1.
        embedder: The net that distinguishes people by their faces; None to use people's places.

    Raises:
        PurposeError: The purpose of this installation does not allow recording a class.
        SessionError: The name is empty, or `embedder` is given without consent.
        RulesError: The rules are invalid.
    """
    use = purpose.require(purpose.Activity.RECORD_CLASS)
    session = store.create(
        name,
        source=source,
        model=nets_of(model if model is not None else net_of(analyzer), embedder, consent=consent),
        threshold=threshold if threshold is not None else analyzer.classifier.threshold,
        rules=rules if rules is not None else DEFAULT_RULES,
        keeps_people=bool(consent.strip()),
        consent=consent,
        purpose=use.purpose or "",
        region=use.region or "",
        notice=notice,
    )
    audit_session(session)
    return session


def _show(show_screen: ShowScreen, session: Session, content: bytes | str) -> IngestReport:
    """Add the newest frame of a shared screen to a room."""
    purpose.require(purpose.Activity.RECORD_CLASS)
    frames = parse_frames(content, default_threshold=session.threshold)
    mood, alerts = show_screen(session, frames[-1].readings)
    return IngestReport(len(frames), 0, mood, alerts)


class ReadingIngest:
    """A service that writes readings into sessions, each frame once even if it is sent twice.

    The times of a session's frames increase, so a frame that is sent again is recognised by its
    time. A frame is written before it is reported as accepted, so a sender that gets no response
    can send the frame again, and the frame is still counted once.

    Only one of the processes that share a store writes a session at a time, because the mood
    depends on earlier readings. The first process that receives readings gets the session's lease.

    The session of a room that students join is written by the room. Frames that are sent to such a
    session contain the faces of a shared screen. They are passed to the room and reported as
    accepted.

    Args:
        leases: The leases of this process, which the caller renews.
        show_screen: A function that adds faces of a shared screen to a room, and returns the room's
            latest mood and the active alerts; None for a process without rooms.
        alerts: The sender of alerts to other programs; None to send no alerts.
    """

    def __init__(
        self,
        leases: Leases,
        show_screen: ShowScreen | None = None,
        alerts: AlertSender | None = None,
    ) -> None:
        self._leases, self._show_screen, self._alerts = leases, show_screen, alerts
        self._sessions: OrderedDict[str, _OpenSession] = OrderedDict()
        self._lock = threading.Lock()

    def send(self, store: OwnerStore, session_id: str, content: bytes | str) -> IngestReport:
        """Write frames into a session.

        Args:
            store: The sessions of the sender.
            session_id: The full id of the session.
            content: A JSON array of frames in the order of their times, or one frame.

        Raises:
            WireError: The content is invalid.
            PurposeError: The purpose of this installation does not allow recording a class.
            SessionNotFoundError: The sender has no such session.
            SessionEndedError: The session has ended.
            RecordedElsewhereError: The session is recorded from another source.
            TooManySeatsError: The faces were at too many places for one room.
            SessionHeldError: Another process holds the session.
            BusyError: The database does not respond.
        """
        # Check the owner of every message before waiting for the session's lock, so that others
        # cannot block the owner.
        session = self._written_session(store, session_id) or open_session(store, session_id)
        if session.source in _ROOM_SOURCES and self._show_screen is not None:
            return _show(self._show_screen, session, content)
        _check_source(session)
        purpose.require(purpose.Activity.RECORD_CLASS)
        frames = parse_frames(content, default_threshold=session.threshold)
        with self._opened_session(session_id) as opened:
            self._hold(opened, session_id)
            if opened.writer is None:
                # Check again, because the session may have ended while this sender waited.
                session = open_session(store, session_id)
                # `_write` writes each message before this method returns.
                recorder = Recorder(store, session, writes_by_itself=False)
                moods = RunningMoods(store, recorder.session)
                pipeline = session_pipeline(recorder, alerts=self._alerts)
                opened.writer = _SessionWriter(store.owner, recorder, pipeline, moods)
                resumed = recorder.resumed_at
                opened.last = milliseconds(resumed) if resumed is not None else -_MIN_STEP
            try:
                return _write(opened, opened.writer, frames)
            except SessionHeldError:
                # The lease expired while this process was suspended. Another process may have
                # written since, so this pipeline is out of date.
                opened.writer = None
                self._hold(opened, session_id)
                raise
            except (DatabaseError, TooManySeatsError):
                raise
            except SessionError as error:
                raise SessionNotFoundError(f"there is no session '{session_id}'") from error

    def end(self, store: OwnerStore, session: Session) -> None:
        """Write the waiting readings of a session and end it; a no-op if it has ended.

        Raises:
            RecordedElsewhereError: The session is recorded from another source.
            SessionHeldError: Another process holds the session.
            BusyError: The database does not respond.
        """
        if session.ended_at is not None:
            return
        _check_source(session)
        with self._opened_session(session.id) as opened:
            self._hold(opened, session.id)
            if opened.writer is not None:
                _flush(opened.writer.recorder)
            opened.writer = None
            store.end(session.id)
        self.forget(session.id)

    def forget(self, session_id: str) -> None:
        """Drop the pipeline of a session from memory, and release the session's lease."""
        with self._lock:
            self._sessions.pop(session_id, None)
        self._release([session_id])

    def _written_session(self, store: OwnerStore, session_id: str) -> Session | None:
        """Return this owner's session if this process writes it; None for any other session.

        The transaction that writes the frames checks whether the session still exists.
        """
        with self._lock:
            opened = self._sessions.get(session_id)
            writer = opened.writer if opened is not None else None
        if writer is None or writer.owner != store.owner:
            return None
        return writer.recorder.session

    def _hold(self, opened: _OpenSession, session_id: str) -> None:
        """Take or renew the lease of a session, or raise `SessionHeldError`."""
        resource = session_resource(session_id)
        if opened.writer is not None and self._leases.keeps(resource):
            return
        # Another process may have written since the lease expired, so the pipeline is rebuilt.
        opened.writer = None
        lease = self._leases.acquire(resource)
        if lease is not None:
            problem = f"another process of this service holds session {session_id}"
            raise SessionHeldError(problem, address=lease.address)

    @contextmanager
    def _opened_session(self, session_id: str) -> Iterator[_OpenSession]:
        """Lock a session during the `with` block, so that one sender at a time writes it."""
        with self._lock:
            opened = self._sessions.setdefault(session_id, _OpenSession())
            self._sessions.move_to_end(session_id)
            opened.senders += 1
            dropped = self._drop_idle()
        try:
            self._release(dropped)
            with opened.lock:
                yield opened
        finally:
            with self._lock:
                opened.senders -= 1

    def _drop_idle(self) -> list[str]:
        """Drop the least recently used sessions from memory; the database has their readings."""
        idle = [session_id for session_id, opened in self._sessions.items() if not opened.senders]
        dropped = idle[: max(len(self._sessions) - _MAX_OPEN, 0)]
        for session_id in dropped:
            del self._sessions[session_id]
        return dropped

    def _release(self, session_ids: Sequence[str]) -> None:
        for session_id in session_ids:
            # If this fails, this process keeps the lease. Other processes then forward requests to
            # it, and it opens the session again.
            with suppress(DatabaseError):
                self._leases.release(session_resource(session_id))


def open_session(store: OwnerStore, session_id: str) -> Session:
    """Return a session after checking that it accepts readings.

    The session of a room accepts only readings of a shared screen.

    Args:
        store: The sessions of the sender.
        session_id: The full id of the session.

    Raises:
        SessionNotFoundError: The sender has no such session.
        SessionEndedError: The session has ended.
        RecordedElsewhereError: The session is recorded from another source.
    """
    session = store.session(session_id)
    if session.source not in _ROOM_SOURCES:
        _check_source(session)
    if session.ended_at is not None:
        raise SessionEndedError(f"session {session.id} has ended")
    return session


def _check_source(session: Session) -> None:
    if session.source not in (INGEST_SOURCE, SCREEN_SOURCE):
        problem = f"session {session.id} is recorded from {session.source}, not from sent readings"
        raise RecordedElsewhereError(problem)


def _write(
    opened: _OpenSession, writer: _SessionWriter, frames: Sequence[FrameReadings]
) -> IngestReport:
    recorder, pipeline = writer.recorder, writer.pipeline
    accepted = 0
    for frame in frames:
        time = milliseconds(frame.time)
        if time < opened.last + _MIN_STEP:
            continue
        if opened.seats > _MAX_SEATS:
            raise TooManySeatsError(
                f"session {recorder.session.id}: has faces at more than {_MAX_SEATS} places",
                hint="send the track ids and boxes of one camera",
            )
        readings = frame.readings
        if compares_faces(recorder.session):
            # A face without a seat belongs to a person who is not recognised yet.
            readings = tuple(reading for reading in readings if reading.seat is not None)
        moment = pipeline.push_readings(frame.time, readings)
        recorder.add(moment)
        writer.moods.update(moment.mood)
        opened.last = time
        opened.seats = max(opened.seats, *(reading.seat or 0 for reading in moment.readings), 0)
        accepted += 1
    _flush(recorder)
    mood = writer.moods.update(pipeline.mood)
    return IngestReport(accepted, len(frames) - accepted, mood, pipeline.alerts)


def _flush(recorder: Recorder) -> None:
    if not recorder.flush():
        raise BusyError("the sessions' database does not respond", seconds=10)
