"""Load that is bounded: how much one may send, how slowly, and how much is done at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from http import HTTPStatus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from roomread.api.problems import RefusedError, busy

# A sender that is slower than this holds a place that others want; bytes a second.
_SLOWEST = 10_000
_PATIENCE = 10.0
_SILENCE = 20.0


class Body:
    """Middleware: requests that send too much, too slowly, or when too many others do, end.

    Args:
        app: what it guards.
        cap: the most bytes of a request, by its path.
        at_once: requests with a body that are taken at once.
    """

    def __init__(self, app: ASGIApp, *, cap: Callable[[str], int], at_once: int) -> None:
        self._app, self._cap, self._at_once = app, cap, at_once
        self._open = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI's call."""
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
                raise busy(f"{self._at_once} requests are being taken already")
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
    got, begun, ended = 0, time.monotonic(), False

    async def limited() -> Message:
        nonlocal got, ended
        if ended:
            # The wait for the end of the connection may last.
            return await receive()
        try:
            message = await asyncio.wait_for(receive(), _SILENCE)
        except TimeoutError:
            raise _too_slow() from None
        if message["type"] == "http.request":
            got += len(message.get("body", b""))
            ended = not message.get("more_body", False)
            if got > cap:
                raise _too_large(cap)
            if time.monotonic() - begun > _PATIENCE + got / _SLOWEST:
                raise _too_slow()
        return message

    return limited


def _too_large(cap: int) -> RefusedError:
    return RefusedError(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "too-large",
        f"over {cap / 1e6:g} MB",
        hint="scale it down, or send fewer at once",
    )


def _too_slow() -> RefusedError:
    return RefusedError(HTTPStatus.REQUEST_TIMEOUT, "too-slow", "the request came too slowly")
