"""Query lists of an owner's sessions without loading every session."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from roomread.room.session import Session
from roomread.store import schema
from roomread.store.database import Database
from roomread.store.rows import read_sessions

_SESSIONS = schema.sessions
_MARKS = schema.marks


@dataclass(frozen=True, slots=True)
class SessionHeading:
    """The title, the start and the mark labels by which a user recognises a session.

    Attributes:
        id: The id of the session.
        name: The title of the session.
        started_at: When the session began, UTC.
        labels: The labels of the session's marks, each once, in no particular order.
    """

    id: str
    name: str
    started_at: datetime
    labels: tuple[str, ...]


class OwnerListing:
    """Queries that count, find or list one owner's sessions without loading every session.

    All methods raise `DatabaseError` if the database fails.

    Args:
        database: The database that contains the sessions.
        owner: The owner of the sessions.
    """

    def __init__(self, database: Database, owner: str) -> None:
        self._database, self._owner = database, owner

    def count(self) -> int:
        """Return the number of sessions of this owner."""
        query = sa.select(sa.func.count()).select_from(_SESSIONS)
        with self._database.reading() as connection:
            return connection.execute(query.where(_SESSIONS.c.owner == self._owner)).scalar_one()

    def with_ids(self, ids: Iterable[str]) -> list[Session]:
        """Return this owner's sessions with the given ids, newest first; ignore unknown ids."""
        with self._database.reading() as connection:
            return read_sessions(connection, self._owner, ids=ids)

    def headings(self) -> list[SessionHeading]:
        """Return the headings of all sessions of this owner, newest first."""
        columns = (_SESSIONS.c.id, _SESSIONS.c.name, _SESSIONS.c.started_at)
        query = sa.select(*columns).where(_SESSIONS.c.owner == self._owner)
        ordered = query.order_by(_SESSIONS.c.started_at.desc(), _SESSIONS.c.id.desc())
        with self._database.reading() as connection:
            labels = self._labels(connection)
            return [
                SessionHeading(each, name, started.replace(tzinfo=UTC), tuple(labels[each]))
                for each, name, started in connection.execute(ordered)
            ]

    def _labels(self, connection: Connection) -> dict[str, list[str]]:
        """Return the labels of each session's marks, each label once, by session id."""
        query = sa.select(_MARKS.c.session_id, _MARKS.c.label).distinct().select_from(_MARKS)
        labels = defaultdict[str, list[str]](list)
        for row in connection.execute(
            query.join(_SESSIONS).where(_SESSIONS.c.owner == self._owner)
        ):
            labels[row.session_id].append(row.label)
        return labels
