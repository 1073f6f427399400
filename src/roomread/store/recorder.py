"""Records one source into a session, in small pieces, through a database's failures too."""

from __future__ import annotations

import time as clocks
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from roomread.errors import DatabaseError, SessionError
from roomread.readings import Reading
from roomread.room import Alert, Attention, RoomMeter, RoomMood, Seats, parse_rules
from roomread.store import schema
from roomread.store.database import reason, shown, told
from roomread.store.owner_store import OwnerStore
from roomread.store.packing import pack
from roomread.store.records import Mark, Session
from roomread.store.rows import alert_row, insert_once, mood_row, stored, utc_now

# A piece is written after so long: a program that is killed loses no more, s.
_PIECE = 1.0
# After a failure the next try comes later and later, up to this, s.
_LONGEST_PAUSE = 10.0
# What may wait for a database that fails: an hour of a class, s.
_MOST_WAITING = 3600.0
# So long a frame is held up by a database that is slow to answer, s; then it goes on by itself.
_PATIENCE = 1.0


@dataclass(slots=True)
class _Piece:
    """What is written at once; once tried it never changes, so that a retry writes the same.

    Attributes:
        number: from 1.
        start: the time of its first frame, s; None where it has none.
    """

    number: int
    start: float | None = None
    moods: list[RoomMood] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.moods or self.alerts or self.readings)


class Recorder:
    """Fills a session with what one source shows. One thread at a time.

    Every second it writes a piece in one transaction. A piece has a number and is written once:
    where a connection is lost so that nobody knows whether it arrived, it is sent again and the
    database leaves out what it has. While the database fails or does not answer, pieces wait in
    memory, `trouble` says why, and recording goes on.

    Args:
        store: where it is kept.
        session: as `OwnerStore.create` gave it, or one that was interrupted: it goes on with
            the same seat numbers, and `resumed_at` says where.
        every: seconds from one frame to the next, about.
        clock: seconds of waiting; not those of the source.

    Attributes:
        session: what is recorded.
        resumed_at: the last time that was recorded before, s; None for a new session.
        places: where the seats were that were recorded before, px.
        mood: the latest, or None.
        readings: of the last frame, with their `seat` set.
        trouble: why nothing can be written at present, in a line; else empty.
    """

    def __init__(
        self,
        store: OwnerStore,
        session: Session,
        *,
        every: float = 0.5,
        clock: Callable[[], float] = clocks.monotonic,
    ) -> None:
        self.session = session
        self.resumed_at = store.last_time(session.id)
        self.mood: RoomMood | None = None
        self.readings: list[Reading] = []
        self.trouble = ""
        self._store, self._clock = store, clock
        before = store.alerts(session.id)
        self._first_alert = max((alert.number for alert in before), default=0)
        self.places = store.readings(session.id).last_boxes()
        self._seats = Seats(self.places)
        # Five frames or more in a window, or one bad one could decide.
        self._meter = RoomMeter(window=max(10.0, 5 * every))
        self._attention = Attention(
            parse_rules(session.rules), people=session.keeps_people, every=every
        )
        self._waiting: list[_Piece] = []
        self._piece = _Piece(_next_number(store, session.id))
        self._time = 0.0
        self._last_try, self._pause = clock(), _PIECE
        # A server that is gone holds up who asks it: not the frames.
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="roomread-recorder")
        self._writing: Future[None] | None = None
        store.reopen(session.id)

    @property
    def alerts(self) -> list[Alert]:
        """Those that hold now."""
        return [self._numbered(alert) for alert in self._attention.held]

    @property
    def waiting(self) -> float:
        """How much could not be written yet, s of the source."""
        starts = [piece.start for piece in self._waiting if piece.start is not None]
        return self._time - starts[0] if starts else 0.0

    def add(self, time: float, readings: Sequence[Reading], *, numbered: bool = False) -> None:
        """Takes the readings of one frame, an empty list too.

        Args:
            time: of the frame, s; later than the last one's.
            readings: with the tracker's ids (`Analyzer.stream` or `follow`).
            numbered: whether `seat` is set already (`roomread.identity.People`).

        Raises:
            SessionError: the session was deleted, or the database has failed for an hour.
        """
        seated = readings if numbered else self._seats.update(readings)
        # A camera that was started again counts from 0; the session goes on.
        self.readings = [replace(reading, time=time) for reading in seated]
        self._time = time
        if self._piece.start is None:
            self._piece.start = time
        mood = self._meter.update(time, self.readings)
        alerts = self._attention.update_people(time, self.readings)
        if mood is not None:
            self.mood = mood
            self._piece.moods.append(mood)
            alerts += self._attention.update_room(mood)
        self._piece.alerts += map(self._numbered, alerts)
        if self.session.keeps_people:
            self._piece.readings += self.readings
        if self._writing is not None:
            self._settle(0.0)
        elif self._clock() - self._last_try >= self._pause:
            self._send()
            self._settle(_PATIENCE)

    def mark(self, label: str, time: float) -> None:
        """Sets a mark.

        Raises:
            SessionError: it cannot be written.
        """
        self._store.mark(self.session.id, [Mark(time, label)])

    def flush(self) -> bool:
        """Tries to write all that waits, and waits for that; whether it is written now.

        Raises:
            SessionError: the session was deleted, or too much waits.
        """
        self._settle(None)
        self._send()
        return self._settle(None)

    def close(self) -> None:
        """Writes the rest and ends the session.

        Raises:
            SessionError: it could not be written; what was written before is kept.
        """
        if not self.flush():
            raise SessionError(
                f"{self.trouble}: the last {self.waiting:.0f} s could not be written",
                hint="what came before is kept",
            )
        self._writer.shutdown()
        self._store.end(self.session.id)

    def _numbered(self, alert: Alert) -> Alert:
        return replace(alert, number=alert.number + self._first_alert)

    def _send(self) -> None:
        """Begins to write all that waits."""
        if self._piece:
            self._waiting.append(self._piece)
            self._piece = _Piece(self._piece.number + 1)
        self._writing = self._writer.submit(self._write, tuple(self._waiting))

    def _settle(self, patience: float | None) -> bool:
        """Sees what became of what was sent; whether all of it is written.

        Args:
            patience: to wait so long, s; None for however long it takes.
        """
        writing = self._writing
        if writing is None:
            return True
        if not wait([writing], timeout=patience).done:
            self.trouble = f"{shown(self._store.engine.url)}: does not answer"
            self._check_waiting(None)
            return False
        self._writing = None
        self._last_try = self._clock()
        try:
            writing.result()
        except (sa.exc.SQLAlchemyError, OSError) as error:
            self.trouble = f"{shown(self._store.engine.url)}: {reason(error)}"
            self._pause = min(2 * self._pause, _LONGEST_PAUSE)
            self._check_waiting(error)
            return False
        # Nothing joins them while they are written.
        self._waiting.clear()
        self.trouble, self._pause = "", _PIECE
        return True

    def _check_waiting(self, error: Exception | None) -> None:
        if self.waiting > _MOST_WAITING:
            problem = f"{self.trouble}: nothing could be written for an hour"
            raise DatabaseError(problem, hint="free space, or start the database") from error

    def _write(self, pieces: Sequence[_Piece]) -> None:
        number, table = self.session.id, schema.sessions
        update = table.update().where(table.c.id == number, table.c.owner == self._store.owner)
        with self._store.engine.begin() as connection:
            if connection.execute(update.values(updated_at=stored(utc_now()))).rowcount == 0:
                raise SessionError(f"session {number} was deleted while it was recorded")
            for piece in pieces:
                _write_piece(connection, number, piece)


def _next_number(store: OwnerStore, number: str) -> int:
    table = schema.batches
    query = sa.select(sa.func.max(table.c.number)).where(table.c.session_id == number)
    with told(store.engine.url), store.engine.connect() as connection:
        return (connection.execute(query).scalar() or 0) + 1


def _write_piece(connection: Connection, number: str, piece: _Piece) -> None:
    insert_once(connection, schema.moods, [mood_row(number, mood) for mood in piece.moods])
    if piece.readings:
        row = {"session_id": number, "number": piece.number, "data": pack(piece.readings)}
        insert_once(connection, schema.batches, [row])
    for alert in piece.alerts:
        _write_alert(connection, alert_row(number, alert))


def _write_alert(connection: Connection, row: dict[str, Any]) -> None:
    insert_once(connection, schema.alerts, [row])
    if row["ended_ms"] is not None:
        table = schema.alerts
        key = {"session_id": row["session_id"], "number": row["number"]}
        update = table.update().filter_by(**key)
        connection.execute(update.values(ended_ms=row["ended_ms"]))
