"""Assign sessions and jobs by leases to the processes that share a database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from roomread.store import service_schema as schema
from roomread.store.database import Database
from roomread.store.rows import insert_once

# Seconds after which a lease expires if it is not renewed.
LEASE_SECONDS = 5.0
# Seconds after which an expired lease is deleted.
_FORGET_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Lease:
    """The lease of a resource.

    Attributes:
        resource: The resource, such as "session:1a2b3c4d".
        holder: The id of the process.
        address: The URL of that process; empty if it has none.
    """

    resource: str
    holder: str
    address: str


class Leases:
    """The leases that one process takes and renews.

    A lease is held until it is released, or until `LEASE_SECONDS` after its last renewal. Times
    come from the database, so that the computers' clocks do not matter. All methods raise
    `DatabaseError` if the database fails.

    Args:
        database: Where the leases are kept.
        holder: The id of this process.
        address: The URL of this process; empty if it has none. An earlier process with the same URL
            must have ended, so its leases are taken over immediately.
        clock: A function that returns seconds, to replace the database's time.
    """

    def __init__(
        self,
        database: Database,
        holder: str,
        address: str = "",
        *,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self._database, self._clock = database, clock
        self.holder, self.address = holder, address

    def acquire(self, resource: str) -> Lease | None:
        """Take a lease, or renew it if this process holds it.

        Returns:
            None if this process holds the resource now; otherwise the lease of another process.
        """
        table = schema.leases
        with self._database.writing() as connection:
            now = self._now(connection)
            row = {"holder": self.holder, "address": self.address, "expires": now + LEASE_SECONDS}
            if insert_once(connection, table, [row | {"resource": resource}]) == 1:
                return None
            free = (table.c.holder == self.holder) | (table.c.expires <= now)
            if self.address:
                free |= table.c.address == self.address
            update = table.update().where(table.c.resource == resource, free).values(row)
            if connection.execute(update).rowcount == 1:
                return None
            return _lease(connection, table.c.resource == resource)

    def keeps(self, resource: str) -> bool:
        """Return whether this process holds a resource for at least another second."""
        table = schema.leases
        with self._database.reading() as connection:
            mine = (table.c.resource == resource) & (table.c.holder == self.holder)
            ends_later = table.c.expires > self._now(connection) + 1
            return _lease(connection, mine & ends_later) is not None

    def holder_of(self, resource: str) -> Lease | None:
        """Return the lease of a resource, or None if no process holds it."""
        table = schema.leases
        with self._database.reading() as connection:
            valid = (table.c.resource == resource) & (table.c.expires > self._now(connection))
            return _lease(connection, valid)

    def is_free(self, resource: str, *, seconds: float) -> bool:
        """Return whether no process has held a resource for some seconds."""
        table = schema.leases
        with self._database.reading() as connection:
            recent = table.c.expires > self._now(connection) - seconds
            return _lease(connection, (table.c.resource == resource) & recent) is None

    def renew(self) -> None:
        """Renew all leases of this process that have not expired."""
        table = schema.leases
        with self._database.writing() as connection:
            now = self._now(connection)
            held = (table.c.holder == self.holder) & (table.c.expires > now)
            connection.execute(table.update().where(held).values(expires=now + LEASE_SECONDS))
            connection.execute(table.delete().where(table.c.expires < now - _FORGET_SECONDS))

    def release(self, resource: str) -> None:
        """Release a lease; a no-op if this process does not hold it."""
        self._release(schema.leases.c.resource == resource)

    def release_all(self) -> None:
        """Release all leases of this process."""
        self._release(sa.true())

    def _release(self, which: sa.ColumnElement[bool]) -> None:
        table = schema.leases
        with self._database.writing() as connection:
            now = self._now(connection)
            held = (table.c.holder == self.holder) & (table.c.expires > now)
            connection.execute(table.update().where(held, which).values(expires=now))

    def _now(self, connection: Connection) -> float:
        return self._clock() if self._clock is not None else database_time(connection)


def database_time(connection: Connection) -> float:
    """Return the database's time, seconds since 1970."""
    expression: sa.ColumnElement[Any]
    if connection.dialect.name == "postgresql":
        expression = sa.extract("epoch", sa.func.clock_timestamp())
    else:
        expression = (sa.func.julianday("now") - 2_440_587.5) * 86_400
    return float(connection.execute(sa.select(expression)).scalar_one())


def is_held_elsewhere(connection: Connection, resource: str, holder: str) -> bool:
    """Return whether another process than `holder` holds a resource."""
    table = schema.leases
    valid = (table.c.resource == resource) & (table.c.expires > database_time(connection))
    lease = _lease(connection, valid)
    return lease is not None and lease.holder != holder


def _lease(connection: Connection, where: sa.ColumnElement[bool]) -> Lease | None:
    row = connection.execute(schema.leases.select().where(where)).first()
    return Lease(row.resource, row.holder, row.address) if row is not None else None
