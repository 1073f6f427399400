"""Give the operator of an installation access to the sessions of all owners."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from roomread.errors import SessionError
from roomread.room.session import Session, State
from roomread.store import schema
from roomread.store.database import Database
from roomread.store.preference_rows import PreferenceRows
from roomread.store.rows import delete_seat, stored, to_session, utc_now


class OperatorStore:
    """The operator's access to all owners' sessions, to delete old sessions and people's data.

    Args:
        database: The database that contains the sessions.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def owners_with_preferences(self) -> list[str]:
        """Return the ids of the owners who have stored preferences, sorted."""
        return PreferenceRows(self._database).owners()

    def purge(
        self, *, days: float, now: datetime | None = None, owner: str | None = None
    ) -> list[Session]:
        """Delete the sessions that were last written more than `days` days ago.

        The freed space is returned to the file system.

        Args:
            days: The age in days, 0 or more.
            now: The time at which the age is measured, UTC; None for the present time.
            owner: The owner whose sessions are deleted; None for the sessions of all owners.

        Returns:
            The deleted sessions.
        """
        return self.purge_each([(owner, days)], now=now)

    def purge_each(
        self, limits: Iterable[tuple[str | None, float]], *, now: datetime | None = None
    ) -> list[Session]:
        """Delete the old sessions of several owners, and return the freed space to the file system.

        Args:
            limits: Pairs of an owner, or None for all owners, and an age in days; sessions of this
                owner that were last written longer ago are deleted.
            now: The time at which the age is measured, UTC; None for the present time.

        Returns:
            The deleted sessions.
        """
        table = schema.sessions
        expired: list[Session] = []
        with self._database.writing() as connection:
            for owner, days in limits:
                found = map(to_session, connection.execute(_expired(days, now, owner)).all())
                sessions = list(found)
                ids = [session.id for session in sessions]
                connection.execute(table.delete().where(table.c.id.in_(ids)))
                expired += sessions
        if expired:
            self._database.erase_deleted(compact=True)
        return expired

    def expired(
        self, *, days: float, now: datetime | None = None, owner: str | None = None
    ) -> list[Session]:
        """Return the sessions that `purge` would delete with the same arguments."""
        with self._database.reading() as connection:
            return [to_session(row) for row in connection.execute(_expired(days, now, owner))]

    def seats_named(self, name: str) -> int:
        """Return the number of enrolled people whose data `forget_name` would delete."""
        people = schema.people
        query = sa.select(sa.func.count()).select_from(people).where(people.c.name == name)
        with self._database.reading() as connection:
            count: int = connection.execute(query).scalar_one()
        return count

    def forget_name(self, name: str) -> int:
        """Delete all data of the people who were enrolled under a name, in all sessions.

        Args:
            name: The name under which they were enrolled.

        Returns:
            The number of enrolled people whose data was deleted. A person who was enrolled in
            several sessions counts several times.

        Raises:
            SessionError: One of the sessions is being recorded; nothing was deleted.
        """
        people, sessions = schema.people, schema.sessions
        query = sa.select(sessions, people.c.seat).join(people).where(people.c.name == name)
        with self._database.writing() as connection:
            found = [(to_session(row), row.seat) for row in connection.execute(query)]
            for session, _ in found:
                if session.state() is State.RECORDING:
                    raise SessionError(
                        f"session {session.id} is being recorded", hint="stop it first"
                    )
            for session, seat in found:
                delete_seat(connection, session.id, seat)
        if found:
            self._database.erase_deleted()
        return len(found)


def _expired(days: float, now: datetime | None, owner: str | None) -> sa.Select[Any]:
    limit = (now or utc_now()) - timedelta(days=days)
    table = schema.sessions
    query = table.select().where(table.c.updated_at < stored(limit))
    return query if owner is None else query.where(table.c.owner == owner)
