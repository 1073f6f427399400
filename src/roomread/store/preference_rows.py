"""Store the preferences of users as rows of the database, one row per user."""

from __future__ import annotations

import sqlalchemy as sa

from roomread.store import service_schema as schema
from roomread.store.database import Database
from roomread.store.rows import insert_once


class PreferenceRows:
    """The preferences of all users, each stored as JSON text.

    Args:
        database: The database that contains the preferences.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def content(self, owner: str) -> str | None:
        """Return an owner's preferences as JSON text, or None if none are stored."""
        query = sa.select(schema.preferences.c.content).filter_by(owner=owner)
        with self._database.reading() as connection:
            text: str | None = connection.execute(query).scalar()
            return text

    def keep(self, owner: str, content: str) -> None:
        """Replace an owner's preferences with a JSON text."""
        table = schema.preferences
        with self._database.writing() as connection:
            if insert_once(connection, table, [{"owner": owner, "content": content}]) == 0:
                connection.execute(table.update().filter_by(owner=owner).values(content=content))

    def owners(self) -> list[str]:
        """Return the ids of the owners who have stored preferences, sorted."""
        with self._database.reading() as connection:
            return sorted(connection.scalars(sa.select(schema.preferences.c.owner)))
