"""Serve HTTP and WebSockets within the limits of a `ConnectionTable`.

uvicorn closes a connection that is idle after a response. It never closes a connection that sends
no request or only part of its headers, or whose client does not read the response. It does not
limit the number of chunks in which a body or a message arrives. It closes a WebSocket that answers
a ping late, even while messages arrive on it or wait to be read.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Any, cast

import h11
from uvicorn import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

from roomread.api.problems import RefusedError, busy
from roomread.entry.connections import SILENT, UNREAD, ConnectionTable, address_of
from roomread.services.shares import ByteBudget

_ACCEPTED_AT_ONCE = 16
# Maximum size of the headers of a request, and of the portions in which received bytes are
# processed, bytes.
_MOST_HEADERS, _PIECE = 16 * 1024, 8 * 1024
# Each chunk of a body or a message costs as much processor time as hundreds of bytes. A sender may
# send one chunk for each `_USUAL_PIECE` bytes, and in addition `_SPARE_PIECES` chunks at once and
# `_SPARE_PER_SECOND` chunks each second.
_SPARE_PIECES, _SPARE_PER_SECOND, _USUAL_PIECE = 500.0, 50.0, 1024
# Size up to which the incomplete and waiting messages of one connection are not counted, bytes.
_SMALL_MESSAGE = 16 * 1024
# Memory that each fragment and each message needs in addition to its content, bytes.
_PER_FRAGMENT, _PER_MESSAGE = 64, 1024
_POLICY_VIOLATION, _TRY_AGAIN_LATER = 1008, 1013
_TOO_SMALL = "too-small-pieces"


class _Timers:
    """The timers of one connection, each of which closes it unless the timer is stopped in time.

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
        """Stop a timer, and return whether it was running."""
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


class _PieceBudget:
    """A limit on the number of small chunks in one body or on one connection.

    Args:
        clock: A function that returns the time of a monotonic clock, s.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._spent, self._then = 0.0, clock()

    def take(self, size: int) -> bool:
        """Count a chunk of `size` bytes, and return False if there were too many small chunks."""
        now = self._clock()
        regained = _SPARE_PER_SECOND * (now - self._then) + size / _USUAL_PIECE
        self._spent, self._then = max(self._spent - regained, 0.0) + 1.0, now
        return self._spent <= _SPARE_PIECES


class _CountingConnection(h11.Connection):
    """An HTTP parser that refuses a body which arrives in too many small chunks.

    Args:
        clock: A function that returns the time of a monotonic clock, s.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__(h11.SERVER, _MOST_HEADERS)
        self._clock, self._pieces = clock, _PieceBudget(clock)

    def next_event(self) -> Any:
        """Return the next event, as `h11.Connection` does."""
        event = super().next_event()
        if isinstance(event, h11.Request):
            self._pieces = _PieceBudget(self._clock)
        if isinstance(event, h11.Data) and not self._pieces.take(len(event.data)):
            raise h11.RemoteProtocolError("the body has too many small chunks")
        return event


class LimitedHttp(H11Protocol):
    """uvicorn's HTTP protocol with the limits of a `ConnectionTable`.

    Args:
        table: The open connections.
        **server: The arguments that uvicorn passes to its protocols.
    """

    def __init__(self, *, table: ConnectionTable, **server: Any) -> None:
        super().__init__(**server)
        self.conn = _CountingConnection(self.loop.time)
        self._table = table
        self._upgraded = False
        self._timers: _Timers

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Add a new connection to the table, or refuse it if the table is full."""
        super().connection_made(transport)
        self._timers = _Timers(self._table, transport)
        if self._table.add(transport):
            self._timers.start(SILENT, self._table.limits.header_seconds)
        else:
            self._refuse(busy("too many connections are open", seconds=5))

    def connection_lost(self, exc: Exception | None) -> None:
        """Remove a closed connection from the table."""
        self._timers.stop_all()
        self._table.remove(self.transport)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Process bytes from the client, in small portions until the headers are complete."""
        rest = memoryview(data)
        # h11 checks the length of headers only while they are incomplete.
        while self.conn.their_state is h11.IDLE and len(rest) > _PIECE:
            self._process(bytes(rest[:_PIECE]))
            rest = rest[_PIECE:]
            if self._upgraded or self.transport.is_closing():
                return
        self._process(bytes(rest))

    def _process(self, data: bytes) -> None:
        if self.conn.their_state is h11.IDLE:
            self._timers.start(SILENT, self._table.limits.header_seconds)
        super().data_received(data)

    def handle_events(self) -> None:
        """Handle what the client has sent, and stop the timer when the headers are complete."""
        super().handle_events()
        if self.conn.their_state is not h11.IDLE and self._timers.stop(SILENT):
            self._table.heard(self.transport)

    def on_response_complete(self) -> None:
        """Record that a request is answered, and continue with the next request."""
        self._table.idle(self.transport)
        super().on_response_complete()

    def pause_writing(self) -> None:
        """Stop sending until the client has read what was sent."""
        super().pause_writing()
        self._timers.start(UNREAD, self._table.limits.write_seconds)
        _note_unread(self._table, self.transport, self.scope)

    def resume_writing(self) -> None:
        """Continue sending."""
        self._timers.stop(UNREAD)
        self._table.read(self.transport)
        super().resume_writing()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """Pass the connection to the WebSocket protocol."""
        self._upgraded = True
        self._timers.stop_all()
        self._table.heard(self.transport)
        super().handle_websocket_upgrade(event)

    def send_400_response(self, msg: str) -> None:
        """Refuse bytes that are not valid HTTP, and close the connection."""
        del msg
        if self.cycle is None or self.cycle.response_complete:
            problem = "the request is not valid HTTP, or its headers are too long"
            self._refuse(RefusedError(HTTPStatus.BAD_REQUEST, "bad-request", problem))
        else:
            self._table.count("bad-request")
            self.transport.close()

    def _refuse(self, refusal: RefusedError) -> None:
        """Send an error response, even before a complete request, and close the connection."""
        self._table.count(refusal.kind)
        answer = refusal.response()
        headers = [*answer.raw_headers, (b"connection", b"close")]
        lines = [f"HTTP/1.1 {refusal.status.value} {refusal.status.phrase}".encode("ascii")]
        lines += [name + b": " + value for name, value in headers]
        self.transport.write(b"\r\n".join([*lines, b"", answer.body]))
        self.transport.close()


class LimitedWebSocket(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket protocol with the limits of a `ConnectionTable`.

    A client that sends anything counts as alive, even if it has not answered the last ping. On a
    busy computer the answer may come late, or wait behind messages that are not read yet.

    Args:
        table: The open connections.
        buffers: The limit on the bytes of messages that are incomplete or that the application has
            not received yet.
        **server: The arguments that uvicorn passes to its protocols.
    """

    def __init__(self, *, table: ConnectionTable, buffers: ByteBudget, **server: Any) -> None:
        super().__init__(**server)
        self._table, self._buffers = table, buffers
        self._pieces = _PieceBudget(self.loop.time)
        self._too_small = False
        # Bytes of the incomplete message, and of each message that waits for the application.
        self._incomplete = 0
        self._waiting: deque[int] = deque()
        self._holder, self._held = "", 0
        self._timers: _Timers

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take over a connection from the HTTP protocol."""
        super().connection_made(transport)
        self._timers = _Timers(self._table, self.transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Remove a closed connection from the table, and release the bytes reserved for it."""
        self._timers.stop_all()
        self._table.remove(self.transport)
        self._hold(0)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Process bytes from the client, which also show that it is alive."""
        if self.pong_timer is not None:
            self.pong_timer.cancel()
            self.pong_timer = None
            self.pending_ping_payload = None
            self.schedule_ping()
        for start in range(0, len(data), _PIECE):
            super().data_received(data[start : start + _PIECE])
            self._check()
            if self.transport.is_closing():
                return

    def handle_text(self, event: Frame) -> None:
        """Handle the first frame of a text message."""
        self._count(event)
        super().handle_text(event)

    def handle_bytes(self, event: Frame) -> None:
        """Handle the first frame of a binary message."""
        self._count(event)
        super().handle_bytes(event)

    def handle_cont(self, event: Frame) -> None:
        """Handle a further frame of a message."""
        self._count_small(len(event.data))
        self._count(event)
        super().handle_cont(event)

    def handle_ping(self) -> None:
        """Answer a ping."""
        self._count_small(0)
        super().handle_ping()

    def handle_pong(self, event: Frame) -> None:
        """Handle the answer to a ping."""
        self._count_small(0)
        super().handle_pong(event)

    def send_receive_event_to_app(self) -> None:
        """Queue a complete message for the application."""
        size, self._incomplete = self._incomplete, 0
        super().send_receive_event_to_app()
        if not self.close_sent:
            self._waiting.append(size + _PER_MESSAGE)

    async def receive(self) -> Any:
        """Return the next ASGI message for the application."""
        message = await super().receive()
        if message["type"] == "websocket.receive":
            self._waiting.popleft()
            self._check()
        if not self.writable.is_set():
            self.transport.pause_reading()
        return message

    def keepalive_timeout(self) -> None:
        """Close a connection on which nothing arrived, unless this process has paused reading."""
        if self.read_paused and self.ping_timeout is not None:
            self.pong_timer = self.loop.call_later(self.ping_timeout, self.keepalive_timeout)
        else:
            super().keepalive_timeout()

    def pause_writing(self) -> None:
        """Stop sending and reading until the client has read what was sent."""
        super().pause_writing()
        self.transport.pause_reading()
        self._timers.start(UNREAD, self._table.limits.write_seconds)
        _note_unread(self._table, self.transport, getattr(self, "scope", None))

    def resume_writing(self) -> None:
        """Continue sending and reading."""
        self._timers.stop(UNREAD)
        self._table.read(self.transport)
        super().resume_writing()
        if not self.read_paused:
            self.transport.resume_reading()

    def _count(self, event: Frame) -> None:
        self._incomplete += len(event.data) + _PER_FRAGMENT

    def _count_small(self, size: int) -> None:
        self._too_small = not self._pieces.take(size) or self._too_small

    def _check(self) -> None:
        """Close the connection if it exceeds a limit."""
        size = len(self.conn.reader.buffer) + self._incomplete + sum(self._waiting)
        fits = self._hold(size if size > _SMALL_MESSAGE else 0)
        if self._too_small:
            self._fail(_TOO_SMALL, _POLICY_VIOLATION, "too many small frames")
        elif not fits:
            self._fail("too-many-bytes", _TRY_AGAIN_LATER, "too many bytes are being received")

    def _fail(self, reason: str, code: int, problem: str) -> None:
        if self.close_sent:
            self.transport.close()
            return
        self._table.count(reason)
        self.conn.fail(code, problem)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.transport.close()

    def _hold(self, size: int) -> bool:
        """Change the reserved part of the budget to `size` bytes, and return whether it fits."""
        if not self._held:
            self._holder = _holder_of(self.transport, getattr(self, "scope", None))
        if size > self._held and not self._buffers.take(self._holder, size - self._held):
            return False
        if size < self._held:
            self._buffers.give_back(self._holder, self._held - size)
        self._held = size
        return True


def limit_connections(config: Config, table: ConnectionTable, buffers: ByteBudget) -> None:
    """Configure a server to apply the limits of a table.

    Args:
        config: The server's configuration, before it is loaded.
        table: The open connections.
        buffers: The limit on the bytes of incomplete and waiting WebSocket messages.
    """
    http = partial(LimitedHttp, table=table)
    socket = partial(LimitedWebSocket, table=table, buffers=buffers)
    # uvicorn declares these as classes, but only calls them.
    config.http = cast("type[asyncio.Protocol]", http)
    config.ws = cast("type[asyncio.Protocol]", socket)
    # A few compressed bytes can expand to a thousand times as many before they are counted.
    config.ws_per_message_deflate = False
    # Number of connections that are accepted before the first of them can be refused. More may wait
    # in the queue of the operating system.
    config.backlog = _ACCEPTED_AT_ONCE


def _note_unread(table: ConnectionTable, transport: asyncio.Transport, scope: Any) -> None:
    table.unread(transport, _holder_of(transport, scope), transport.get_write_buffer_size())


def _holder_of(transport: asyncio.Transport, scope: Any) -> str:
    """Return the id of the principal that sent the request, or else the connection's address."""
    principal = scope.get("state", {}).get("principal") if scope is not None else None
    return principal.id if principal is not None else address_of(transport)
