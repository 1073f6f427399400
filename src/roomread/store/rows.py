"""Convert between rows of the tables and objects such as sessions, moods and alerts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from roomread.errors import SessionNotFoundError
from roomread.readings import Expression
from roomread.room import Alert, RoomMood
from roomread.room.session import Session
from roomread.store import schema
from roomread.store.packing import pack_records, unpack
from roomread.store.records import milliseconds

_ID = re.compile("[0-9a-f]{8}")
_NAMES = [e.display_name for e in Expression]
# Shared by all moods without taught states, because a session has many such moods.
_NO_STATES: Mapping[str, float] = {}


def utc_now() -> datetime:
    """Return the present time with its time zone."""
    return datetime.now(UTC)


def stored(time: datetime) -> datetime:
    """Convert a time to the form in which columns store it, UTC without a time zone."""
    return time.astimezone(UTC).replace(tzinfo=None)


def insert_once(connection: Connection, table: sa.Table, rows: Sequence[dict[str, Any]]) -> int:
    """Insert the rows that do not violate a unique constraint; return their number.

    The number is exact for a single row only, because not every driver counts several rows.
    """
    if not rows:
        return 0
    return connection.execute(_insert_once(table, connection.dialect.name), list(rows)).rowcount


@cache
def _insert_once(table: sa.Table, dialect: str) -> sa.Insert:
    # Both dialects have INSERT ... ON CONFLICT, but SQLAlchemy's common INSERT does not.
    if dialect == "postgresql":
        from sqlalchemy.dialects.postgresql import insert  # noqa: PLC0415
    else:
        from sqlalchemy.dialects.sqlite import insert  # type: ignore[assignment]  # noqa: PLC0415
    return insert(table).on_conflict_do_nothing()


def is_session_id(text: str) -> bool:
    """Return whether a text has the form of a session's id.

    Check a text before a query, because PostgreSQL rejects some texts, such as those with NUL.
    """
    return _ID.fullmatch(text) is not None


def read_session(connection: Connection, session_id: str, owner: str) -> Session:
    """Return a session of an owner.

    Raises:
        SessionNotFoundError: The owner has no such session.
    """
    table = schema.sessions
    query = table.select().where(table.c.id == session_id, table.c.owner == owner)
    row = connection.execute(query).one_or_none() if is_session_id(session_id) else None
    if row is None:
        raise SessionNotFoundError(f"there is no session '{session_id}'")
    return to_session(row)


def read_sessions(
    connection: Connection,
    owner: str,
    *,
    last: Session | None = None,
    limit: int | None = None,
    ids: Iterable[str] | None = None,
) -> list[Session]:
    """Return an owner's sessions, newest first.

    Args:
        connection: A connection to the database.
        owner: The id of the owner.
        last: The session after which the list begins; None to begin with the newest session.
        limit: The maximum number of sessions; None for all.
        ids: The ids of the sessions to return; unknown ids are ignored. None returns all sessions.
    """
    table = schema.sessions
    query = table.select().where(table.c.owner == owner)
    if ids is not None:
        query = query.where(table.c.id.in_([each for each in ids if is_session_id(each)]))
    if last is not None:
        # Sessions may have started at the same time.
        here = sa.tuple_(table.c.started_at, table.c.id)
        query = query.where(here < sa.tuple_(stored(last.started_at), last.id))
    ordered = query.order_by(table.c.started_at.desc(), table.c.id.desc()).limit(limit)
    return [to_session(row) for row in connection.execute(ordered)]


def mood_row(session_id: str, mood: RoomMood) -> dict[str, Any]:
    """Return a mood as a row of its table."""
    scores = mood.scores if mood.scores is not None else [None] * len(_NAMES)
    return {
        "session_id": session_id,
        "time_ms": milliseconds(mood.time),
        "present": mood.present,
        "readable": mood.readable,
        "baseline": mood.baseline,
        **{
            name: None if score is None else float(score)
            for name, score in zip(_NAMES, scores, strict=True)
        },
        "states": json.dumps(dict(mood.states)) if mood.states else None,
        "looking_away": mood.looking_away,
        "excluded": None if mood.excluded is None else json.dumps(dict(mood.excluded)),
    }


def alert_row(session_id: str, alert: Alert) -> dict[str, Any]:
    """Return an alert as a row of its table."""
    return {
        "session_id": session_id,
        "number": alert.number,
        "time_ms": milliseconds(alert.time),
        "ended_ms": None if alert.ended is None else milliseconds(alert.ended),
        "seat": alert.seat,
        "rule": alert.rule,
        "certainty": alert.certainty,
        "value": alert.value,
        "before": alert.before,
        "seconds": alert.seconds,
    }


def session_row(session: Session) -> dict[str, Any]:
    """Return a session as a row of its table."""
    names = [column.name for column in schema.sessions.columns]
    row = {name: getattr(session, name) for name in names}
    times = ("started_at", "updated_at", "notice_at")
    return row | {name: stored(row[name]) for name in times if row[name] is not None}


def to_session(row: Row[Any]) -> Session:
    """Build a session from a row."""
    columns = row._mapping  # noqa: SLF001 (SQLAlchemy's public name for it)
    # A joined row has columns of other tables too.
    values = {column.name: columns[column.name] for column in schema.sessions.columns}
    for name in ("started_at", "updated_at", "ended_at", "notice_at"):
        if values[name] is not None:
            values[name] = values[name].replace(tzinfo=UTC)
    return Session(**values)


def to_moods(rows: Sequence[Row[Any]]) -> list[RoomMood]:
    """Build moods from rows of `schema.MOOD_COLUMNS`."""
    # For speed (an hour has thousands of rows), read columns by position and convert all scores at
    # once.
    columns = [tuple(row) for row in rows]
    scores = np.array([row[4:-3] for row in columns], dtype=np.float64)
    return [
        RoomMood(
            row[1] / 1000,
            row[2],
            row[3],
            None if row[4] is None else known,
            row[-3],
            _NO_STATES if row[-2] is None else json.loads(row[-2]),
            row[-1],
        )
        for row, known in zip(columns, scores, strict=True)
    ]


def to_alert(row: Row[Any]) -> Alert:
    """Build an alert from a row."""
    _, number, time, ended, seat, rule, certainty, value, before, seconds = tuple(row)
    return Alert(
        number=number,
        time=time / 1000,
        rule=rule,
        value=value,
        certainty=certainty,
        seconds=seconds,
        before=before,
        seat=seat,
        ended=None if ended is None else ended / 1000,
    )


def delete_seat(connection: Connection, session_id: str, seat: int) -> None:
    """Delete the name, the alerts and the readings of the person at a seat."""
    key = {"session_id": session_id, "seat": seat}
    connection.execute(schema.people.delete().filter_by(**key))
    connection.execute(schema.alerts.delete().filter_by(**key))
    table = schema.batches
    for row in connection.execute(table.select().filter_by(session_id=session_id)).all():
        records = unpack([row.data])
        kept = records[records["seat"] != seat]
        if len(kept) < len(records):
            update = table.update().filter_by(session_id=session_id, number=row.number)
            connection.execute(update.values(data=pack_records(kept)))
