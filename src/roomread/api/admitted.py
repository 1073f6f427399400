"""Receive the messages of a WebSocket only while its sender is admitted."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.types import Message, Receive

POLICY_VIOLATION = 1008
# Seconds between two checks of whether the sender of an open WebSocket is still admitted.
_CHECK_PERIOD = 1.0
# Seconds until a message that exceeds its sender's rate limit is tried again.
_MESSAGE_PAUSE = 0.05


class AdmittedReceive:
    """A `receive` that reports a disconnect once the WebSocket's sender is no longer admitted.

    Messages are received while the sender is checked, so that the check does not delay them.

    Args:
        receive: The ASGI `receive` of the server, which this one replaces.
        is_admitted: A function that returns whether the sender is still admitted.
        must_wait: A function that returns True if the sender has reached its rate limit, and
            otherwise counts one message.
    """

    def __init__(
        self,
        receive: Receive,
        is_admitted: Callable[[], Awaitable[bool]],
        must_wait: Callable[[], bool],
    ) -> None:
        self._receive, self._is_admitted, self._must_wait = receive, is_admitted, must_wait
        self._next: asyncio.Future[Message] | None = None
        self._checking: asyncio.Future[bool] | None = None
        self._checked = time.monotonic()
        self.ended = False

    async def __call__(self) -> Message:
        """Receive one ASGI message."""
        while True:
            if self._next is None:
                self._next = asyncio.ensure_future(self._receive())
            if self._checking is None and time.monotonic() - self._checked >= _CHECK_PERIOD:
                self._checking = asyncio.ensure_future(self._is_admitted())
            waiting: set[asyncio.Future[Any]] = {self._next}
            if self._checking is not None:
                waiting.add(self._checking)
            await asyncio.wait(waiting, timeout=_CHECK_PERIOD, return_when=asyncio.FIRST_COMPLETED)
            if self._checking is not None and self._checking.done():
                self.ended = not self._checking.result()
                self._checking, self._checked = None, time.monotonic()
            if self.ended:
                return {"type": "websocket.disconnect", "code": POLICY_VIOLATION}
            if self._next.done():
                if self._next.result()["type"] == "websocket.receive" and self._must_wait():
                    # Receive nothing during the pause, so that the sender has to slow down.
                    await asyncio.sleep(_MESSAGE_PAUSE)
                    continue
                message, self._next = self._next.result(), None
                return message

    def end(self) -> None:
        """Cancel the pending reception of a message and the pending check."""
        for task in (self._next, self._checking):
            if task is not None:
                task.cancel()
