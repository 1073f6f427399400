"""`WS /api/v1/live`: read the newest frame sent, and return its faces and the room's mood."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus

from fastapi import APIRouter, WebSocket
from pydantic import BaseModel, Field
from starlette.websockets import WebSocketDisconnect

from roomread import Analyzer
from roomread.api.context import ServiceContext, context_of
from roomread.api.inbox import Inbox
from roomread.api.owned_profiles import analyzer_with
from roomread.api.problems import as_refusal
from roomread.api.schema import FrameShape, frame_shape
from roomread.api.session_shapes import AlertShape, IngestShape, MoodShape, mood_shape
from roomread.api.session_socket import FINAL, ingest_message
from roomread.api.sockets import CloseCode, SocketEndError, binary_messages, serve_socket
from roomread.errors import BusyError, DatabaseError, MediaError, RoomreadError, SessionError
from roomread.services.accounts import Principal
from roomread.services.ingest import open_session
from roomread.services.live_room import KEEP_SECONDS, LiveRoom, start_of
from roomread.wire import FrameReadings, frame_to_dict

router = APIRouter(prefix="/api/v1")
_SILENCE_SECONDS = 60.0


class LiveShape(BaseModel):
    """The response to a live frame; frames that a newer frame replaced get no response."""

    frame: FrameShape = Field(
        description="`frame_index` counts the frames sent. `time` is seconds from the first, or "
        "from the start of the session that is recorded."
    )
    mood: MoodShape | None = Field(
        description="The latest mood of the room; null until three frames have been read."
    )
    alerts: list[AlertShape] = Field(description="The active alerts of the session.")
    age: float = Field(description="Seconds from receiving the frame to this response.")
    dropped: int = Field(description="Number of frames so far that newer ones replaced.")


@dataclass(frozen=True, slots=True)
class _EncodedFrame:
    """A received frame that is not decoded yet.

    Attributes:
        index: The position of the frame among all frames of the connection, from 0.
        received: The time at which the frame was received, by `time.monotonic`, s.
        content: The encoded picture.
    """

    index: int
    received: float
    content: bytes


# Returns the latest mood of the room and the active alerts, for a frame that has been read.
_SumUp = Callable[[FrameReadings], Awaitable[tuple[MoodShape | None, list[AlertShape]]]]


@router.websocket("/live")
async def live(
    socket: WebSocket, session: str | None = None, *, oneself: bool = False, profiles: str = ""
) -> None:
    """Receive encoded frames as binary messages, and send a `LiveShape` for each frame read.

    The response to a frame that cannot be read is `{"frame_index": …, "problem": …}`. If the index
    is null, the problem affects the whole connection, for example because the session has ended,
    and the connection is closed.

    Args:
        socket: The connection.
        session: The id of a session of the sender, into which the readings are written. A second
            connection for the same session ends the first one.
        oneself: Whether the camera shows the sender; then only the largest face is read. This is
            ignored if `session` is given.
        profiles: Comma-separated names of the sender's profiles, such as "confused,bored". Their
            states are scored in all faces, and the mood contains the share of people who show each.
    """
    context = context_of(socket)

    def slot(holder: str, end: Callable[[], None]) -> AbstractContextManager[None]:
        camera = secrets.token_hex(8)
        return context.engine.cameras.hold(camera, time.monotonic(), holder=holder, end=end)

    async def serve(sender: Principal) -> None:
        try:
            analyzer = await analyzer_with(context, sender, profiles)
            if session is None:
                await _watch(context, socket, LiveRoom(analyzer, oneself=oneself))
            else:
                await _record(context, socket, analyzer, sender.id, session)
        except RoomreadError as error:
            await socket.send_json({"frame_index": None, "problem": str(as_refusal(error))})
            raise SocketEndError(CloseCode.POLICY_VIOLATION) from None

    await serve_socket(socket, slot, serve)


async def _watch(context: ServiceContext, socket: WebSocket, room: LiveRoom) -> None:
    """Serve a connection without recording a session."""

    async def sum_up(_read: FrameReadings) -> tuple[MoodShape | None, list[AlertShape]]:
        return mood_shape(room.mood) if room.mood is not None else None, []

    await _serve(context, socket, room, sum_up)


async def _record(
    context: ServiceContext, socket: WebSocket, analyzer: Analyzer, owner: str, session_id: str
) -> None:
    """Serve a connection that records a session."""

    def join() -> LiveRoom:
        store = context.store.owned_by(owner)
        session = open_session(store, session_id)
        people = context.live_people.of(store, session)
        start = start_of(session, store.last_time(session.id))
        return LiveRoom(analyzer, start=start, people=people)

    async def sum_up(read: FrameReadings) -> tuple[MoodShape | None, list[AlertShape]]:
        text = json.dumps(frame_to_dict(read))
        status, answer = await ingest_message(context, socket, owner, session_id, text)
        if status == HTTPStatus.OK:
            ingested = IngestShape.model_validate(answer)
            return ingested.mood, ingested.alerts
        problem = answer.get("detail", HTTPStatus(status).phrase)
        raise (SessionError if status in FINAL else BusyError)(problem)

    try:
        with _only_connection(context, session_id) as taken_over:
            room = await context.session_limiter.run(join)
            await _serve(context, socket, room, sum_up, taken_over)
    finally:
        asyncio.get_running_loop().call_later(KEEP_SECONDS, context.live_people.forget_idle)


@contextmanager
def _only_connection(context: ServiceContext, session_id: str) -> Iterator[asyncio.Event]:
    """End an older connection of the session, and yield the event that ends the new connection."""
    older = context.live_sockets.get(session_id)
    if older is not None:
        older.set()
    mine = context.live_sockets[session_id] = asyncio.Event()
    try:
        yield mine
    finally:
        if context.live_sockets.get(session_id) is mine:
            del context.live_sockets[session_id]


async def _serve(
    context: ServiceContext,
    socket: WebSocket,
    room: LiveRoom,
    sum_up: _SumUp,
    taken_over: asyncio.Event | None = None,
) -> None:
    """Read frames until the sender disconnects or a newer connection takes over."""
    inbox = Inbox[_EncodedFrame]()
    taken_over = taken_over or asyncio.Event()
    tasks = (
        asyncio.create_task(_receive_frames(socket, inbox)),
        asyncio.create_task(_answer_frames(context, socket, inbox, room, sum_up)),
        asyncio.create_task(taken_over.wait()),
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
    if taken_over.is_set():
        raise SocketEndError(CloseCode.TAKEN_OVER)


async def _receive_frames(socket: WebSocket, inbox: Inbox[_EncodedFrame]) -> None:
    """Receive frames, and put each into the inbox in place of the previous frame."""
    index = 0
    async for content in binary_messages(socket, silence=_SILENCE_SECONDS):
        inbox.put(_EncodedFrame(index, time.monotonic(), content))
        index += 1


async def _answer_frames(
    context: ServiceContext,
    socket: WebSocket,
    inbox: Inbox[_EncodedFrame],
    room: LiveRoom,
    sum_up: _SumUp,
) -> None:
    """Read the newest frame whenever there is one, and send the result."""
    begun: float | None = None
    counted = 0

    def work(encoded: _EncodedFrame, seconds: float) -> FrameReadings:
        moment = room.time(seconds)
        frame = context.engine.frame(encoded.content, "live", index=encoded.index, time=moment)
        return room.read(frame)

    while (encoded := await inbox.next()) is not None:
        begun = encoded.received if begun is None else begun
        seconds = encoded.received - begun
        try:
            read = await context.limiter.run(partial(work, encoded, seconds))
            context.metrics.pictures.inc()
            context.metrics.faces.inc(len(read.readings))
            context.metrics.dropped.inc(inbox.dropped - counted)
            counted = inbox.dropped
            mood, alerts = await sum_up(read)
        except (MediaError, BusyError, DatabaseError) as error:
            problem = str(as_refusal(error))
            await socket.send_json({"frame_index": encoded.index, "problem": problem})
            continue
        age = time.monotonic() - encoded.received
        context.metrics.age.observe(age)
        answer = LiveShape(
            frame=frame_shape(read),
            mood=mood,
            alerts=alerts,
            age=age,
            dropped=inbox.dropped,
        )
        await socket.send_text(answer.model_dump_json())
