from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("starlette", reason="needs the app extra")

from starlette.websockets import WebSocket

from roomread.api.sockets import (
    CloseCode,
    SocketEndError,
    binary_messages,
    serve_socket,
    text_messages,
)
from roomread.errors import BusyError, SessionNotFoundError
from roomread.services.accounts import LOCAL, Principal, Scope

FOREVER = 3600.0
GONE = {"type": "websocket.disconnect", "code": 1000}


class FakeConnection:
    """The server's side of a WebSocket that receives prepared messages."""

    def __init__(
        self, *messages: dict[str, Any], principal: Principal = LOCAL, closing: bool = False
    ) -> None:
        self._messages = [{"type": "websocket.connect"}, *messages]
        self.sent: list[dict[str, Any]] = []
        context = SimpleNamespace(closing=closing)
        app = SimpleNamespace(state=SimpleNamespace(context=context))
        scope = {
            "type": "websocket",
            "app": app,
            "state": {"principal": principal},
            "extensions": {"websocket.http.response": {}},
        }
        self.socket = WebSocket(scope, self._receive, self._send)

    async def _receive(self) -> dict[str, Any]:
        if not self._messages:
            await asyncio.Event().wait()
        return self._messages.pop(0)

    async def _send(self, message: Any) -> None:
        self.sent.append(dict(message))

    @property
    def refused_with(self) -> int | None:
        """The HTTP status with which the handshake was refused; None if it was accepted."""
        return self.sent[0].get("status")

    @property
    def closed_with(self) -> tuple[int, str] | None:
        last = self.sent[-1]
        return (last["code"], last["reason"]) if last["type"] == "websocket.close" else None


def text(content: str) -> dict[str, Any]:
    return {"type": "websocket.receive", "text": content}


def binary(content: bytes) -> dict[str, Any]:
    return {"type": "websocket.receive", "bytes": content}


@contextmanager
def free_slot(_holder: str, _end: Callable[[], None]) -> Iterator[None]:
    yield


@contextmanager
def no_slot(_holder: str, _end: Callable[[], None]) -> Iterator[None]:
    raise BusyError("all slots are taken")
    yield


def received(
    connection: FakeConnection, messages: Callable[[WebSocket], AsyncIterator[Any]]
) -> list[Any]:
    taken: list[Any] = []

    async def serve(_principal: Principal) -> None:
        taken.extend([message async for message in messages(connection.socket)])

    asyncio.run(serve_socket(connection.socket, free_slot, serve))
    return taken


def test_messages_are_yielded_in_order_until_the_sender_disconnects() -> None:
    connection = FakeConnection(binary(b"one"), binary(b"two"), GONE)
    assert received(connection, lambda s: binary_messages(s, silence=FOREVER)) == [b"one", b"two"]
    assert [message["type"] for message in connection.sent] == ["websocket.accept"]


def test_waiting_messages_are_received_in_one_iteration_of_the_event_loop() -> None:
    connection = FakeConnection(*[text("x")] * 50, GONE)
    turns = 0

    def turn() -> None:
        nonlocal turns
        turns += 1
        asyncio.get_running_loop().call_soon(turn)

    async def take() -> tuple[int, int]:
        await connection.socket.accept()
        asyncio.get_running_loop().call_soon(turn)
        messages = text_messages(connection.socket, silence=FOREVER, max_length=4)
        return len([message async for message in messages]), turns

    # One iteration per message would be too slow, because those of a busy service take long.
    assert asyncio.run(take()) == (50, 0)


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (binary(b"data"), CloseCode.UNSUPPORTED_DATA),
        (text("too long"), CloseCode.TOO_LARGE),
    ],
)
def test_unexpected_message_closes_the_connection(message: dict[str, Any], code: int) -> None:
    connection = FakeConnection(message)
    received(connection, lambda s: text_messages(s, silence=FOREVER, max_length=4))
    assert connection.closed_with == (code, "")


def test_text_message_closes_a_connection_that_accepts_pictures_only() -> None:
    connection = FakeConnection(text("text"))
    received(connection, lambda s: binary_messages(s, silence=FOREVER))
    assert connection.closed_with == (CloseCode.UNSUPPORTED_DATA, "")


def test_connection_whose_sender_is_silent_is_closed() -> None:
    connection = FakeConnection()
    received(connection, lambda s: binary_messages(s, silence=0.01))
    assert connection.closed_with == (CloseCode.GOING_AWAY, "")


def test_websocket_over_the_concurrency_limit_is_closed_with_try_again_later() -> None:
    connection = FakeConnection()

    async def serve(_principal: Principal) -> None:
        raise AssertionError

    asyncio.run(serve_socket(connection.socket, no_slot, serve))
    assert connection.sent[0]["type"] == "websocket.accept"
    assert connection.closed_with == (CloseCode.TRY_AGAIN_LATER, "all slots are taken")
    assert connection.socket.scope["state"]["refusal"] == "busy"


def test_websocket_to_a_service_that_shuts_down_is_closed_with_try_again_later() -> None:
    connection = FakeConnection(closing=True)

    async def serve(_principal: Principal) -> None:
        raise AssertionError

    asyncio.run(serve_socket(connection.socket, free_slot, serve))
    assert connection.closed_with == (CloseCode.TRY_AGAIN_LATER, "the service is shutting down")


def test_websocket_is_refused_if_its_sender_lacks_the_required_scope() -> None:
    connection = FakeConnection(principal=Principal("key:1", frozenset({Scope.READ})))

    async def serve(_principal: Principal) -> None:
        raise AssertionError

    asyncio.run(serve_socket(connection.socket, free_slot, serve))
    assert connection.refused_with == 403


def test_websocket_that_fails_its_check_is_refused_before_it_takes_a_concurrency_slot() -> None:
    connection = FakeConnection()

    async def check(_principal: Principal) -> None:
        raise SessionNotFoundError("there is no session 'x'")

    async def serve(_principal: Principal) -> None:
        raise AssertionError

    asyncio.run(serve_socket(connection.socket, no_slot, serve, check=check))
    assert connection.refused_with == 404
    assert "websocket.accept" not in [message["type"] for message in connection.sent]


def test_concurrency_slot_is_released_if_serving_the_websocket_fails() -> None:
    held: list[str] = []

    @contextmanager
    def slot(_holder: str, _end: Callable[[], None]) -> Iterator[None]:
        held.append("taken")
        try:
            yield
        finally:
            held.append("given back")

    async def serve(_principal: Principal) -> None:
        raise SocketEndError(CloseCode.POLICY_VIOLATION)

    connection = FakeConnection()
    asyncio.run(serve_socket(connection.socket, slot, serve))
    assert held == ["taken", "given back"]
    assert connection.closed_with == (CloseCode.POLICY_VIOLATION, "")


def test_websocket_that_loses_its_concurrency_slot_is_closed_with_try_again_later() -> None:
    connection, cancelled = FakeConnection(), list[bool]()

    @contextmanager
    def slot(holder: str, end: Callable[[], None]) -> Iterator[None]:
        assert holder == LOCAL.id
        end()
        yield

    async def serve(_principal: Principal) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.append(True)

    asyncio.run(serve_socket(connection.socket, slot, serve))
    assert connection.closed_with == (CloseCode.TRY_AGAIN_LATER, "")
    assert cancelled == [True]
