"""Read the moods of a session's room, and the time of its newest mood or reading."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from roomread.room import RoomMood
from roomread.room.mood_columns import MoodColumns
from roomread.store import schema
from roomread.store.packing import unpack
from roomread.store.records import LAST_TIME, milliseconds
from roomread.store.rows import to_moods

# Number of rows that are read at a time, because rows take several times the memory of columns.
_AT_ONCE = 2000


def read_moods(
    connection: Connection, session_id: str, since: float, until: float, limit: int | None
) -> list[RoomMood]:
    """Return the moods of a session's room, oldest first.

    Args:
        connection: A connection to the database.
        session_id: The id of the session.
        since: The time of the first mood to return, s.
        until: The time up to which moods are returned, s.
        limit: The maximum number of moods; None for all.
    """
    return to_moods(connection.execute(_query(session_id, since, until).limit(limit)).all())


def read_last_mood(connection: Connection, session_id: str) -> RoomMood | None:
    """Return the newest mood of a session's room, or None if there is none."""
    query = sa.select(*schema.MOOD_COLUMNS).where(schema.moods.c.session_id == session_id)
    newest = query.order_by(schema.moods.c.time_ms.desc()).limit(1)
    moods = to_moods(connection.execute(newest).all())
    return moods[0] if moods else None


def read_last_time(connection: Connection, session_id: str) -> float | None:
    """Return the time, s, of the newest mood or reading of a session, or None if it has neither."""
    moods, batches = schema.moods, schema.batches
    newest = sa.select(sa.func.max(moods.c.time_ms)).where(moods.c.session_id == session_id)
    last = sa.select(batches.c.data).where(batches.c.session_id == session_id)
    times = [connection.execute(newest).scalar()]
    blobs = connection.scalars(last.order_by(batches.c.number.desc()).limit(1))
    times += [int(unpack([blob])["time"].max()) for blob in blobs if blob]
    known = [time for time in times if time is not None]
    return max(known) / 1000 if known else None


def read_mood_columns(connection: Connection, session_id: str) -> MoodColumns:
    """Return all moods of a session's room as columns, oldest first."""
    query = _query(session_id, 0.0, LAST_TIME)
    rows = connection.execute(query, execution_options={"yield_per": _AT_ONCE})
    return MoodColumns.joined([_columns(some) for some in rows.partitions()])


def read_excluded(
    connection: Connection, session_id: str
) -> list[tuple[int, Mapping[str, int] | None]]:
    """Return, for each mood, the number of people present, and of unreadable people by reason.

    The numbers by reason are None if the mood was stored without reasons.
    """
    moods = schema.moods
    chosen = sa.select(moods.c.present, moods.c.excluded).where(moods.c.session_id == session_id)
    return [
        (row.present, None if row.excluded is None else json.loads(row.excluded))
        for row in connection.execute(chosen)
    ]


def _query(session_id: str, since: float, until: float) -> sa.Select[Any]:
    time = schema.moods.c.time_ms
    inside = time.between(milliseconds(since), milliseconds(until))
    chosen = sa.select(*schema.MOOD_COLUMNS).where(schema.moods.c.session_id == session_id, inside)
    return chosen.order_by(time)


def _columns(rows: Sequence[Row[Any]]) -> MoodColumns:
    plain = [tuple(row) for row in rows]
    states = [{} if row[-2] is None else json.loads(row[-2]) for row in plain]
    # None becomes NaN.
    numbers = np.array([(*row[1:-2], row[-1]) for row in plain], dtype=np.float64)
    return MoodColumns(
        times=numbers[:, 0] / 1000,
        present=numbers[:, 1].astype(np.int64),
        readable=numbers[:, 2].astype(np.int64),
        scores=numbers[:, 3:-2],
        baseline=numbers[:, -2],
        looking_away=numbers[:, -1],
        states={
            name: np.array([each.get(name) for each in states], dtype=np.float64)
            for name in sorted({name for each in states for name in each})
        },
    )
