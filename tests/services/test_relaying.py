"""Relays to a process that is simulated here; `tests/entry/test_two_processes.py` has real ones."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

pytest.importorskip("websockets", reason="needs the app extra")

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from roomread.errors import BusyError
from roomread.services.forwarding import FORWARDED_HEADER, ReceivedRequest
from roomread.services.relaying import relay_socket, relay_stream

EVENTS = ReceivedRequest("/events", {"cookie": "a=b"}, client="192.0.2.7", method="GET")
SEAT = ReceivedRequest("/seat", {"host": "roomread.example"}, client="192.0.2.7")
ELSEWHERE = {FORWARDED_HEADER.lower(): "1"}


@asynccontextmanager
async def answering(*pieces: bytes) -> AsyncIterator[tuple[str, list[bytes]]]:
    """Run a server that responds to one request with `pieces`, and then keeps silent.

    Yield its address, and a list to which the head of the request is added.
    """
    heard: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        # Wait until the client closes the connection.
        await reader.read()
        writer.close()
        ended.set()

    ended = asyncio.Event()
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", heard
        await asyncio.wait_for(ended.wait(), 5)


HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


def test_events_are_relayed_as_they_arrive() -> None:
    async def run() -> None:
        async with answering(HEAD, b"7\r\ndata: 1\r\n", b"7\r\ndata: 2\r\n") as (address, heard):
            answer = await relay_stream(address, EVENTS)
            assert (answer.status, answer.media_type) == (200, "text/event-stream")
            pieces = answer.pieces()
            found = b""
            # The response has no end, so received events must be relayed immediately.
            while found != b"data: 1data: 2":
                found += await asyncio.wait_for(anext(pieces), 5)
            await answer.close()
        lines = heard[0].lower().splitlines()
        assert lines[0] == b"get /events http/1.1"
        assert {b"cookie: a=b", b"x-forwarded-for: 192.0.2.7"} <= set(lines)

    asyncio.run(run())


def test_stream_ends_when_the_body_of_the_response_is_complete() -> None:
    async def run() -> None:
        ended = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 9\r\n\r\n"
        async with answering(ended, b"data: 1", b"\n\n") as (address, _):
            answer = await relay_stream(address, EVENTS)
            found = [piece async for piece in answer.pieces()]
            assert b"".join(found) == b"data: 1\n\n"
            await answer.close()

    asyncio.run(run())


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-OpenSSH_9\r\n\r\n"])
def test_relaying_to_a_process_that_does_not_speak_http_raises_a_busy_error(
    answer: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("roomread.services.relaying._SILENCE_SECONDS", 0.1)

    async def run() -> None:
        async with answering(answer) as (address, _):
            with pytest.raises(BusyError, match="does not respond"):
                await relay_stream(address, EVENTS)

    asyncio.run(run())


def test_websocket_is_relayed_with_its_subprotocol_and_its_close_code() -> None:
    async def echo(socket: ServerConnection) -> None:
        assert socket.request is not None
        assert socket.request.headers["X-Forwarded-For"] == "192.0.2.7"
        await socket.send("heard " + await socket.recv(decode=True))
        await socket.close(4003)

    async def run() -> None:
        async with serve(echo, "127.0.0.1", 0, subprotocols=["room.1"]) as server:  # type: ignore[list-item]
            port = next(iter(server.sockets)).getsockname()[1]
            async with relay_socket(f"http://127.0.0.1:{port}", SEAT, "room.1") as holder:
                assert holder.subprotocol == "room.1"
                await holder.send("join")
                assert await holder.recv() == "heard join"
                with pytest.raises(ConnectionClosed):
                    await holder.recv()
            assert holder.close_code == 4003

    asyncio.run(run())


@pytest.mark.parametrize("address", ["", "http://127.0.0.9:1"])
def test_relaying_to_a_process_that_has_ended_raises_a_busy_error(address: str) -> None:
    async def run() -> None:
        with pytest.raises(BusyError, match="does not respond"):
            await relay_stream(address, EVENTS)
        with pytest.raises(BusyError, match="does not respond"):
            async with relay_socket(address, SEAT, "room.1"):
                pass

    asyncio.run(run())


def test_relaying_to_an_empty_address_opens_no_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened: list[object] = []

    async def note(*where: object, **_options: object) -> None:
        opened.append(where)
        raise ConnectionRefusedError

    monkeypatch.setattr(asyncio, "open_connection", note)
    with pytest.raises(BusyError, match="does not respond"):
        asyncio.run(relay_stream("", EVENTS))
    assert opened == []


def test_relayed_request_is_not_relayed_again() -> None:
    async def run() -> None:
        with pytest.raises(BusyError, match="another process holds"):
            await relay_stream("http://127.0.0.1:1", ReceivedRequest("/", ELSEWHERE))
        with pytest.raises(BusyError, match="another process holds"):
            async with relay_socket("http://127.0.0.1:1", ReceivedRequest("/", ELSEWHERE), "r"):
                pass

    asyncio.run(run())
