"""The number of connections and the time for which each may be silent are limited."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from typing import Any, cast

import pytest

pytest.importorskip("uvicorn", reason="needs the app extra")

import uvicorn
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect
from websockets.asyncio.client import connect as connect_socket
from websockets.exceptions import ConnectionClosed

from roomread.entry.connections import (
    ConnectionLimits,
    ConnectionTable,
    connections_within,
    limit_connections,
    raise_file_limit,
)
from roomread.services.shares import ByteBudget

REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


class FakeTransport:
    """A transport of a connection from an address, which records whether it was closed."""

    def __init__(self, address: str = "192.0.2.1") -> None:
        self.address, self.aborted = address, False

    def get_extra_info(self, name: str) -> object:
        return (self.address, 1) if name == "peername" else None

    def abort(self) -> None:
        self.aborted = True


def table(**limits: Any) -> tuple[ConnectionTable, Counter[str]]:
    reasons: Counter[str] = Counter()
    made = ConnectionTable(ConnectionLimits(**limits), lambda reason: reasons.update([reason]))
    return made, reasons


def connect(to: ConnectionTable, address: str = "192.0.2.1") -> tuple[FakeTransport, bool]:
    transport = FakeTransport(address)
    return transport, to.add(cast("asyncio.Transport", transport))


def heard(by: ConnectionTable, transport: FakeTransport) -> None:
    by.heard(cast("asyncio.Transport", transport))


def test_oldest_silent_connection_is_closed_for_a_new_one_at_the_limit() -> None:
    connections, reasons = table(in_all=3)
    busy, silent, other = (connect(connections)[0] for _ in range(3))
    heard(connections, busy)
    new, stays = connect(connections)
    assert stays
    assert [t.aborted for t in (busy, silent, other, new)] == [False, True, False, False]
    assert reasons == {"too-many-connections": 1}
    assert len(connections) == 3


def test_address_with_most_silent_connections_loses_one() -> None:
    connections, _ = table(in_all=4)
    lonely, _ = connect(connections, "192.0.2.9")
    crowd = [connect(connections, "192.0.2.1")[0] for _ in range(3)]
    connect(connections, "192.0.2.5")
    assert not lonely.aborted
    assert [t.aborted for t in crowd] == [True, False, False]


def test_new_connection_is_refused_when_all_others_are_in_use() -> None:
    connections, _ = table(in_all=1)
    busy, _ = connect(connections)
    heard(connections, busy)
    _, stays = connect(connections)
    assert not stays
    assert not busy.aborted


def test_one_address_is_limited_to_a_share_and_a_trusted_proxy_is_not() -> None:
    connections, _ = table(by_address=2, trusts=lambda address: address == "192.0.2.2")
    students = [connect(connections, "192.0.2.1")[0] for _ in range(3)]
    proxied = [connect(connections, "192.0.2.2")[0] for _ in range(50)]
    assert [t.aborted for t in students] == [True, False, False]
    assert not any(t.aborted for t in proxied)


def test_sixty_students_behind_one_address_stay_below_the_limits() -> None:
    connections, reasons = table()
    # Six connections of a browser, and its WebSocket.
    students = [connect(connections) for _ in range(60 * 7)]
    assert all(stays and not transport.aborted for transport, stays in students)
    assert not reasons


def test_closed_connection_makes_room_for_a_new_one() -> None:
    connections, _ = table(in_all=1)
    for _ in range(3):
        transport, stays = connect(connections)
        assert stays
        connections.remove(cast("asyncio.Transport", transport))
        connections.remove(cast("asyncio.Transport", transport))
    assert len(connections) == 0


@pytest.mark.parametrize(("files", "connections"), [(None, 2000), (100_000, 2000), (256, 160)])
def test_connections_leave_file_descriptors_for_the_rest_of_the_service(
    files: int | None, connections: int
) -> None:
    assert connections_within(files, 2000) == connections


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_file_descriptor_limit_is_raised_to_the_maximum_of_the_system() -> None:
    import resource  # noqa: PLC0415 (not on Windows)

    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(200, before[0]), before[1]))
    try:
        files = raise_file_limit()
        assert files is not None
        assert files >= min(before[1], 65_536)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


async def large(scope: Scope, receive: Receive, send: Send) -> None:
    """Send a response that is larger than all socket buffers on its way."""
    await PlainTextResponse(b"x" * 30_000_000)(scope, receive, send)


def serve(
    client: Callable[[str, int], Awaitable[None]],
    app: Any,
    to: ConnectionTable,
    buffers: ByteBudget | None = None,
    **options: Any,
) -> None:
    """Run a client against a server with limits on a free port of this computer."""

    async def run() -> None:
        config = uvicorn.Config(app, port=0, log_config=None, lifespan="off", **options)
        limit_connections(config, to, buffers or ByteBudget(1_000_000))
        server = uvicorn.Server(config)
        serving = asyncio.ensure_future(server.serve())
        while not server.started:  # noqa: ASYNC110 (uvicorn has no event for it)
            await asyncio.sleep(0.01)
        host, port = server.servers[0].sockets[0].getsockname()[:2]
        await asyncio.wait_for(client(host, port), 60)
        server.should_exit = True
        await serving

    asyncio.run(run())


@pytest.mark.parametrize("sent", [b"", REQUEST[:9]])
def test_connection_without_whole_headers_is_closed(sent: bytes) -> None:
    async def client(host: str, port: int) -> None:
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(sent)
        with pytest.raises((asyncio.IncompleteReadError, ConnectionResetError)):
            await asyncio.wait_for(reader.readexactly(1), 20)
        writer.close()

    connections, reasons = table(header_seconds=0.05)
    serve(client, PlainTextResponse("ok"), connections)
    assert reasons == {"silent-connection": 1}
    assert len(connections) == 0


def test_requests_over_one_connection_are_answered_and_then_it_is_closed() -> None:
    async def client(host: str, port: int) -> None:
        reader, writer = await asyncio.open_connection(host, port)
        for _ in range(3):
            writer.write(REQUEST)
            assert b"200 OK" in await reader.readuntil(b"\r\n\r\nok")
        writer.close()

    connections, reasons = table(header_seconds=30)
    serve(client, PlainTextResponse("ok"), connections)
    assert not reasons


def test_bytes_that_are_not_http_are_answered_with_a_problem() -> None:
    async def client(host: str, port: int) -> None:
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nA" + b"a" * 100_000)
        answer = await asyncio.wait_for(reader.read(), 20)
        assert answer.startswith(b"HTTP/1.1 400 Bad Request")
        assert b"application/problem+json" in answer
        writer.close()

    connections, reasons = table()
    serve(client, PlainTextResponse("ok"), connections)
    assert reasons == {"bad-request": 1}


def test_client_that_does_not_read_its_answer_is_closed() -> None:
    connections, reasons = table(write_seconds=0.05)

    async def client(host: str, port: int) -> None:
        _, writer = await asyncio.open_connection(host, port, limit=1000)
        writer.write(REQUEST)
        while not reasons:  # noqa: ASYNC110 (a counter has no event)
            await asyncio.sleep(0.01)
        writer.close()

    serve(client, large, connections)
    assert reasons == {"unread-answer": 1}


def test_server_at_its_limit_refuses_with_a_problem_and_retry_after() -> None:
    async def hold(scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive, send
        await asyncio.sleep(0.3)

    async def client(host: str, port: int) -> None:
        _, first = await asyncio.open_connection(host, port)
        first.write(REQUEST)
        await asyncio.sleep(0.05)
        reader, second = await asyncio.open_connection(host, port)
        answer = await asyncio.wait_for(reader.read(), 20)
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"retry-after: 5" in answer
        first.close()
        second.close()

    serve(client, hold, table(in_all=1)[0])


async def accept(scope: Scope, receive: Receive, send: Send) -> None:
    """Accept a WebSocket, and wait for its end."""
    socket = WebSocket(scope, receive, send)
    await socket.accept()
    while (await socket.receive())["type"] != "websocket.disconnect":
        await socket.send_text("whole")


UPGRADE = (
    b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
# The text "a" with a mask of zeros, and the beginning of a close with 1011 (RFC 6455, section 5.2).
MESSAGE, CLOSE = b"\x81\x81\0\0\0\0a", b"\x88\x18\x03\xf3"
PINGS = {"ws_ping_interval": 0.05, "ws_ping_timeout": 0.2}


def test_client_that_sends_messages_is_alive_without_an_answer_to_a_ping() -> None:
    async def client(host: str, port: int) -> None:
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(UPGRADE)
        await reader.readuntil(b"\r\n\r\n")
        for _ in range(20):
            writer.write(MESSAGE)
            await asyncio.sleep(0.05)
        heard = await reader.readuntil(CLOSE)
        # All messages were answered, and the pings were not; then the client was silent.
        assert heard.count(b"whole") == 20
        assert heard.count(b"\x89\x04") > 1
        writer.close()

    serve(client, accept, table()[0], **PINGS)


def test_answer_to_a_ping_may_wait_behind_messages_that_the_server_has_not_read() -> None:
    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        socket = WebSocket(scope, receive, send)
        await socket.accept()
        await asyncio.sleep(1)
        await socket.send_text(await socket.receive_text())

    async def client(host: str, port: int) -> None:
        address = f"ws://{host}:{port}/"
        async with connect_socket(address, ping_interval=None) as socket:
            await socket.send("late")
            assert await socket.recv() == "late"

    serve(client, slow, table()[0], **PINGS)


def test_socket_whose_client_does_not_read_is_closed() -> None:
    connections, reasons = table(write_seconds=0.05)

    async def talk(scope: Scope, receive: Receive, send: Send) -> None:
        socket = WebSocket(scope, receive, send)
        await socket.accept()
        with suppress(WebSocketDisconnect):
            while True:
                await socket.send_bytes(b"x" * 1_000_000)

    async def client(host: str, port: int) -> None:
        _, writer = await asyncio.open_connection(host, port, limit=1000)
        writer.write(UPGRADE)
        while not reasons:  # noqa: ASYNC110 (a counter has no event)
            await asyncio.sleep(0.01)
        writer.close()

    serve(client, talk, connections, ws_per_message_deflate=False)
    assert reasons == {"unread-answer": 1}


def test_unfinished_messages_of_sockets_are_bounded_and_their_bytes_are_released() -> None:
    budget = ByteBudget(1_000_000, share=1.0)

    async def client(host: str, port: int) -> None:
        address = f"ws://{host}:{port}/"
        async with connect_socket(address, max_size=None, compression=None) as whole:
            # Half of a message waits; another one has no room, and is closed.
            parts = iter(["x" * 700_000, "y" * 200_000])
            await whole.send("x" * 300_000)
            assert await whole.recv() == "whole"
            assert budget.taken == 0
            first = asyncio.ensure_future(whole.send(_slowly(parts)))
            while budget.taken < 700_000:  # noqa: ASYNC110 (the server has no event for it)
                await asyncio.sleep(0.01)
            async with connect_socket(address, compression=None) as other:
                with suppress(ConnectionClosed):
                    await other.send(_slowly(iter(["z" * 400_000, "z"])))
                with pytest.raises(ConnectionClosed):
                    await other.recv()
                assert other.close_code == 1013
            await first
            assert await whole.recv() == "whole"
        assert budget.taken == 0

    connections, reasons = table()
    serve(client, accept, connections, budget)
    assert reasons == {"too-many-bytes": 1}


async def _slowly(parts: Iterator[str]) -> AsyncIterator[str]:
    """Yield the fragments of a message with a pause between them."""
    for part in parts:
        yield part
        await asyncio.sleep(0.4)
