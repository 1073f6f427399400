"""Limit the number of connections of one process, and the bytes that their clients do not read."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from roomread.settings.addresses import network_of

# Files that a process has open besides its connections: the database, pipes of workers, the log.
_RESERVED_FILES = 96
# Files that are enough for any number of connections that one process can serve.
_FILES = 65_536
# Why a connection is closed.
SILENT, UNREAD, CROWDED = "silent-connection", "unread-answer", "too-many-connections"


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """The limits on the connections of one process.

    Attributes:
        in_all: Maximum number of open connections.
        by_address: Maximum number of open connections of one address.
        header_seconds: Time until the headers of a first request must be complete, s.
        write_seconds: Time that a client may take to read the next part of an answer, s.
        unread_bytes: Bytes of answers that are kept for clients that have not read them yet.
        trusts: Returns whether an address is that of a trusted proxy, which connects for many
            visitors.
    """

    in_all: int = 2000
    by_address: int = 500
    header_seconds: float = 10.0
    write_seconds: float = 30.0
    unread_bytes: int = 48_000_000
    trusts: Callable[[str], bool] = lambda _address: False


class ConnectionTable:
    """The open connections of one process.

    If the table is full, a new connection displaces the oldest silent one of the address that has
    most silent ones. A connection is silent while it has no unanswered request.

    Args:
        limits: The limits on connections.
        count: Called with the reason when a connection is closed or refused.
    """

    def __init__(self, limits: ConnectionLimits, count: Callable[[str], None]) -> None:
        self.limits, self.count = limits, count
        # The connections by age, each with its address.
        self._all: dict[asyncio.Transport, str] = {}
        self._silent: dict[asyncio.Transport, str] = {}
        self._by_address: Counter[str] = Counter()
        # The connections with unread answers by age, each with its holder and the size.
        self._unread: dict[asyncio.Transport, tuple[str, int]] = {}

    def __len__(self) -> int:
        """Return the number of open connections."""
        return len(self._all)

    def add(self, transport: asyncio.Transport) -> bool:
        """Add a new connection; return whether it may stay."""
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
        """Record that a client has not read its answer yet.

        If the answers of all clients are too many bytes, the oldest unread ones of the holder that
        has most are closed.

        Args:
            transport: The connection.
            holder: The principal or address that asked.
            size: The bytes that wait to be read.
        """
        most = self.limits.unread_bytes
        # One large answer to a client that reads it is not refused.
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
        """Record that a client has read its answer; a no-op if none was unread."""
        self._unread.pop(transport, None)

    def _close_oldest(self, new: asyncio.Transport, *, of: str | None) -> bool:
        """Close the oldest silent connection; return False if that is the new one itself."""
        if of is None:
            # The address with most silent connections, so that one visitor pays for itself.
            of = Counter(self._silent.values()).most_common(1)[0][0]
        oldest = next(transport for transport, address in self._silent.items() if address == of)
        if oldest is new:
            return False
        self.count(CROWDED)
        self.remove(oldest)
        oldest.abort()
        return True


def raise_file_limit() -> int | None:
    """Raise the limit of open files to the allowed maximum; return it, or None if unknown."""
    if sys.platform == "win32":
        return None
    import resource  # noqa: PLC0415 (not on Windows)

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(hard, _FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        # macOS has a lower limit that it does not tell.
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else soft


def connections_within(files: int | None, wanted: int) -> int:
    """Return the number of connections that the limit on open files allows.

    Args:
        files: Maximum number of open files; None for no limit.
        wanted: Number of connections that the operator allows.
    """
    return wanted if files is None else max(min(wanted, files - _RESERVED_FILES), 1)


def address_of(transport: asyncio.Transport) -> str:
    """Return the address of a connection as it is counted; "" if it is not known."""
    peer = transport.get_extra_info("peername")
    return network_of(str(peer[0])) if isinstance(peer, tuple) else ""
