"""Store, as rows of the database, the profiles that a user of the service taught."""

from __future__ import annotations

import sqlalchemy as sa

from roomread.store import service_schema as schema
from roomread.store.database import Database
from roomread.store.rows import insert_once


class OwnerProfiles:
    """The profiles of one owner, each stored under its name as the text of a profile file.

    Args:
        database: The database that contains the profiles.
        owner: The owner of the profiles.
    """

    def __init__(self, database: Database, owner: str) -> None:
        self._database, self._owner = database, owner

    def names(self) -> list[str]:
        """Return the names of all profiles, sorted."""
        query = sa.select(schema.profiles.c.name).filter_by(owner=self._owner)
        with self._database.reading() as connection:
            return sorted(connection.scalars(query))

    def content(self, name: str) -> str | None:
        """Return the text of a profile, or None if the owner has no such profile."""
        query = sa.select(schema.profiles.c.content).filter_by(owner=self._owner, name=name)
        with self._database.reading() as connection:
            text: str | None = connection.execute(query).scalar()
            return text

    def keep(self, name: str, content: str, *, replace: bool = False) -> bool:
        """Write a profile, unless its name exists and `replace` is False.

        Returns:
            Whether the profile was written.
        """
        table = schema.profiles
        key = {"owner": self._owner, "name": name}
        with self._database.writing() as connection:
            if insert_once(connection, table, [key | {"content": content}]) == 1:
                return True
            if replace:
                connection.execute(table.update().filter_by(**key).values(content=content))
            return replace

    def delete(self, name: str) -> bool:
        """Delete a profile; return whether a profile of this name existed."""
        delete = schema.profiles.delete().filter_by(owner=self._owner, name=name)
        with self._database.writing() as connection:
            deleted = connection.execute(delete).rowcount == 1
        if deleted:
            self._database.erase_deleted()
        return deleted
