"""Middleware that limits the size, duration, number and memory of request bodies.

The application is called only once a body is complete, so that slow senders occupy none of its
slots. A body stays in memory while the memory budget lasts. Beyond that it is written to an unnamed
temporary file, which the operating system removes when the request ends. Videos are passed on as
they arrive, because their route writes them to its own file.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, ExitStack, suppress
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import IO, Self, TypeVar

from anyio import CapacityLimiter, to_thread
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from roomread.api.auth import address_of
from roomread.api.problems import RefusedError, as_refusal
from roomread.errors import BusyError, OutputError, RoomreadError
from roomread.services.accounts import Principal
from roomread.services.shares import ByteBudget, SharedSlots, WeightedTurns
from roomread.settings.addresses import network_of

# Minimum rate of a body, bytes/s; a slower sender would occupy a slot for too long.
_MIN_RATE = 10_000
# Time that every body may take in addition to its size over the minimum rate, s.
_GRACE_SECONDS = 10.0
# Maximum pause within a body, s.
_SILENCE_SECONDS = 20.0
# Maximum time until the first bytes of a body, s.
_FIRST_SECONDS = 2.0
# Size of the chunks in which a body is written and passed on, bytes.
_CHUNK = 256 * 1024
# Bodies up to this size need not wait to be processed, bytes.
_LIGHT = 1_000_000
# Maximum time that a larger body waits to be processed, s.
_PATIENCE = 60.0
# Number of threads that write and read temporary files.
_WRITERS = 4
T = TypeVar("T")


@dataclass(slots=True)
class BodyLimits:
    """Limits on all request bodies that are being received and processed.

    Attributes:
        members: Slots for bodies that arrive in several chunks from signed-in principals.
        strangers: Slots for such bodies from senders that are not signed in, counted by address.
        memory: Limits the bytes of incomplete bodies in memory.
        disk: Limits the bytes of bodies in temporary files.
        processed: Limits the bytes of the large bodies that the application handles at once.
        writers: Limits the threads that use temporary files; None until a file is first needed.
    """

    members: SharedSlots = field(
        default_factory=lambda: SharedSlots(64, share=0.5, what="requests that are being received")
    )
    strangers: SharedSlots = field(
        default_factory=lambda: SharedSlots(32, share=1.0, what="requests that are being received")
    )
    memory: ByteBudget = field(default_factory=lambda: ByteBudget(32_000_000))
    disk: ByteBudget = field(default_factory=lambda: ByteBudget(4_000_000_000))
    processed: WeightedTurns = field(
        default_factory=lambda: WeightedTurns(64_000_000, share=48_000_000)
    )
    writers: CapacityLimiter | None = None


class Body:
    """Middleware that refuses bodies that are too large, too slow, or too many at once.

    Args:
        app: The application that accepted requests are passed to.
        cap: Returns the maximum size of a body for a path, bytes.
        streams: Returns whether bodies for a path are passed on as they arrive.
        limits: The limits on all bodies together.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        cap: Callable[[str], int],
        streams: Callable[[str], bool],
        limits: BodyLimits | None = None,
    ) -> None:
        self._app, self._cap, self._streams = app, cap, streams
        self._limits = limits if limits is not None else BodyLimits()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI connection."""
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self._app(scope, receive, send)
            return
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._pass_on(scope, receive, watched)
        except RoomreadError as error:
            if started:
                raise
            await as_refusal(error).response()(scope, receive, send)

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Receive the body of a request, and call the application."""
        cap = self._cap(scope["path"])
        length = dict(scope["headers"]).get(b"content-length", b"")
        if length.isdigit() and int(length) > cap:
            raise _too_large(cap)
        holder, slots = self._holder(scope)
        with ExitStack() as held:
            source = _Source(receive, cap)
            first = await source.next()
            if first.get("more_body", False):
                # Take the slot only now, so that a sender without data takes none.
                held.enter_context(slots.slot(holder))
            if self._streams(scope["path"]):
                await self._app(scope, _replayed(first, source.next), send)
                return
            spool = held.enter_context(_Spool(holder, self._limits))
            await spool.fill(first, source.next)
            # Small bodies need no turn, because the routes limit their own work.
            if spool.size <= _LIGHT:
                await self._app(scope, spool.replay(receive), send)
                return
            turn = self._limits.processed.turn(holder, spool.size, patience=_PATIENCE)
            async with AsyncExitStack() as held_turn:
                await _enter_while_connected(held_turn, turn, receive)
                await self._app(scope, spool.replay(receive), send)

    def _holder(self, scope: Scope) -> tuple[str, SharedSlots]:
        """Return the id under which a sender's slots are counted, and the slots to take from."""
        principal: Principal | None = scope.get("state", {}).get("principal")
        if principal is not None:
            return principal.id, self._limits.members
        return network_of(address_of(HTTPConnection(scope))), self._limits.strangers


class _Source:
    """The messages of one body, received within limits of time and size.

    Args:
        receive: The server's `receive`.
        cap: Maximum size of the body, bytes.
    """

    def __init__(self, receive: Receive, cap: int) -> None:
        self._receive, self._cap = receive, cap
        self._received, self._begun, self._ended = 0, time.monotonic(), False

    async def next(self) -> Message:
        """Receive one message.

        Raises:
            RefusedError: The message arrived too late, or the body is too large.
        """
        if self._ended:
            # After the body only the disconnect is received, for which there is no time limit.
            return await self._receive()
        patience = _SILENCE_SECONDS if self._received else _FIRST_SECONDS
        try:
            message = await asyncio.wait_for(self._receive(), patience)
        except TimeoutError:
            raise _too_slow() from None
        if message["type"] == "http.request":
            self._received += len(message.get("body", b""))
            self._ended = not message.get("more_body", False)
            if self._received > self._cap:
                raise _too_large(self._cap)
            if time.monotonic() - self._begun > _GRACE_SECONDS + self._received / _MIN_RATE:
                raise _too_slow()
        return message


class _Spool:
    """One body, in memory and, beyond a budget, in a temporary file.

    Args:
        holder: The sender whose share of the budgets the body uses.
        limits: The budgets of memory and of temporary files.
    """

    def __init__(self, holder: str, limits: BodyLimits) -> None:
        self.size = 0
        self._holder, self._limits = holder, limits
        self._memory = bytearray()
        self._file: IO[bytes] | None = None
        self._on_disk = 0
        self._taken = 0

    def __enter__(self) -> Self:
        """Return the body itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Delete the body."""
        if self._file is not None:
            # Closing writes buffered bytes, which fails again on a full disk.
            with suppress(OSError):
                self._file.close()
        self._limits.memory.give_back(self._holder, self._taken)
        self._limits.disk.give_back(self._holder, self._on_disk)

    async def fill(self, first: Message, following: Callable[[], Awaitable[Message]]) -> None:
        """Receive the whole body.

        Raises:
            RefusedError: The sender disconnected or is too slow, or the body is too large.
            BusyError: The budget of temporary files is exhausted.
            OutputError: The temporary file cannot be written.
        """
        message = first
        while message["type"] == "http.request":
            await self._write(message.get("body", b""))
            if not message.get("more_body", False):
                return
            message = await following()
        raise RefusedError(
            HTTPStatus.BAD_REQUEST, "bad-request", "the body of the request is incomplete"
        )

    def replay(self, receive: Receive) -> Receive:
        """Return a `receive` that first returns the body, and then the server's messages."""
        position, ended = 0, False
        if self._file is not None:
            self._file.seek(0)

        async def replayed() -> Message:
            nonlocal position, ended
            if ended:
                return await receive()
            if position < self._on_disk and self._file is not None:
                chunk = await self._in_thread(self._file.read, _CHUNK)
            else:
                start = position - self._on_disk
                chunk = bytes(self._memory[start : start + _CHUNK])
            position += len(chunk)
            ended = position >= self.size
            return {"type": "http.request", "body": chunk, "more_body": not ended}

        return replayed

    async def _write(self, chunk: bytes) -> None:
        self.size += len(chunk)
        self._memory += chunk
        grown = len(self._memory) - self._taken
        if len(self._memory) <= _CHUNK and self._file is None:
            # Do not count small bodies: they need no more memory than the server's buffers.
            return
        if self._file is None and self._limits.memory.take(self._holder, grown):
            self._taken += grown
            return
        if len(self._memory) >= _CHUNK:
            await self._write_to_disk()

    async def _in_thread(self, work: Callable[..., T], *arguments: object) -> T:
        """Run a file operation in one of the threads that are reserved for temporary files."""
        limits = self._limits
        if limits.writers is None:
            # A CapacityLimiter needs a running event loop, so it cannot be created earlier.
            limits.writers = CapacityLimiter(_WRITERS)
        call = partial(work, *arguments)
        return await to_thread.run_sync(call, limiter=limits.writers)

    async def _write_to_disk(self) -> None:
        """Move the bytes in memory to the end of the temporary file."""
        if not self._limits.disk.take(self._holder, len(self._memory)):
            raise BusyError("too many large requests are being received", seconds=5)
        self._on_disk += len(self._memory)
        try:
            if self._file is None:
                self._file = await self._in_thread(_temporary_file)
            await self._in_thread(self._file.write, self._memory)
        except OSError as error:
            raise OutputError("no temporary file can be written") from error
        self._memory = bytearray()
        self._limits.memory.give_back(self._holder, self._taken)
        self._taken = 0


async def _enter_while_connected(
    stack: AsyncExitStack, turn: AbstractAsyncContextManager[None], receive: Receive
) -> None:
    """Enter a context that may take long, unless the sender disconnects meanwhile.

    Args:
        stack: The exit stack that leaves the context later.
        turn: The context to enter, such as a wait for a free slot.
        receive: The server's `receive`, after the whole body.

    Raises:
        RefusedError: The sender disconnected before the context was entered.
    """
    gone = asyncio.ensure_future(receive())
    entering = asyncio.ensure_future(stack.enter_async_context(turn))
    try:
        await asyncio.wait({gone, entering}, return_when=asyncio.FIRST_COMPLETED)
        is_gone = gone.done() and not entering.done()
    finally:
        gone.cancel()
        if not entering.done():
            entering.cancel()
        await asyncio.wait({gone, entering})
    if is_gone:
        raise RefusedError(
            HTTPStatus.BAD_REQUEST,
            "bad-request",
            "the client disconnected while the request was waiting",
        )
    await entering


def _temporary_file() -> IO[bytes]:
    return tempfile.TemporaryFile()


def _replayed(first: Message, following: Callable[[], Awaitable[Message]]) -> Receive:
    """Return a `receive` that first returns an earlier message, and then those that follow."""
    waiting = [first]

    async def replayed() -> Message:
        return waiting.pop() if waiting else await following()

    return replayed


def _too_large(cap: int) -> RefusedError:
    return RefusedError(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "too-large",
        f"the request is over {cap / 1e6:g} MB",
        hint="send smaller pictures, or fewer items per request",
    )


def _too_slow() -> RefusedError:
    return RefusedError(HTTPStatus.REQUEST_TIMEOUT, "too-slow", "the request was sent too slowly")
