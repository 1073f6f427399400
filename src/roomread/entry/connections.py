"""Limit the open connections of one process, and the bytes that clients have not read yet."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from roomread.settings.addresses import network_of

# Number of files that are kept free for the database, the pipes of workers and the log.
_RESERVED_FILES = 96
# Highest limit of open files to request: enough for all connections that one process can serve.
_FILES = 65_536
# The reasons for which connections are closed, as the metrics name them.
SILENT, UNREAD, CROWDED = "silent-connection", "unread-answer", "too-many-connections"


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """The limits on the connections of one process.

    Attributes:
        in_all: Maximum number of open connections.
        by_address: Maximum number of open connections from one address.
        header_seconds: Time within which the headers of a request must be complete, s. On a new
            connection the time starts when the connection is opened.
        write_seconds: Time that a client may take to read the next part of a response, s.
        unread_bytes: Maximum total size of the responses that clients have not read yet, bytes.
        trusts: Returns whether an address belongs to a trusted proxy, which connects for many
            visitors, so that `by_address` does not apply to it.
    """

    in_all: int = 2000
    by_address: int = 500
    header_seconds: float = 10.0
    write_seconds: float = 30.0
    unread_bytes: int = 48_000_000
    trusts: Callable[[str], bool] = lambda _address: False


class ConnectionTable:
    """The open connections of one process.

    If the table is full, a new connection replaces the oldest silent connection of the address
    with the most silent connections. A connection is silent while it has no unanswered request.

    Args:
        limits: The limits on connections.
        count: A function that is called with the reason when a connection is closed or refused.
    """

    def __init__(self, limits: ConnectionLimits, count: Callable[[str], None]) -> None:
        self.limits, self.count = limits, count
        # The connections by age, each with its address.
        self._all: dict[asyncio.Transport, str] = {}
        self._silent: dict[asyncio.Transport, str] = {}
        self._by_address: Counter[str] = Counter()
        # The connections with unread responses by age, each with the sender of the request (see
        # `unread`) and the size in bytes.
        self._unread: dict[asyncio.Transport, tuple[str, int]] = {}

    def __len__(self) -> int:
        """Return the number of open connections."""
        return len(self._all)

    def add(self, transport: asyncio.Transport) -> bool:
        """Add a new connection, and return whether it may stay open."""
        address = address_of(transport)
        self._all[transport] = self._silent[transport] = address
        self._by_address[address] += 1
        crowded = self._by_address[address] > self.limits.by_address
        if crowded and not self.limits.trusts(address):
            return self._close_oldest(transport, of=address)
        if len(self._all) > self.limits.in_all:
            return self._close_oldest(transport, of=None)
        return True

    def heard(self, transport: asyncio.Transport) -> None:
        """Record that a connection has sent a request."""
        self._silent.pop(transport, None)

    def idle(self, transport: asyncio.Transport) -> None:
        """Record that all requests of a connection are answered, so that it counts as silent."""
        if transport in self._all:
            self._silent[transport] = self._all[transport]

    def remove(self, transport: asyncio.Transport) -> None:
        """Remove a connection that was closed; removing it again is a no-op."""
        self._silent.pop(transport, None)
        self.read(transport)
        address = self._all.pop(transport, None)
        if address is not None:
            self._by_address[address] -= 1
            if not self._by_address[address]:
                del self._by_address[address]

    def unread(self, transport: asyncio.Transport, holder: str, size: int) -> None:
        """Record that a client has not read its response yet.

        If the unread responses of all clients exceed the limit, connections of the holder with the
        most unread bytes are closed, oldest first.

        Args:
            transport: The connection.
            holder: The principal, or else the address, that sent the request.
            size: The size of the response that is not read yet, bytes.
        """
        most = self.limits.unread_bytes
        # Count a large response as half of the limit, so that it does not exceed the limit alone.
        self._unread[transport] = holder, min(size, most // 2)
        while sum(each for _, each in self._unread.values()) > most:
            sizes: Counter[str] = Counter()
            for each, waiting in self._unread.values():
                sizes[each] += waiting
            largest = sizes.most_common(1)[0][0]
            oldest = next(known for known, (each, _) in self._unread.items() if each == largest)
            self.count(UNREAD)
            self.remove(oldest)
            oldest.abort()

    def read(self, transport: asyncio.Transport) -> None:
        """Record that a client has read its response; a no-op if no response was unread."""
        self._unread.pop(transport, None)

    def _close_oldest(self, new: asyncio.Transport, *, of: str | None) -> bool:
        """Close the oldest silent connection; return False if the new connection is the oldest.

        Args:
            new: The connection that was just added, which is not closed.
            of: The address whose connections are considered; None for the address with the most
                silent connections.
        """
        if of is None:
            # A visitor who opens many connections loses only connections of their own.
            of = Counter(self._silent.values()).most_common(1)[0][0]
        oldest = next(transport for transport, address in self._silent.items() if address == of)
        if oldest is new:
            return False
        self.count(CROWDED)
        self.remove(oldest)
        oldest.abort()
        return True


def raise_file_limit() -> int | None:
    """Raise the limit on open files to `_FILES` or the highest allowed, and return the limit.

    The result is None if there is no limit, and on Windows.
    """
    if sys.platform == "win32":
        return None
    import resource  # noqa: PLC0415 (not on Windows)

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(hard, _FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        # macOS enforces a lower limit than the limit that it reports.
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else soft


def connections_within(files: int | None, wanted: int) -> int:
    """Return the maximum number of connections, given the limit on open files.

    Args:
        files: Maximum number of open files; None for no limit.
        wanted: Maximum number of connections in the operator's settings.
    """
    return wanted if files is None else max(min(wanted, files - _RESERVED_FILES), 1)


def address_of(transport: asyncio.Transport) -> str:
    """Return the address under which a connection is counted; "" if it is not known."""
    peer = transport.get_extra_info("peername")
    return network_of(str(peer[0])) if isinstance(peer, tuple) else ""
