"""Accept, limit, receive from and close WebSockets, for all WebSocket routes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AbstractContextManager, ExitStack, suppress
from enum import IntEnum
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from roomread.api.context import context_of, principal_with
from roomread.api.problems import as_refusal, note_refusal
from roomread.errors import BusyError, RoomreadError
from roomread.services.accounts import Principal, Scope


class CloseCode(IntEnum):
    """The codes with which a WebSocket is closed (RFC 6455, section 7.4)."""

    GOING_AWAY = 1001
    UNSUPPORTED_DATA = 1003
    POLICY_VIOLATION = 1008
    TOO_LARGE = 1009
    TRY_AGAIN_LATER = 1013
    # This service's own code (4000 to 4999 are for applications).
    TAKEN_OVER = 4001


class SocketEndError(Exception):
    """An error that closes a WebSocket.

    Args:
        code: The close code that is sent.
    """

    def __init__(self, code: CloseCode) -> None:
        super().__init__(code.name)
        self.code = code


async def serve_socket(
    socket: WebSocket,
    slot: Callable[[str, Callable[[], None]], AbstractContextManager[None]],
    serve: Callable[[Principal], Coroutine[Any, Any, None]],
    *,
    check: Callable[[Principal], Awaitable[object]] | None = None,
) -> None:
    """Accept a WebSocket whose sender has the scope to analyse, serve it, and close it.

    A sender without the scope gets an HTTP response with problem details. If no slot is free, the
    WebSocket is accepted and closed with `TRY_AGAIN_LATER`, because a page in a browser can read
    only the close code.

    Args:
        socket: The WebSocket, which is not accepted yet.
        slot: A function that is called with the principal's id and a function that ends the
            connection. It returns a context manager for the time of the connection, which raises
            `BusyError` if all slots are in use.
        serve: A coroutine function that serves the WebSocket until the sender disconnects, or
            raises `SocketEndError`.
        check: A coroutine function that raises a `RoomreadError` if the principal may not connect;
            None to check the scope only.
    """
    try:
        principal = principal_with(socket, Scope.ANALYZE)
        if check is not None:
            await check(principal)
    except RoomreadError as error:
        await socket.send_denial_response(as_refusal(error).response())
        return
    if context_of(socket).closing:
        await _close_for_later(socket, "the service is shutting down")
        return
    loop, ended = asyncio.get_running_loop(), asyncio.Event()

    def end() -> None:
        loop.call_soon_threadsafe(ended.set)

    with ExitStack() as held:
        try:
            held.enter_context(slot(principal.id, end))
        except BusyError as error:
            await _close_for_later(socket, error.problem)
            return
        await socket.accept()
        code = await _serve_until(ended, serve(principal))
        if socket.client_state is socket.application_state is WebSocketState.CONNECTED:
            # The sender may have disconnected in the meantime.
            with suppress(RuntimeError, WebSocketDisconnect):
                await socket.close(code)


async def _serve_until(ended: asyncio.Event, serving: Coroutine[Any, Any, None]) -> CloseCode:
    """Serve a WebSocket until serving ends or the slot is revoked, and return the close code."""
    served = asyncio.ensure_future(serving)
    evicted = asyncio.ensure_future(ended.wait())
    try:
        await asyncio.wait({served, evicted}, return_when=asyncio.FIRST_COMPLETED)
        if not served.done():
            return CloseCode.TRY_AGAIN_LATER
        await served
    except SocketEndError as error:
        return error.code
    finally:
        evicted.cancel()
        served.cancel()
        await asyncio.wait({served})
    return CloseCode.GOING_AWAY


async def _close_for_later(socket: WebSocket, problem: str) -> None:
    note_refusal(socket.scope, "busy")
    await socket.accept()
    await socket.close(CloseCode.TRY_AGAIN_LATER, problem)


async def binary_messages(socket: WebSocket, *, silence: float) -> AsyncIterator[bytes]:
    """Yield binary messages until the sender disconnects.

    Args:
        socket: An accepted WebSocket.
        silence: Seconds without a message after which the connection ends.

    Raises:
        SocketEndError: A text message was received, or no message within `silence` seconds.
    """
    async for message in _messages(socket, silence=silence):
        content = message.get("bytes")
        if not isinstance(content, bytes):
            raise SocketEndError(CloseCode.UNSUPPORTED_DATA)
        yield content


async def text_messages(
    socket: WebSocket, *, silence: float, max_length: int
) -> AsyncIterator[str]:
    """Yield text messages until the sender disconnects.

    Args:
        socket: An accepted WebSocket.
        silence: Seconds without a message after which the connection ends.
        max_length: Maximum length of a message, in characters.

    Raises:
        SocketEndError: A binary message, a message over `max_length`, or no message within
            `silence` seconds was received.
    """
    async for message in _messages(socket, silence=silence):
        text = message.get("text")
        if not isinstance(text, str):
            raise SocketEndError(CloseCode.UNSUPPORTED_DATA)
        if len(text) > max_length:
            raise SocketEndError(CloseCode.TOO_LARGE)
        yield text


async def _messages(socket: WebSocket, *, silence: float) -> AsyncIterator[dict[str, object]]:
    while True:
        try:
            # `asyncio.wait_for` would need several iterations of the event loop even for a message
            # that is already waiting, so that messages would pile up while the loop is busy.
            async with asyncio.timeout(silence):
                message = await socket.receive()
        except TimeoutError:
            raise SocketEndError(CloseCode.GOING_AWAY) from None
        if message["type"] == "websocket.disconnect":
            return
        yield dict(message)
