"""Tests of the limits on time, bytes and chunks of HTTP connections and WebSockets."""

from __future__ import annotations

import asyncio
import zlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

pytest.importorskip("uvicorn", reason="needs the app extra")

import uvicorn
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from websockets.asyncio.client import connect as connect_socket
from websockets.exceptions import ConnectionClosed

from roomread.entry.connections import ConnectionLimits, ConnectionTable
from roomread.entry.protocols import limit_connections
from roomread.services.shares import ByteBudget

REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
UPGRADE = (
    b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    b"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
)
# A client masks its frames; these masks are zero.
PING, EMPTY_PART, SHORT_PART = (
    b"\x89\x80" + bytes(4),
    b"\x00\x80" + bytes(4),
    b"\x00\x82" + bytes(4) + b"ab",
)
FIRST_PART = b"\x01\x81" + bytes(4) + b"a"


def table(**limits: Any) -> tuple[ConnectionTable, Counter[str]]:
    reasons: Counter[str] = Counter()
    made = ConnectionTable(ConnectionLimits(**limits), lambda reason: reasons.update([reason]))
    return made, reasons


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
        config = uvicorn.Config(
            app, port=0, log_config=None, lifespan="off", timeout_graceful_shutdown=5, **options
        )
        limit_connections(config, to, buffers or ByteBudget(1_000_000))
        server = uvicorn.Server(config)
        serving = asyncio.ensure_future(server.serve())
        while not server.started:  # noqa: ASYNC110 (uvicorn has no event for it)
            await asyncio.sleep(0.01)
        host, port = server.servers[0].sockets[0].getsockname()[:2]
        await asyncio.wait_for(client(host, port), 30)
        server.should_exit = True
        await serving

    asyncio.run(run())


@pytest.mark.parametrize("sent", [b"", REQUEST[:9]])
def test_connection_with_incomplete_headers_is_closed(sent: bytes) -> None:
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


def test_several_requests_over_one_connection_are_answered() -> None:
    async def client(host: str, port: int) -> None:
        reader, writer = await asyncio.open_connection(host, port)
        for _ in range(3):
            writer.write(REQUEST)
            assert b"200 OK" in await reader.readuntil(b"\r\n\r\nok")
        writer.close()

    connections, reasons = table(header_seconds=30)
    serve(client, PlainTextResponse("ok"), connections)
    assert not reasons


def test_bytes_that_are_not_valid_http_get_a_problem_response() -> None:
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


def test_connection_is_closed_if_the_client_does_not_read_the_response() -> None:
    connections, reasons = table(write_seconds=0.05)

    async def client(host: str, port: int) -> None:
        _, writer = await asyncio.open_connection(host, port, limit=1000)
        writer.write(REQUEST)
        while not reasons:  # noqa: ASYNC110 (a counter has no event)
            await asyncio.sleep(0.01)
        writer.close()

    serve(client, large, connections)
    assert reasons == {"unread-answer": 1}


def test_connection_over_the_limit_gets_status_503_and_retry_after() -> None:
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
    """Accept a WebSocket, and answer each whole message until the client disconnects."""
    socket = WebSocket(scope, receive, send)
    await socket.accept()
    while (await socket.receive())["type"] != "websocket.disconnect":
        await socket.send_text("whole")


# The text "a" with a mask of zeros, and the beginning of a close with 1011 (RFC 6455, section 5.2).
MESSAGE, CLOSE = b"\x81\x81\0\0\0\0a", b"\x88\x18\x03\xf3"
PINGS: dict[str, Any] = {"ws_ping_interval": 0.05, "ws_ping_timeout": 0.2}


def test_websocket_stays_open_while_messages_arrive_without_pongs() -> None:
    async def client(host: str, port: int) -> None:
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(UPGRADE)
        await reader.readuntil(b"\r\n\r\n")
        for _ in range(20):
            writer.write(MESSAGE)
            await asyncio.sleep(0.05)
        heard = await reader.readuntil(CLOSE)
        # The connection was closed only after the client had stopped sending messages.
        assert heard.count(b"whole") == 20
        assert heard.count(b"\x89\x04") > 1
        writer.close()

    serve(client, accept, table()[0], **PINGS)


def test_websocket_stays_open_while_the_pong_waits_behind_unread_messages() -> None:
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


def test_bytes_of_unfinished_websocket_messages_are_limited_and_released() -> None:
    budget = ByteBudget(1_000_000, share=1.0)

    async def client(host: str, port: int) -> None:
        address = f"ws://{host}:{port}/"
        async with connect_socket(address, max_size=None, compression=None) as whole:
            # While 700 kB of one message wait, a message on another connection exceeds the limit.
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


async def count_body(scope: Scope, receive: Receive, send: Send) -> None:
    """Respond with the number of bytes in the body."""
    size = 0
    with suppress(Exception):
        async for piece in Request(scope, receive).stream():
            size += len(piece)
    await PlainTextResponse(str(size))(scope, receive, send)


def chunked(size: int, count: int) -> bytes:
    """Return a request whose body has chunks of one size."""
    head = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + (b"%x\r\n" % size + b"a" * size + b"\r\n") * count + b"0\r\n\r\n"


async def exchange(host: str, port: int, sent: bytes) -> bytes:
    """Send bytes over a new connection, and return the response."""
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(sent)
    answer = b""
    with suppress(ConnectionResetError):
        while piece := await asyncio.wait_for(reader.read(65_536), 20):
            answer += piece
            if answer.endswith((b"\r\n\r\n4000000", b"\r\n\r\n300")):
                break
    writer.close()
    return answer


@pytest.mark.parametrize(("size", "count"), [(1, 300), (4000, 1000)])
def test_body_in_usual_chunks_is_received(size: int, count: int) -> None:
    async def client(host: str, port: int) -> None:
        answer = await exchange(host, port, chunked(size, count))
        assert answer.endswith(b"\r\n\r\n%d" % (size * count))

    connections, reasons = table()
    serve(client, count_body, connections)
    assert not reasons


@pytest.mark.parametrize("size", [1, 16])
def test_body_in_many_tiny_chunks_is_refused(size: int) -> None:
    async def client(host: str, port: int) -> None:
        assert b"200 OK" not in await exchange(host, port, chunked(size, 40_000))

    connections, reasons = table()
    serve(client, count_body, connections)
    assert reasons == {"bad-request": 1}


@pytest.mark.parametrize("lines", [b"a:\r\n" * 10_000, b"a: " + b"b" * 40_000 + b"\r\n"])
def test_too_long_headers_are_refused_even_if_they_arrive_in_one_piece(lines: bytes) -> None:
    async def client(host: str, port: int) -> None:
        answer = await exchange(host, port, REQUEST[:-2] + lines + b"\r\n")
        assert answer.startswith(b"HTTP/1.1 400 ")

    connections, reasons = table()
    serve(client, PlainTextResponse("ok"), connections)
    assert reasons == {"bad-request": 1}


def test_request_with_a_long_cookie_and_a_large_body_is_received() -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\nCookie: " + b"c" * 9000
    answers: list[bytes] = []

    async def client(host: str, port: int) -> None:
        answers.append(await exchange(host, port, head + b"\r\n\r\n" + b"a" * 4_000_000))

    serve(client, count_body, table()[0])
    assert answers[0].endswith(b"\r\n\r\n4000000")


@pytest.mark.parametrize(
    ("first", "repeated"),
    [(b"", PING), (FIRST_PART, EMPTY_PART), (FIRST_PART, SHORT_PART)],
    ids=["pings", "empty fragments", "short fragments"],
)
def test_websocket_with_too_many_small_frames_is_closed(first: bytes, repeated: bytes) -> None:
    async def client(host: str, port: int) -> None:
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(UPGRADE)
        answer = await reader.readuntil(b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 101 ")
        writer.write(first + repeated * 40_000)
        with suppress(ConnectionResetError):
            await asyncio.wait_for(reader.read(), 20)
        writer.close()

    budget = ByteBudget(1_000_000)
    connections, reasons = table()
    serve(client, accept, connections, budget)
    assert reasons == {"too-small-pieces": 1}
    assert budget.taken == 0


async def accept_and_sleep(scope: Scope, receive: Receive, send: Send) -> None:
    """Accept a WebSocket whose messages the application does not receive yet."""
    await WebSocket(scope, receive, send).accept()
    await asyncio.sleep(0.5)


@pytest.mark.parametrize("sent", [MESSAGE * 40_000, b"\x81\xff" + bytes(5) + b"\x0f\x42\x40"])
def test_bytes_of_messages_that_wait_for_the_application_are_limited(sent: bytes) -> None:
    async def client(host: str, port: int) -> None:
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(UPGRADE)
        await reader.readuntil(b"\r\n\r\n")
        # In the second case, send one message of a megabyte.
        writer.write(sent + (bytes(4) + b"a" * 1_000_000 if len(sent) < 100 else b""))
        with suppress(ConnectionResetError):
            answer = await reader.read()
            assert int.from_bytes(answer[2:4], "big") == 1013
        writer.close()

    budget = ByteBudget(800_000, share=1.0)
    connections, reasons = table()
    serve(client, accept_and_sleep, connections, budget)
    assert reasons == {"too-many-bytes": 1}
    assert budget.taken == 0


def test_waiting_messages_are_counted_until_the_application_receives_them() -> None:
    taken: list[int] = []
    budget = ByteBudget(1_000_000, share=1.0)

    async def late(scope: Scope, receive: Receive, send: Send) -> None:
        socket = WebSocket(scope, receive, send)
        await socket.accept()
        while not budget.taken:  # noqa: ASYNC110 (a counter has no event)
            await asyncio.sleep(0.01)
        taken.append(budget.taken)
        await socket.receive()
        taken.append(budget.taken)
        await socket.close()

    async def client(host: str, port: int) -> None:
        async with connect_socket(f"ws://{host}:{port}/") as socket:
            await socket.send("x" * 500_000)
            with pytest.raises(ConnectionClosed):
                await socket.recv()

    serve(client, late, table()[0], budget)
    assert taken[0] > 500_000
    assert taken[1] == 0


def test_compressed_websocket_messages_are_refused() -> None:
    async def client(host: str, port: int) -> None:
        async with connect_socket(f"ws://{host}:{port}/", compression="deflate") as socket:
            assert not socket.protocol.extensions
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(UPGRADE)
        await reader.readuntil(b"\r\n\r\n")
        packer = zlib.compressobj(9, zlib.DEFLATED, -12)
        bomb = packer.compress(b" " * 1_000_000) + packer.flush(zlib.Z_SYNC_FLUSH)
        writer.write(b"\xc1\xfe" + len(bomb).to_bytes(2, "big") + bytes(4) + bomb)
        assert int.from_bytes((await reader.read())[2:4], "big") == 1002
        writer.close()

    serve(client, accept, table()[0])


def test_websocket_whose_client_does_not_read_is_closed() -> None:
    async def talk(scope: Scope, receive: Receive, send: Send) -> None:
        socket = WebSocket(scope, receive, send)
        await socket.accept()
        with suppress(Exception):
            while True:
                await socket.send_bytes(bytes(1_000_000))

    connections, reasons = table(write_seconds=0.05)

    async def client(host: str, port: int) -> None:
        _, writer = await asyncio.open_connection(host, port, limit=1000)
        writer.write(UPGRADE)
        while not reasons:  # noqa: ASYNC110 (a counter has no event)
            await asyncio.sleep(0.01)
        writer.close()

    serve(client, talk, connections)
    assert reasons == {"unread-answer": 1}
    assert len(connections) == 0


def test_oldest_response_is_closed_when_unread_bytes_exceed_the_limit() -> None:
    connections, reasons = table(unread_bytes=20_000_000)

    async def client(host: str, port: int) -> None:
        # Each response of 30 MB counts as half of the limit.
        silent = [await asyncio.open_connection(host, port, limit=1000) for _ in range(3)]
        for _, writer in silent:
            writer.write(REQUEST)
            await asyncio.sleep(0.1)
        assert reasons == {"unread-answer": 1}
        assert len(connections) == 2
        for _, writer in silent:
            writer.close()

    serve(client, large, connections)
