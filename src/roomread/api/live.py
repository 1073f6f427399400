"""`WS /api/v1/live`: take frames, return readings of the newest one."""

from __future__ import annotations

import asyncio
import secrets
import time
from dataclasses import dataclass
from functools import partial

from fastapi import APIRouter, WebSocket
from starlette.websockets import WebSocketDisconnect

from roomread.api.context import ServiceContext, context_of
from roomread.api.inbox import Inbox
from roomread.api.schema import frame_shape
from roomread.api.shapes import LiveShape
from roomread.api.sockets import binary_messages, serve_socket
from roomread.errors import BusyError, MediaError
from roomread.media import SignalCheck
from roomread.pipeline import RoomPipeline
from roomread.wire import FrameReadings

router = APIRouter(prefix="/api/v1")
_SILENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class _EncodedFrame:
    """One frame as it was received.

    Attributes:
        index: Its place among all frames of the connection.
        received: When it was received, by `time.monotonic`.
        content: The encoded picture.
    """

    index: int
    received: float
    content: bytes


@router.websocket("/live")
async def live(socket: WebSocket) -> None:
    """Take encoded frames as binary messages, and answer those that are read with a `LiveShape`.

    A frame that cannot be read is answered with `{"frame_index": …, "problem": …}`.
    """
    context = context_of(socket)
    slot = context.engine.cameras.hold(secrets.token_hex(8), time.monotonic())
    await serve_socket(socket, slot, lambda _principal: _serve(context, socket))


async def _serve(context: ServiceContext, socket: WebSocket) -> None:
    inbox = Inbox[_EncodedFrame]()
    tasks = (
        asyncio.create_task(_receive_frames(socket, inbox)),
        asyncio.create_task(_answer_frames(context, socket, inbox)),
    )
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
    ended = (WebSocketDisconnect, asyncio.CancelledError)
    for result in results:
        if isinstance(result, Exception) and not isinstance(result, ended):
            raise result


async def _receive_frames(socket: WebSocket, inbox: Inbox[_EncodedFrame]) -> None:
    """Receive frames as fast as they come."""
    index = 0
    async for content in binary_messages(socket, silence=_SILENCE_SECONDS):
        inbox.put(_EncodedFrame(index, time.monotonic(), content))
        index += 1


async def _answer_frames(
    context: ServiceContext, socket: WebSocket, inbox: Inbox[_EncodedFrame]
) -> None:
    """Read the newest frame whenever there is one, and send what it shows."""
    pipeline = RoomPipeline(context.engine.analyzer.stream_analyzer(), signal=SignalCheck())
    begun: float | None = None
    counted = 0

    def work(encoded: _EncodedFrame, seconds: float) -> FrameReadings:
        frame = context.engine.frame(encoded.content, "live", index=encoded.index, time=seconds)
        moment = pipeline.push(frame)
        reason = None if moment.signal is None else str(moment.signal)
        return FrameReadings.of(frame, moment.readings, signal=reason)

    while (encoded := await inbox.next()) is not None:
        begun = encoded.received if begun is None else begun
        seconds = encoded.received - begun
        try:
            read = await context.limiter.run(partial(work, encoded, seconds))
        except (MediaError, BusyError) as error:
            await socket.send_json({"frame_index": encoded.index, "problem": str(error)})
            continue
        context.metrics.pictures.inc()
        context.metrics.faces.inc(len(read.readings))
        context.metrics.dropped.inc(inbox.dropped - counted)
        counted = inbox.dropped
        answer = LiveShape(
            frame=frame_shape(read),
            age=time.monotonic() - encoded.received,
            dropped=inbox.dropped,
        )
        await socket.send_text(answer.model_dump_json())
