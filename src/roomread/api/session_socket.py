"""`WS /api/v1/sessions/{id}/readings`: a session filled over one connection."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from fastapi import APIRouter, WebSocket

from roomread.api.context import ServiceContext, context_of, principal_with
from roomread.api.problems import RefusedError, as_refusal
from roomread.api.session_shapes import IngestShape, ingest_shape
from roomread.api.sessions import READINGS_BYTES
from roomread.errors import RoomreadError
from roomread.formats.received import parse_frames
from roomread.services.accounts import Scope

router = APIRouter(prefix="/api/v1/sessions")
# A room may be empty for a while, or its worker pause.
_SILENCE = 300.0
_MOST_OPEN = 64
_GOING_AWAY, _UNSUPPORTED, _VIOLATION, _TOO_LARGE, _LATER = 1001, 1003, 1008, 1009, 1013
# After these no message to this session is any use.
_OVER = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT})


@router.websocket("/{session_id}/readings")
async def fill(socket: WebSocket, session_id: str) -> None:
    """Takes messages as `POST` takes bodies, and answers each with a `IngestShape`.

    What cannot be taken is answered with `{"problem": …}`.
    """
    context = context_of(socket)
    try:
        sender = principal_with(socket, Scope.ANALYZE)
    except RefusedError as refusal:
        await socket.close(_VIOLATION, refusal.problem)
        return
    if context.closing or context.filling >= _MOST_OPEN:
        await socket.close(_LATER, f"{_MOST_OPEN} sessions are being filled")
        return
    context.filling += 1
    try:
        await socket.accept()
        code = await _serve(context, socket, sender.id, session_id)
        if code is not None:
            await socket.close(code)
    finally:
        context.filling -= 1


async def _serve(
    context: ServiceContext, socket: WebSocket, owner: str, session_id: str
) -> int | None:
    """Answers messages in their order; the code to close with, None where the sender is gone."""
    while True:
        try:
            message = await asyncio.wait_for(socket.receive(), _SILENCE)
        except TimeoutError:
            return _GOING_AWAY
        if message["type"] == "websocket.disconnect":
            return None
        text = message.get("text")
        if text is None:
            return _UNSUPPORTED
        if len(text) > READINGS_BYTES:
            return _TOO_LARGE
        try:
            taken = await _take(context, owner, session_id, text)
        except RoomreadError as error:
            refusal = as_refusal(error)
            await socket.send_json({"problem": refusal.as_problem().model_dump()})
            if refusal.status in _OVER:
                return _VIOLATION
            continue
        await socket.send_text(taken.model_dump_json())


async def _take(context: ServiceContext, owner: str, session_id: str, text: str) -> IngestShape:
    def work() -> IngestShape:
        store = context.ingest.store(owner)
        return ingest_shape(context.ingest.send(store, session_id, parse_frames(text)))

    # Without a place: there are no more waiting than connections, and each waits for its answer.
    return await context.writing.run(work)
