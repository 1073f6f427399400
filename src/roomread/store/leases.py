"""Assign sessions and jobs to the processes that share a database, by means of leases."""

from __future__ import annotations

import threading
import time
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
# Remaining time of a lease, s, below which it may expire before a write is complete.
_MARGIN = 1.0
# Seconds after which an expired lease is deleted.
_FORGET_SECONDS = 3600.0


def session_resource(session_id: str) -> str:
    """Return the name of the resource whose lease a process needs to write into a session."""
    return f"session:{session_id}"


@dataclass(frozen=True, slots=True)
class Lease:
    """The right of one process to write a resource: a session or a job.

    Attributes:
        resource: The name of the resource, such as "session:1a2b3c4d".
        holder: The id of the process.
        address: The URL of that process; empty if the process has no URL.
    """

    resource: str
    holder: str
    address: str


class Leases:
    """The leases that one process acquires and renews.

    A lease is held until it is released, or until `LEASE_SECONDS` after its last renewal. Times
    come from the database, so the clocks of the computers need not agree. All methods raise
    `DatabaseError` if the database fails.

    Args:
        database: The database that contains the leases.
        holder: The id of this process.
        address: The URL of this process; empty if the process has no URL. An earlier process with
            the same URL must have ended, so its leases are taken over immediately.
        clock: A function that returns the time in seconds; None for the time of the database.
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
        # The time of each held resource's last renewal, on the clocks of this process.
        self._renewed: dict[str, _Moment] = {}
        # One thread renews while others acquire and release.
        self._lock = threading.Lock()

    def acquire(self, resource: str) -> Lease | None:
        """Acquire the lease of a resource, or renew it if this process holds it already.

        Returns:
            None on success; otherwise the lease of the process that holds the resource.
        """
        begun = self._moment()
        with self._database.writing() as connection:
            other = self._acquire(connection, resource)
        if other is None:
            with self._lock:
                self._renewed[resource] = begun
        return other

    def _acquire(self, connection: Connection, resource: str) -> Lease | None:
        table = schema.leases
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
        """Return whether this process will hold a resource for at least one more second.

        The database is queried only if the last renewal was too long ago by the clocks of this
        process, so the check is cheap enough for every message with readings of a session.
        """
        renewed = self._renewed.get(resource)
        if renewed is not None and self._moment().since(renewed) < LEASE_SECONDS - _MARGIN:
            return True
        table = schema.leases
        with self._database.reading() as connection:
            mine = (table.c.resource == resource) & (table.c.holder == self.holder)
            ends_later = table.c.expires > self._now(connection) + _MARGIN
            return _lease(connection, mine & ends_later) is not None

    def is_free(self, resource: str, *, seconds: float) -> bool:
        """Return whether no process has held a resource during the last `seconds` seconds."""
        table = schema.leases
        with self._database.reading() as connection:
            recent = table.c.expires > self._now(connection) - seconds
            return _lease(connection, (table.c.resource == resource) & recent) is None

    def renew(self) -> None:
        """Renew all leases of this process that have not expired."""
        table, begun = schema.leases, self._moment()
        with self._database.writing() as connection:
            now = self._now(connection)
            held = (table.c.holder == self.holder) & (table.c.expires > now)
            connection.execute(table.update().where(held).values(expires=now + LEASE_SECONDS))
            renewed = set(connection.scalars(sa.select(table.c.resource).where(held)))
            connection.execute(table.delete().where(table.c.expires < now - _FORGET_SECONDS))
        with self._lock:
            # Leave out leases that were released meanwhile or had expired in the database.
            self._renewed = {each: begun for each in self._renewed if each in renewed}

    def release(self, resource: str) -> None:
        """Release a lease; a no-op if this process does not hold it."""
        with self._lock:
            self._renewed.pop(resource, None)
        self._release(schema.leases.c.resource == resource)

    def release_all(self) -> None:
        """Release all leases of this process."""
        with self._lock:
            self._renewed.clear()
        self._release(sa.true())

    def _release(self, which: sa.ColumnElement[bool]) -> None:
        table = schema.leases
        with self._database.writing() as connection:
            now = self._now(connection)
            held = (table.c.holder == self.holder) & (table.c.expires > now)
            connection.execute(table.update().where(held, which).values(expires=now))

    def _now(self, connection: Connection) -> float:
        return self._clock() if self._clock is not None else database_time(connection)

    def _moment(self) -> _Moment:
        if self._clock is not None:
            return _Moment(self._clock(), self._clock())
        return _Moment(time.monotonic(), time.time())


@dataclass(frozen=True, slots=True)
class _Moment:
    """One point in time on two clocks of this process.

    The monotonic clock stops while the computer is suspended, and the wall clock may be changed.

    Attributes:
        monotonic: Seconds on the monotonic clock.
        wall: Seconds since 1970.
    """

    monotonic: float
    wall: float

    def since(self, earlier: _Moment) -> float:
        """Return the time since an earlier moment, s, by the clock that advanced further."""
        return max(self.monotonic - earlier.monotonic, self.wall - earlier.wall)


def database_time(connection: Connection) -> float:
    """Return the database's time, seconds since 1970."""
    time_now = sa.select(time_expression(connection.dialect.name))
    return float(connection.execute(time_now).scalar_one())


def time_expression(dialect: str) -> sa.ColumnElement[Any]:
    """Return a SQL expression for the database's time, seconds since 1970."""
    if dialect == "postgresql":
        return sa.extract("epoch", sa.func.clock_timestamp())
    return (sa.func.julianday("now") - 2_440_587.5) * 86_400


def is_held_elsewhere(connection: Connection, resource: str, holder: str) -> bool:
    """Return whether a process other than `holder` holds a resource."""
    table = schema.leases
    now = time_expression(connection.dialect.name)
    lease = _lease(connection, (table.c.resource == resource) & (table.c.expires > now))
    return lease is not None and lease.holder != holder


def _lease(connection: Connection, where: sa.ColumnElement[bool]) -> Lease | None:
    row = connection.execute(schema.leases.select().where(where)).first()
    return Lease(row.resource, row.holder, row.address) if row is not None else None
