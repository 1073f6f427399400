"""Store the marks of a session, which name moments such as the start of a slide, as rows."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from roomread.errors import SessionError
from roomread.room.session import Mark
from roomread.store import schema
from roomread.store.records import LAST_TIME, milliseconds, storable
from roomread.store.rows import insert_once

# Maximum number of marks of a session, more than a day of lessons has.
MAX_MARKS = 1000


def read_marks(connection: Connection, session_id: str) -> list[Mark]:
    """Return the marks of a session, earliest first."""
    table = schema.marks
    query = table.select().where(table.c.session_id == session_id).order_by(table.c.time_ms)
    return [Mark(row.time_ms / 1000, row.label) for row in connection.execute(query)]


def count_marks(connection: Connection, session_id: str) -> int:
    """Return the number of marks of a session."""
    table = schema.marks
    query = sa.select(sa.func.count()).select_from(table)
    return connection.execute(query.where(table.c.session_id == session_id)).scalar_one()


def add_marks(connection: Connection, session_id: str, marks: Iterable[Mark]) -> None:
    """Add marks; a mark that already exists is ignored.

    Raises:
        SessionError: A time is negative or too large, a label is empty, or the session would have
            more than `MAX_MARKS` marks. The caller must then roll the transaction back.
    """
    rows = []
    for mark in marks:
        label = storable(mark.label).strip()
        if not 0 <= mark.time < LAST_TIME or not label:
            raise SessionError(
                f"the mark '{mark.label}' at {mark.time:g} s cannot be set",
                hint="give it a label and a time of at least 0 s",
            )
        rows.append({"session_id": session_id, "time_ms": milliseconds(mark.time), "label": label})
    insert_once(connection, schema.marks, rows)
    if count_marks(connection, session_id) > MAX_MARKS:
        raise SessionError(
            f"session {session_id} cannot have more than {MAX_MARKS} marks",
            hint="remove some of them",
        )


def remove_mark(connection: Connection, session_id: str, mark: Mark) -> None:
    """Remove a mark; a no-op if it does not exist."""
    table = schema.marks
    label = storable(mark.label).strip()
    same = (table.c.time_ms == milliseconds(mark.time)) & (table.c.label == label)
    connection.execute(table.delete().where(table.c.session_id == session_id, same))
