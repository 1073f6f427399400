"""`WS /api/v1/live`: frames in, readings out; the newest frame wins."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from fastapi import APIRouter, WebSocket
from starlette.websockets import WebSocketDisconnect, WebSocketState

from roomread.api.context import ServiceContext, context_of, principal_with
from roomread.api.problems import RefusedError
from roomread.api.shapes import LiveShape, PictureShape, picture_shape
from roomread.errors import BusyError, MediaError
from roomread.media import NoPicture, SignalCheck
from roomread.services.accounts import Scope

router = APIRouter(prefix="/api/v1")
_SILENCE = 60.0
_GOING_AWAY, _UNSUPPORTED, _VIOLATION, _LATER = 1001, 1003, 1008, 1013


@dataclass(frozen=True, slots=True)
class _Sent:
    """One frame as it came: its place among all, when (`time.monotonic`), the encoded picture."""

    index: int
    came: float
    content: bytes


class _Newest:
    """One place for the newest frame; it replaces one that was not taken."""

    def __init__(self) -> None:
        self.dropped = 0
        self._sent: _Sent | None = None
        self._changed = asyncio.Event()

    def put(self, sent: _Sent) -> None:
        self.dropped += self._sent is not None
        self._sent = sent
        self._changed.set()

    async def take(self) -> _Sent:
        while (sent := self._sent) is None:
            self._changed.clear()
            await self._changed.wait()
        self._sent = None
        return sent


@router.websocket("/live")
async def live(socket: WebSocket) -> None:
    """Takes encoded frames as binary messages, and answers those it reads with a `LiveShape`.

    A frame that cannot be read is answered with `{"frame_index": …, "problem": …}`.
    """
    context = context_of(socket)
    try:
        principal_with(socket, Scope.ANALYZE)
    except RefusedError as refusal:
        await socket.close(_VIOLATION, refusal.problem)
        return
    if context.closing or context.live >= context.settings.max_cameras:
        await socket.close(_LATER, f"{context.settings.max_cameras} cameras are being read")
        return
    context.live += 1
    try:
        await socket.accept()
        await _serve(context, socket)
    finally:
        context.live -= 1


async def _serve(context: ServiceContext, socket: WebSocket) -> None:
    newest = _Newest()
    reading = asyncio.create_task(_read_frames(context, socket, newest))
    taking = asyncio.create_task(_take_frames(socket, newest))
    try:
        await asyncio.wait((reading, taking), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (reading, taking):
            task.cancel()
        results = await asyncio.gather(reading, taking, return_exceptions=True)
    code = next((result for result in results if isinstance(result, int)), _GOING_AWAY)
    if socket.application_state is WebSocketState.CONNECTED:
        # Whoever is gone does not mind.
        with suppress(RuntimeError, WebSocketDisconnect):
            await socket.close(code)
    broken = (WebSocketDisconnect, asyncio.CancelledError)
    for result in results:
        if isinstance(result, Exception) and not isinstance(result, broken):
            raise result


async def _take_frames(socket: WebSocket, newest: _Newest) -> int:
    """Takes frames as fast as they come; the code to close with."""
    index = 0
    while True:
        try:
            message = await asyncio.wait_for(socket.receive(), _SILENCE)
        except TimeoutError:
            return _GOING_AWAY
        if message["type"] == "websocket.disconnect":
            return _GOING_AWAY
        content = message.get("bytes")
        if content is None:
            return _UNSUPPORTED
        newest.put(_Sent(index, time.monotonic(), content))
        index += 1


async def _read_frames(context: ServiceContext, socket: WebSocket, newest: _Newest) -> None:
    """Reads the newest frame, whenever there is one, and answers."""
    follower, signal = context.engine.analyzer.follow(), SignalCheck()
    begun: float | None = None
    counted = 0

    def work(sent: _Sent, seconds: float) -> tuple[NoPicture | None, PictureShape]:
        frame = context.engine.frame(sent.content, "live", index=sent.index, time=seconds)
        problem = signal.update(frame)
        readings = [] if problem is not None else follower.update(frame)
        return problem, picture_shape(frame, readings)

    while True:
        sent = await newest.take()
        begun = sent.came if begun is None else begun
        try:
            problem, picture = await context.slots.run(partial(work, sent, sent.came - begun))
        except (MediaError, BusyError) as error:
            await socket.send_json({"frame_index": sent.index, "problem": str(error)})
            continue
        context.metrics.pictures.inc()
        context.metrics.faces.inc(len(picture.faces))
        context.metrics.dropped.inc(newest.dropped - counted)
        counted = newest.dropped
        answer = LiveShape(
            frame_index=sent.index,
            time=sent.came - begun,
            age=time.monotonic() - sent.came,
            dropped=newest.dropped,
            no_picture=str(problem) if problem is not None else None,
            width=picture.width,
            height=picture.height,
            faces=picture.faces,
        )
        await socket.send_text(answer.model_dump_json())
