"""Limit the number of connections of one process, and the time for which each may be silent.

uvicorn closes a connection that is silent after an answer. It never closes one that is silent
before its first request or within its headers, or that does not read its answer. It closes a
WebSocket whose answer to a ping is late, even if its messages arrive or wait to be read.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any, cast

import h11
from uvicorn import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from roomread.api.problems import RefusedError, busy
from roomread.services.shares import ByteBudget
from roomread.settings.addresses import network_of

# Files that a process has open besides its connections: the database, pipes of workers, the log.
_RESERVED_FILES = 96
# Files that are enough for any number of connections that one process can serve.
_FILES = 65_536
_ACCEPTED_AT_ONCE = 16
# Incomplete messages up to this size are not counted, bytes.
_SMALL_MESSAGE = 64 * 1024
_TRY_AGAIN_LATER = 1013
# Why a connection is closed.
_SILENT, _UNREAD, _CROWDED = "silent-connection", "unread-answer", "too-many-connections"


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """The limits on the connections of one process.

    Attributes:
        in_all: Maximum number of open connections.
        by_address: Maximum number of open connections of one address.
        header_seconds: Time until the headers of a first request must be complete, s.
        write_seconds: Time that a client may take to read the next part of an answer, s.
        trusts: Returns whether an address is that of a trusted proxy, which connects for many
            visitors.
    """

    in_all: int = 2000
    by_address: int = 500
    header_seconds: float = 10.0
    write_seconds: float = 30.0
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

    def __len__(self) -> int:
        """Return the number of open connections."""
        return len(self._all)

    def add(self, transport: asyncio.Transport) -> bool:
        """Add a new connection; return whether it may stay."""
        address = _address(transport)
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
        address = self._all.pop(transport, None)
        if address is not None:
            self._by_address[address] -= 1
            if not self._by_address[address]:
                del self._by_address[address]

    def _close_oldest(self, new: asyncio.Transport, *, of: str | None) -> bool:
        """Close the oldest silent connection; return False if that is the new one itself."""
        if of is None:
            # The address with most silent connections, so that one visitor pays for itself.
            of = Counter(self._silent.values()).most_common(1)[0][0]
        oldest = next(transport for transport, address in self._silent.items() if address == of)
        if oldest is new:
            return False
        self.count(_CROWDED)
        self.remove(oldest)
        oldest.abort()
        return True


class _Timers:
    """The timers of one connection; each closes it unless it is stopped in time.

    Args:
        table: The open connections.
        transport: The connection.
    """

    def __init__(self, table: ConnectionTable, transport: asyncio.Transport) -> None:
        self._table, self._transport = table, transport
        self._running: dict[str, asyncio.TimerHandle] = {}

    def start(self, reason: str, seconds: float) -> None:
        """Start a timer that closes the connection; a running timer is not restarted."""
        if reason not in self._running:
            loop = asyncio.get_running_loop()
            self._running[reason] = loop.call_later(seconds, self._close, reason)

    def stop(self, reason: str) -> bool:
        """Stop a timer; return whether it ran."""
        timer = self._running.pop(reason, None)
        if timer is not None:
            timer.cancel()
        return timer is not None

    def stop_all(self) -> None:
        """Stop all timers."""
        for reason in list(self._running):
            self.stop(reason)

    def _close(self, reason: str) -> None:
        self._table.count(reason)
        self._transport.abort()


class LimitedHttp(H11Protocol):
    """uvicorn's HTTP protocol within the limits of a `ConnectionTable`.

    Args:
        table: The open connections.
        **server: The arguments that uvicorn passes to its protocols.
    """

    def __init__(self, *, table: ConnectionTable, **server: Any) -> None:
        super().__init__(**server)
        self._table = table
        self._timers: _Timers

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin a connection."""
        super().connection_made(transport)
        self._timers = _Timers(self._table, transport)
        if self._table.add(transport):
            self._timers.start(_SILENT, self._table.limits.header_seconds)
        else:
            self._refuse(busy("too many connections are open", seconds=5))

    def connection_lost(self, exc: Exception | None) -> None:
        """End a connection."""
        self._timers.stop_all()
        self._table.remove(self.transport)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Process bytes from the client."""
        if self.conn.their_state is h11.IDLE:
            self._timers.start(_SILENT, self._table.limits.header_seconds)
        super().data_received(data)

    def handle_events(self) -> None:
        """Handle the events that the client has sent completely."""
        super().handle_events()
        if self.conn.their_state is not h11.IDLE and self._timers.stop(_SILENT):
            self._table.heard(self.transport)

    def on_response_complete(self) -> None:
        """Go on to the next request."""
        self._table.idle(self.transport)
        super().on_response_complete()

    def pause_writing(self) -> None:
        """Stop sending until the client has read what was sent."""
        super().pause_writing()
        self._timers.start(_UNREAD, self._table.limits.write_seconds)

    def resume_writing(self) -> None:
        """Go on sending."""
        self._timers.stop(_UNREAD)
        super().resume_writing()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """Hand the connection to the protocol of WebSockets."""
        self._timers.stop_all()
        self._table.heard(self.transport)
        super().handle_websocket_upgrade(event)

    def send_400_response(self, msg: str) -> None:
        """Answer bytes that are not HTTP."""
        del msg
        if self.cycle is None or self.cycle.response_complete:
            problem = "the request is not valid HTTP, or its headers are too long"
            self._refuse(RefusedError(HTTPStatus.BAD_REQUEST, "bad-request", problem))
        else:
            self.transport.close()

    def _refuse(self, refusal: RefusedError) -> None:
        """Send an answer before any request, and close the connection."""
        self._table.count(refusal.kind)
        answer = refusal.response()
        headers = [*answer.raw_headers, (b"connection", b"close")]
        lines = [f"HTTP/1.1 {refusal.status.value} {refusal.status.phrase}".encode("ascii")]
        lines += [name + b": " + value for name, value in headers]
        self.transport.write(b"\r\n".join([*lines, b"", answer.body]))
        self.transport.close()


class LimitedWebSocket(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket protocol within the limits of a `ConnectionTable`.

    A client that sends anything is alive, whether or not it has answered the last ping: on a busy
    computer the answer may come late, or wait behind messages that this process has not read.

    Args:
        table: The open connections.
        buffers: Limits the bytes of incomplete messages, which the application has not received
            yet.
        **server: The arguments that uvicorn passes to its protocols.
    """

    def __init__(self, *, table: ConnectionTable, buffers: ByteBudget, **server: Any) -> None:
        super().__init__(**server)
        self._table, self._buffers = table, buffers
        self._holder, self._held = "", 0
        self._timers: _Timers

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin a connection."""
        super().connection_made(transport)
        self._timers = _Timers(self._table, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """End a connection."""
        self._timers.stop_all()
        self._table.remove(self.transport)
        self._hold(0)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Process bytes from the client."""
        if self.pong_timer is not None:
            self.pong_timer.cancel()
            self.pong_timer = None
            self.pending_ping_payload = None
            self.schedule_ping()
        super().data_received(data)
        size = len(self.conn.reader.buffer) + sum(map(len, self.frames))
        fits = self._hold(size if size > _SMALL_MESSAGE else 0)
        if not fits and not self.close_sent:
            self._table.count("too-many-bytes")
            self.conn.fail(_TRY_AGAIN_LATER, "too many bytes are being received")
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.close_sent = True
            self.transport.close()

    def keepalive_timeout(self) -> None:
        """Close a connection from which nothing came, unless this process has not read it."""
        if self.read_paused and self.ping_timeout is not None:
            self.pong_timer = self.loop.call_later(self.ping_timeout, self.keepalive_timeout)
        else:
            super().keepalive_timeout()

    def pause_writing(self) -> None:
        """Stop sending until the client has read what was sent."""
        super().pause_writing()
        self._timers.start(_UNREAD, self._table.limits.write_seconds)

    def resume_writing(self) -> None:
        """Go on sending."""
        self._timers.stop(_UNREAD)
        super().resume_writing()

    def _hold(self, size: int) -> bool:
        """Reserve bytes of the budget; return whether they fit."""
        if not self._held:
            self._holder = self._sender()
        if size > self._held and not self._buffers.take(self._holder, size - self._held):
            return False
        if size < self._held:
            self._buffers.give_back(self._holder, self._held - size)
        self._held = size
        return True

    def _sender(self) -> str:
        scope = getattr(self, "scope", None)
        principal = scope.get("state", {}).get("principal") if scope is not None else None
        return principal.id if principal is not None else _address(self.transport)


def limit_connections(config: Config, table: ConnectionTable, buffers: ByteBudget) -> None:
    """Configure a server to apply the limits of a table.

    Args:
        config: The server's configuration, before it is loaded.
        table: The open connections.
        buffers: Limits the bytes of incomplete messages of WebSockets.
    """
    http = partial(LimitedHttp, table=table)
    socket = partial(LimitedWebSocket, table=table, buffers=buffers)
    # uvicorn only calls what it takes for classes.
    config.http = cast("type[asyncio.Protocol]", http)
    config.ws = cast("type[asyncio.Protocol]", socket)
    # Connections that are accepted before the first of them can be refused. More may wait in the
    # queue of the operating system.
    config.backlog = _ACCEPTED_AT_ONCE


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


def _address(transport: asyncio.Transport) -> str:
    peer = transport.get_extra_info("peername")
    return network_of(str(peer[0])) if isinstance(peer, tuple) else ""
