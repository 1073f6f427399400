"""Write a session in pieces, each of which is written completely or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from roomread.readings import Reading
from roomread.room import Alert, RoomMood
from roomread.store import schema, service_schema
from roomread.store.leases import session_resource, time_expression
from roomread.store.packing import pack
from roomread.store.rows import alert_row, insert_once, is_session_id, mood_row, stored, utc_now


@dataclass(slots=True)
class Piece:
    """The data of about a second of a session, written together: moods, alerts and readings.

    A piece that is waiting to be written no longer changes, so that a retry writes the same rows.

    Attributes:
        number: The number under which the readings are stored; it increases from piece to piece.
        start: The time of the first frame, s; None if the piece has no frame yet.
        moods: The moods of the room.
        alerts: The alerts that were raised or ended.
        readings: The readings of individual people, if the session stores them.
    """

    number: int
    start: float | None = None
    moods: list[RoomMood] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.moods or self.alerts or self.readings)


def last_number(connection: Connection, session_id: str) -> int:
    """Return the number of a session's last piece with readings; 0 if no readings are stored."""
    batches = schema.batches
    query = sa.select(sa.func.max(batches.c.number)).where(batches.c.session_id == session_id)
    return connection.execute(query).scalar() or 0


def read_batches(connection: Connection, session_id: str) -> Sequence[bytes]:
    """Return the people's readings of a session in packed batches, earliest first."""
    batches = schema.batches
    query = sa.select(batches.c.data).where(batches.c.session_id == session_id)
    return connection.scalars(query.order_by(batches.c.number)).all()


def begin_writing(connection: Connection, session_id: str, owner: str, holder: str) -> bool:
    """Record that a session is being written now, if this process may write into the session.

    This is a single SQL statement, because it runs for every message of readings.

    Args:
        connection: A connection inside the transaction that writes.
        session_id: The id of the session.
        owner: The owner to whom the session must belong.
        holder: The id under which this process holds leases.

    Returns:
        False if this owner has no such session, or another process holds its lease.
    """
    if not is_session_id(session_id):
        return False
    values = {"now": stored(utc_now()), "session": session_id, "by": owner, "holder": holder}
    values["resource"] = session_resource(session_id)
    return connection.execute(_begin(connection.dialect.name), values).rowcount == 1


@cache
def _begin(dialect: str) -> sa.Update:
    # Cached, because building the statement takes longer than running it.
    sessions, leases = schema.sessions, service_schema.leases
    elsewhere = sa.exists().where(
        leases.c.resource == sa.bindparam("resource"),
        leases.c.holder != sa.bindparam("holder"),
        leases.c.expires > time_expression(dialect),
    )
    allowed = (
        sessions.c.id == sa.bindparam("session"),
        sessions.c.owner == sa.bindparam("by"),
        ~elsewhere,
    )
    return sessions.update().where(*allowed).values(updated_at=sa.bindparam("now"))


def write_piece(connection: Connection, session_id: str, piece: Piece) -> None:
    """Write a piece of a session; rows that were written before are ignored."""
    insert_once(connection, schema.moods, [mood_row(session_id, mood) for mood in piece.moods])
    if piece.readings:
        row = {"session_id": session_id, "number": piece.number, "data": pack(piece.readings)}
        insert_once(connection, schema.batches, [row])
    for alert in piece.alerts:
        _write_alert(connection, alert_row(session_id, alert))


def _write_alert(connection: Connection, row: dict[str, Any]) -> None:
    insert_once(connection, schema.alerts, [row])
    if row["ended_ms"] is not None:
        key = {"session_id": row["session_id"], "number": row["number"]}
        update = schema.alerts.update().filter_by(**key)
        connection.execute(update.values(ended_ms=row["ended_ms"]))
