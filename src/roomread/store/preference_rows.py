"""Store the preferences of users as rows of the database, one for each user."""

from __future__ import annotations

import sqlalchemy as sa

from roomread.store import service_schema as schema
from roomread.store.database import Database
from roomread.store.rows import insert_once


class PreferenceRows:
    """The preferences of all users, as texts.

    Args:
        database: Where the preferences are kept.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def content(self, owner: str) -> str | None:
        """Return the text of an owner; None if the owner has kept none."""
        query = sa.select(schema.preferences.c.content).filter_by(owner=owner)
        with self._database.reading() as connection:
            text: str | None = connection.execute(query).scalar()
            return text

    def keep(self, owner: str, content: str) -> None:
        """Write the text of an owner, which replaces an earlier one."""
        table = schema.preferences
        with self._database.writing() as connection:
            if insert_once(connection, table, [{"owner": owner, "content": content}]) == 0:
                connection.execute(table.update().filter_by(owner=owner).values(content=content))

    def owners(self) -> list[str]:
        """Return the owners who have kept preferences, sorted."""
        with self._database.reading() as connection:
            return sorted(connection.scalars(sa.select(schema.preferences.c.owner)))
