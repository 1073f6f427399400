"""Sessions of one service: their database, and those that readings are being sent to."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus

from roomread.api.problems import RefusedError, busy
from roomread.errors import DatabaseError, SessionError
from roomread.formats.received import FrameInput
from roomread.room import Alert, RoomMood
from roomread.store import Recorder, Session, SessionStore
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
class Taken:
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


@dataclass(slots=True)
class _Feed:
    """One session that is filled; `last` is its newest frame's time, ms."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    users: int = 0
    recorder: Recorder | None = None
    last: int = -_CLOSEST
    seats: int = 0


class Feeds:
    """Writes readings that are sent, each frame once, however often it comes.

    What is sent again is known by its time: frames of a session are later and later. They are
    written before they are said to be taken, so that who hears nothing sends them again and no
    harm is done.

    Args:
        open_store: called once, when a session is first asked for.
    """

    def __init__(self, open_store: Callable[[], SessionStore]) -> None:
        self._open = open_store
        self._store: SessionStore | None = None
        self._opening = threading.Lock()
        self._feeds: OrderedDict[str, _Feed] = OrderedDict()
        self._lock = threading.Lock()

    def store(self, owner: str) -> SessionStore:
        """An owner's sessions.

        Raises:
            DatabaseError: the database cannot be opened.
        """
        with self._opening:
            if self._store is None:
                self._store = self._open()
            return self._store.of(owner)

    def send(self, store: SessionStore, number: str, frames: Sequence[FrameInput]) -> Taken:
        """Writes frames into a session.

        Args:
            store: the sender's.
            number: the session's id.
            frames: in the order of their times.

        Raises:
            RefusedError: there is no such session, it is not for readings that are sent or has
                ended, or the database does not take them at present.
        """
        # Each time: it tells whose the session is.
        _open_session(store, number)
        with self._feed(number) as feed:
            if feed.recorder is None:
                # Again: it may have ended while this sender waited for another.
                feed.recorder = Recorder(store, _open_session(store, number))
                resumed = feed.recorder.resumed_at
                feed.last = milliseconds(resumed) if resumed is not None else -_CLOSEST
            try:
                return _add(feed, feed.recorder, frames)
            except DatabaseError:
                raise
            except SessionError as error:
                raise no_such_session() from error

    def end(self, store: SessionStore, session: Session) -> None:
        """Writes the rest of a session and ends it.

        Raises:
            RefusedError: it is recorded from another source, or cannot be written at present.
        """
        if session.ended_at is not None:
            return
        if session.source != SOURCE:
            raise _conflict("recorded-elsewhere", session, "stop it where it was started")
        with self._feed(session.id) as feed:
            if feed.recorder is not None and not feed.recorder.flush():
                raise busy("the sessions' database takes nothing at present", seconds=10)
            feed.recorder = None
            store.end(session.id)
        self.forget(session.id)

    def forget(self, number: str) -> None:
        """Lets go of a session's last seconds."""
        with self._lock:
            self._feeds.pop(number, None)

    def close(self) -> None:
        """Lets go of the database; all that was taken is written."""
        with self._opening:
            if self._store is not None:
                self._store.close()
                self._store = None

    @contextmanager
    def _feed(self, number: str) -> Iterator[_Feed]:
        """A session's feed, for one at a time."""
        with self._lock:
            feed = self._feeds.setdefault(number, _Feed())
            self._feeds.move_to_end(number)
            feed.users += 1
            self._make_room()
        try:
            with feed.lock:
                yield feed
        finally:
            with self._lock:
                feed.users -= 1

    def _make_room(self) -> None:
        # What an idle one took is written; who sends to it finds it in the database again.
        idle = [number for number, feed in self._feeds.items() if not feed.users]
        for number in idle[: max(len(self._feeds) - _MOST_OPEN, 0)]:
            del self._feeds[number]


def _open_session(store: SessionStore, number: str) -> Session:
    session = store.find(number)
    if session is None:
        raise no_such_session()
    if session.source != SOURCE:
        raise _conflict("recorded-elsewhere", session, "make a session for what you send")
    if session.ended_at is not None:
        raise _conflict("ended", session, "make another session")
    return session


def _add(feed: _Feed, recorder: Recorder, frames: Sequence[FrameInput]) -> Taken:
    taken = 0
    for frame in frames:
        time = milliseconds(frame.time)
        if time < feed.last + _CLOSEST:
            continue
        if feed.seats > _MOST_SEATS:
            problem = f"faces were in over {_MOST_SEATS} places"
            hint = "send a tracker's numbers and boxes, of one camera"
            raise RefusedError(HTTPStatus.UNPROCESSABLE_ENTITY, "not-valid", problem, hint=hint)
        recorder.add(frame.time, frame.readings(recorder.session.threshold))
        feed.last = time
        seats = (reading.track or 0 for reading in recorder.readings)
        feed.seats = max(feed.seats, *seats, 0)
        taken += 1
    if not recorder.flush():
        raise busy("the sessions' database takes nothing at present", seconds=10)
    return Taken(taken, len(frames) - taken, recorder.mood, recorder.alerts)


def no_such_session() -> RefusedError:
    """Somebody else's is none, too."""
    return RefusedError(HTTPStatus.NOT_FOUND, "no-such-session", "there is no such session")


def _conflict(kind: str, session: Session, hint: str) -> RefusedError:
    said = "has ended" if kind == "ended" else f"is recorded from {session.source}"
    problem = f"session {session.id} {said}"
    return RefusedError(HTTPStatus.CONFLICT, kind, problem, hint=hint)
