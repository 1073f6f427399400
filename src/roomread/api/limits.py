"""Limit the size, duration and number of request bodies, as middleware."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from http import HTTPStatus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from roomread.api.problems import RefusedError, busy

# Minimum speed of a sender, bytes/s; a slower one would occupy a slot for too long.
_MIN_RATE = 10_000
# Time that every body may take, s.
_GRACE_SECONDS = 10.0
# The longest pause within a body, s.
_SILENCE_SECONDS = 20.0


class Body:
    """Refuse requests whose body is too large or too slow, and requests above the maximum number.

    Args:
        app: The application behind it.
        cap: A function that returns the maximum body size for a path, bytes.
        at_once: Maximum number of bodies received at once.
    """

    def __init__(self, app: ASGIApp, *, cap: Callable[[str], int], at_once: int) -> None:
        self._app, self._cap, self._at_once = app, cap, at_once
        self._open = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI connection."""
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        cap, started = self._cap(scope["path"]), False

        async def watched(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        self._open += 1
        try:
            if self._open > self._at_once:
                raise busy(f"{self._at_once} requests are already being received")
            length = headers.get(b"content-length", b"")
            if length.isdigit() and int(length) > cap:
                raise _too_large(cap)
            await self._app(scope, _limited(receive, cap), watched)
        except RefusedError as refusal:
            if started:
                raise
            await refusal.response()(scope, receive, send)
        finally:
            self._open -= 1


def _limited(receive: Receive, cap: int) -> Receive:
    received, begun, ended = 0, time.monotonic(), False

    async def limited() -> Message:
        nonlocal received, ended
        if ended:
            # The body has ended; do not time out while waiting for the end of the connection.
            return await receive()
        try:
            message = await asyncio.wait_for(receive(), _SILENCE_SECONDS)
        except TimeoutError:
            raise _too_slow() from None
        if message["type"] == "http.request":
            received += len(message.get("body", b""))
            ended = not message.get("more_body", False)
            if received > cap:
                raise _too_large(cap)
            if time.monotonic() - begun > _GRACE_SECONDS + received / _MIN_RATE:
                raise _too_slow()
        return message

    return limited


def _too_large(cap: int) -> RefusedError:
    return RefusedError(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "too-large",
        f"the request is over {cap / 1e6:g} MB",
        hint="scale it down, or send fewer at once",
    )


def _too_slow() -> RefusedError:
    return RefusedError(HTTPStatus.REQUEST_TIMEOUT, "too-slow", "the request was sent too slowly")
