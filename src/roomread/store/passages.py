"""Store the passages of the transcript or chat of a session as rows."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.engine import Connection

from roomread.errors import SessionError
from roomread.room.session import Passage
from roomread.store import schema
from roomread.store.records import LAST_TIME, milliseconds, storable

# Maximum number of passages of a session, more than a day of fast conversation has.
MAX_PASSAGES = 20_000


def read_passages(connection: Connection, session_id: str) -> list[Passage]:
    """Return the passages of a session's transcript, earliest first."""
    table = schema.passages
    query = table.select().where(table.c.session_id == session_id).order_by(table.c.number)
    return [
        Passage(row.time_ms / 1000, row.ended_ms / 1000, row.text)
        for row in connection.execute(query)
    ]


def replace_passages(connection: Connection, session_id: str, passages: Sequence[Passage]) -> None:
    """Replace the passages of a session's transcript.

    Raises:
        SessionError: There are more than `MAX_PASSAGES`, or a time is negative or too large.
    """
    if len(passages) > MAX_PASSAGES:
        raise SessionError(
            f"{len(passages)} passages exceed the maximum of {MAX_PASSAGES} per session",
            hint="use only the section of the transcript that belongs to the session",
        )
    for each in passages:
        if not 0 <= each.start <= each.end < LAST_TIME:
            raise SessionError(
                f"the times of a passage, {each.start:g} s to {each.end:g} s, are invalid",
                hint="check the offset",
            )
    table = schema.passages
    connection.execute(table.delete().where(table.c.session_id == session_id))
    rows = [
        {
            "session_id": session_id,
            "number": number,
            "time_ms": milliseconds(each.start),
            "ended_ms": milliseconds(each.end),
            "text": storable(each.text),
        }
        for number, each in enumerate(sorted(passages, key=lambda passage: passage.start))
    ]
    if rows:
        connection.execute(table.insert(), rows)
