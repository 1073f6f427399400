"""Write the moments of one source into a session, in small pieces, across database failures."""

from __future__ import annotations

import time as clocks
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from roomread.errors import DatabaseError, SessionError, SessionHeldError
from roomread.pipeline.moment import Moment
from roomread.readings import Reading
from roomread.room import Alert, RoomMood
from roomread.store import schema
from roomread.store.database import reason, shown, told
from roomread.store.leases import is_held_elsewhere
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
    """Write the moments of one source into a session; a sink on a `RoomPipeline`.

    Every second it writes a piece in one transaction. A piece has a number and is written once:
    when a connection is lost and it is unknown whether the piece arrived, the piece is sent again
    and the database leaves out what it has. While the database fails or does not answer, pieces
    wait in memory, `trouble` says why, and recording goes on.

    It computes nothing: seats, moods and alerts come with the moments. For a session that was
    interrupted, `resumed_at`, `places` and `last_alert` are what the pipeline must start from
    (`roomread.services.recording.session_pipeline` sees to that).

    One thread at a time may use it.

    Args:
        store: The store that has the session.
        session: A new session, or one that was interrupted.
        clock: The clock of waiting and retrying, seconds; unrelated to the times of the source.

    Attributes:
        session: The session that is written.
        resumed_at: The last time written before, seconds; None for a new session.
        places: The last known box of each seat written before, px.
        last_alert: The highest alert number written before; 0 for a new session.
        trouble: Why nothing can be written at present, in one line; empty otherwise.
    """

    def __init__(
        self,
        store: OwnerStore,
        session: Session,
        *,
        clock: Callable[[], float] = clocks.monotonic,
    ) -> None:
        self.session = session
        self.resumed_at = store.last_time(session.id)
        self.trouble = ""
        self._store, self._clock = store, clock
        before = store.alerts(session.id)
        self.last_alert = max((alert.number for alert in before), default=0)
        self.places = store.readings(session.id).last_boxes()
        self._waiting: list[_Piece] = []
        self._piece = _Piece(_next_number(store, session.id))
        self._time = 0.0
        self._last_try, self._pause = clock(), _PIECE
        # A server that is gone holds up who asks it: not the frames.
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="roomread-recorder")
        self._writing: Future[None] | None = None
        store.reopen(session.id)

    @property
    def waiting(self) -> float:
        """How much could not be written yet, s of the source."""
        starts = [piece.start for piece in self._waiting if piece.start is not None]
        return self._time - starts[0] if starts else 0.0

    def add(self, moment: Moment) -> None:
        """Take the next moment, later than the last one; an empty room is one too.

        Raises:
            SessionError: The session was deleted, or the database has failed for an hour.
        """
        self._time = moment.time
        if self._piece.start is None:
            self._piece.start = moment.time
        if moment.mood is not None:
            self._piece.moods.append(moment.mood)
        self._piece.alerts += moment.alerts
        if self.session.keeps_people:
            self._piece.readings += moment.readings
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
            if is_held_elsewhere(connection, f"session:{number}", self._store.process_id):
                raise SessionHeldError(f"session {number} is recorded by another process now")
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
