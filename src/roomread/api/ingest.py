"""Sessions of one service: their database, and those that readings are being sent to."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus

from roomread.api.problems import RefusedError, busy
from roomread.errors import DatabaseError, SessionError
from roomread.formats.received import FrameInput
from roomread.pipeline import RoomPipeline
from roomread.room import Alert, RoomMood
from roomread.services.recording import session_pipeline
from roomread.store import OwnerStore, Recorder, Session, Store
from roomread.store.records import milliseconds

# What a session that is filled by readings from elsewhere says it is read from.
SOURCE = "readings that were sent"
# Frames closer than this are one; more of them would only fill the memory, ms.
_CLOSEST = 10
# Places that one session may have: a lecture hall's, or those of a class that walks about.
_MOST_SEATS = 1000
# Sessions whose last seconds are kept in memory; others begin their figures anew.
_MOST_OPEN = 64


@dataclass(frozen=True, slots=True)
class IngestResult:
    """What became of frames that were sent.

    Attributes:
        taken: frames that are new, and written now.
        repeated: frames that are not later than what was there before.
        mood: the room's latest figure, or None.
        alerts: those that hold now.
    """

    taken: int
    repeated: int
    mood: RoomMood | None
    alerts: list[Alert]


@dataclass(frozen=True, slots=True)
class _SessionWriter:
    """The pipeline of one session and the recorder that takes its moments."""

    recorder: Recorder
    pipeline: RoomPipeline


@dataclass(slots=True)
class _SessionIngest:
    """One session that is filled; `last` is its newest frame's time, ms."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    users: int = 0
    writer: _SessionWriter | None = None
    last: int = -_CLOSEST
    seats: int = 0


class ReadingIngest:
    """Writes readings that are sent, each frame once, however often it comes.

    What is sent again is known by its time: frames of a session are later and later. They are
    written before they are said to be taken, so that who hears nothing sends them again and no
    harm is done.

    Args:
        store: Where the sessions are kept.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._entries: OrderedDict[str, _SessionIngest] = OrderedDict()
        self._lock = threading.Lock()

    def store(self, owner: str) -> OwnerStore:
        """Return an owner's sessions."""
        return self._store.owned_by(owner)

    def send(
        self, store: OwnerStore, session_id: str, frames: Sequence[FrameInput]
    ) -> IngestResult:
        """Writes frames into a session.

        Args:
            store: the sender's.
            session_id: the session's id.
            frames: in the order of their times.

        Raises:
            RefusedError: there is no such session, it is not for readings that are sent or has
                ended, or the database does not take them at present.
        """
        # Each time: it tells whose the session is.
        _open_session(store, session_id)
        with self._entry(session_id) as entry:
            if entry.writer is None:
                # Again: it may have ended while this sender waited for another.
                recorder = Recorder(store, _open_session(store, session_id))
                entry.writer = _SessionWriter(recorder, session_pipeline(recorder))
                resumed = recorder.resumed_at
                entry.last = milliseconds(resumed) if resumed is not None else -_CLOSEST
            try:
                return _add(entry, entry.writer, frames)
            except DatabaseError:
                raise
            except SessionError as error:
                raise no_such_session() from error

    def end(self, store: OwnerStore, session: Session) -> None:
        """Writes the rest of a session and ends it.

        Raises:
            RefusedError: it is recorded from another source, or cannot be written at present.
        """
        if session.ended_at is not None:
            return
        if session.source != SOURCE:
            raise _conflict("recorded-elsewhere", session, "stop it where it was started")
        with self._entry(session.id) as entry:
            if entry.writer is not None and not entry.writer.recorder.flush():
                raise busy("the sessions' database takes nothing at present", seconds=10)
            entry.writer = None
            store.end(session.id)
        self.forget(session.id)

    def forget(self, session_id: str) -> None:
        """Lets go of a session's last seconds."""
        with self._lock:
            self._entries.pop(session_id, None)

    @contextmanager
    def _entry(self, session_id: str) -> Iterator[_SessionIngest]:
        """A session's feed, for one at a time."""
        with self._lock:
            entry = self._entries.setdefault(session_id, _SessionIngest())
            self._entries.move_to_end(session_id)
            entry.users += 1
            self._make_room()
        try:
            with entry.lock:
                yield entry
        finally:
            with self._lock:
                entry.users -= 1

    def _make_room(self) -> None:
        # What an idle one took is written; who sends to it finds it in the database again.
        idle = [session_id for session_id, entry in self._entries.items() if not entry.users]
        for session_id in idle[: max(len(self._entries) - _MOST_OPEN, 0)]:
            del self._entries[session_id]


def _open_session(store: OwnerStore, session_id: str) -> Session:
    session = store.find(session_id)
    if session is None:
        raise no_such_session()
    if session.source != SOURCE:
        raise _conflict("recorded-elsewhere", session, "make a session for what you send")
    if session.ended_at is not None:
        raise _conflict("ended", session, "make another session")
    return session


def _add(
    entry: _SessionIngest, writer: _SessionWriter, frames: Sequence[FrameInput]
) -> IngestResult:
    recorder, pipeline = writer.recorder, writer.pipeline
    taken = 0
    for frame in frames:
        time = milliseconds(frame.time)
        if time < entry.last + _CLOSEST:
            continue
        if entry.seats > _MOST_SEATS:
            problem = f"faces were in over {_MOST_SEATS} places"
            hint = "send a tracker's numbers and boxes, of one camera"
            raise RefusedError(HTTPStatus.UNPROCESSABLE_ENTITY, "not-valid", problem, hint=hint)
        moment = pipeline.push_readings(frame.time, frame.readings(recorder.session.threshold))
        recorder.add(moment)
        entry.last = time
        seats = (reading.seat or 0 for reading in moment.readings)
        entry.seats = max(entry.seats, *seats, 0)
        taken += 1
    if not recorder.flush():
        raise busy("the sessions' database takes nothing at present", seconds=10)
    return IngestResult(taken, len(frames) - taken, pipeline.mood, pipeline.alerts)


def no_such_session() -> RefusedError:
    """Somebody else's is none, too."""
    return RefusedError(HTTPStatus.NOT_FOUND, "no-such-session", "there is no such session")


def _conflict(kind: str, session: Session, hint: str) -> RefusedError:
    said = "has ended" if kind == "ended" else f"is recorded from {session.source}"
    problem = f"session {session.id} {said}"
    return RefusedError(HTTPStatus.CONFLICT, kind, problem, hint=hint)
