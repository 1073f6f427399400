"""Store the users, API keys, sign-ins and the secret of one installation."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Row

from roomread.store import service_schema as schema
from roomread.store.database import Database
from roomread.store.rows import insert_once


@dataclass(frozen=True, slots=True)
class Account:
    """A user or an API key.

    Attributes:
        id: A public id; it may appear in logs, because it is not a name.
        name: The name for display; a user signs in with it.
        hash: The hash of the password or key, or of a user's account at a sign-in provider, in the
            format of `services.accounts`.
        scopes: The permissions: "read", "analyze" and "manage".
        created: When the account was created, seconds since 1970.
    """

    id: str
    name: str
    hash: str
    scopes: tuple[str, ...]
    created: float


class AccountStore:
    """The users, API keys and sign-ins of one installation.

    Changes are visible immediately to all processes that share the database. All methods raise
    `DatabaseError` if the database fails.

    Args:
        database: The database that contains the accounts.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def secret(self) -> str:
        """Return the secret with which keys are hashed; it is generated on the first call."""
        row = {"name": "service", "value": secrets.token_hex(32)}
        with self._database.writing() as connection:
            insert_once(connection, schema.secrets, [row])
            query = sa.select(schema.secrets.c.value).filter_by(name="service")
            return str(connection.execute(query).scalar_one())

    def users(self) -> tuple[Account, ...]:
        """Return all users, oldest first."""
        return self._accounts(schema.users)

    def keys(self) -> tuple[Account, ...]:
        """Return all keys, oldest first."""
        return self._accounts(schema.keys)

    def user(self, user_id: str) -> Account | None:
        """Return the user with the id, or None."""
        return self._account(schema.users, schema.users.c.id == user_id)

    def user_named(self, name: str) -> Account | None:
        """Return the user with the name, or None."""
        return self._account(schema.users, schema.users.c.name == name)

    def user_hashed(self, hashed: str) -> Account | None:
        """Return the user whose `Account.hash` equals `hashed`, or None."""
        return self._account(schema.users, schema.users.c.hash == hashed)

    def key(self, key_id: str) -> Account | None:
        """Return the key with the id, or None."""
        return self._account(schema.keys, schema.keys.c.id == key_id)

    def add_user(self, user: Account) -> bool:
        """Add a user; return whether the name was free."""
        return self._add(schema.users, user)

    def add_key(self, key: Account) -> bool:
        """Add a key; return whether its id was free."""
        return self._add(schema.keys, key)

    def replace_hash(self, user: Account, hashed: str) -> bool:
        """Replace a user's hash if it still is `user.hash`; return whether it was replaced."""
        table = schema.users
        update = table.update().where(table.c.id == user.id, table.c.hash == user.hash)
        with self._database.writing() as connection:
            return connection.execute(update.values(hash=hashed)).rowcount == 1

    def remove_user(self, name: str) -> bool:
        """Remove a user; return whether the name existed."""
        return self._remove(schema.users, schema.users.c.name == name)

    def remove_key(self, key_id: str) -> bool:
        """Remove a key; return whether the id existed."""
        return self._remove(schema.keys, schema.keys.c.id == key_id)

    def add_sign_in(
        self,
        token_hash: str,
        principal: str,
        begun: float,
        *,
        oldest: float,
        newest: float,
        kept: int,
    ) -> None:
        """Add a sign-in; remove expired sign-ins, and this principal's oldest above `kept`.

        Args:
            token_hash: The hash of the token.
            principal: The id of the principal that signed in.
            begun: When the principal signed in, seconds since 1970.
            oldest: All sign-ins that began before this time are removed.
            newest: All sign-ins that began after this time are removed, because the clock was
                wrong then.
            kept: Maximum number of sign-ins of this principal; older ones are removed.
        """
        table = schema.sign_ins
        row = {"token_hash": token_hash, "principal": principal, "begun": begun}
        own = sa.and_(table.c.principal == principal, table.c.token_hash != token_hash)
        # The new sign-in is always kept, even if others began at the same time.
        others = (
            sa.select(table.c.token_hash)
            .where(own)
            .order_by(table.c.begun.desc(), table.c.token_hash)
            .limit(kept - 1)
        )
        with self._database.writing() as connection:
            connection.execute(table.insert().values(row))
            outdated = sa.or_(table.c.begun < oldest, table.c.begun > newest)
            connection.execute(table.delete().where(outdated))
            connection.execute(table.delete().where(own, table.c.token_hash.not_in(others)))

    def sign_in(self, token_hash: str, *, oldest: float, newest: float) -> str | None:
        """Return the id of a sign-in's principal; None if the sign-in is unknown or not valid.

        Args:
            token_hash: The hash of the token.
            oldest: A sign-in that began before this time is out of date, seconds since 1970.
            newest: A sign-in that began after this time is invalid, seconds since 1970.
        """
        table = schema.sign_ins
        query = sa.select(table.c.principal).where(
            table.c.token_hash == token_hash, table.c.begun.between(oldest, newest)
        )
        with self._database.reading() as connection:
            principal: str | None = connection.execute(query).scalar()
            return principal

    def remove_sign_in(self, token_hash: str) -> None:
        """Remove a sign-in; a no-op if it does not exist."""
        self._remove(schema.sign_ins, schema.sign_ins.c.token_hash == token_hash)

    def _accounts(self, table: sa.Table) -> tuple[Account, ...]:
        with self._database.reading() as connection:
            rows = connection.execute(table.select().order_by(table.c.created, table.c.id))
            return tuple(_to_account(row) for row in rows)

    def _account(self, table: sa.Table, where: sa.ColumnElement[bool]) -> Account | None:
        with self._database.reading() as connection:
            row = connection.execute(table.select().where(where)).first()
        return _to_account(row) if row is not None else None

    def _add(self, table: sa.Table, account: Account) -> bool:
        row = {
            "id": account.id,
            "name": account.name,
            "hash": account.hash,
            "scopes": " ".join(account.scopes),
            "created": account.created,
        }
        with self._database.writing() as connection:
            return insert_once(connection, table, [row]) == 1

    def _remove(self, table: sa.Table, where: sa.ColumnElement[bool]) -> bool:
        with self._database.writing() as connection:
            removed = connection.execute(table.delete().where(where)).rowcount
        return removed > 0


def _to_account(row: Row[tuple[object, ...]]) -> Account:
    return Account(row.id, row.name, row.hash, tuple(row.scopes.split()), row.created)
