"""Write the pieces of a session, each in one transaction."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.engine import Connection

from roomread.readings import Reading
from roomread.room import Alert, RoomMood
from roomread.store import schema
from roomread.store.packing import pack
from roomread.store.rows import alert_row, insert_once, mood_row


@dataclass(slots=True)
class Piece:
    """The content of one transaction. It is immutable, so that a retry writes the same.

    Attributes:
        number: Its position in the session, from 1.
        start: The time of its first moment, s; None if it has none.
        moods: The moods of the room.
        alerts: The alerts that were raised or ended.
        readings: The readings of people, if the session keeps them.
    """

    number: int
    start: float | None = None
    moods: list[RoomMood] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.moods or self.alerts or self.readings)


def write_piece(connection: Connection, session_id: str, piece: Piece) -> None:
    """Write a piece; rows that were written before are ignored."""
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
