"""`WS /api/v1/sessions/{session_id}/readings`: receive readings of a session continuously."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from anyio import to_thread
from fastapi import APIRouter, WebSocket

from roomread.api.context import ServiceContext, context_of
from roomread.api.problems import as_refusal
from roomread.api.session_access import find_session
from roomread.api.session_forwarding import send_on
from roomread.api.session_shapes import IngestShape, ingest_shape
from roomread.api.sessions import READINGS_BYTES
from roomread.api.sockets import CloseCode, SocketEndError, serve_socket, text_messages
from roomread.errors import RoomreadError, SessionHeldError
from roomread.services.accounts import Principal

router = APIRouter(prefix="/api/v1/sessions")
# Seconds without a message after which a connection ends; a sender may pause for a while.
_SILENCE_SECONDS = 300.0
# Errors after which no further message to this session can succeed.
FINAL = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT})


@router.websocket("/{session_id}/readings")
async def ingest(socket: WebSocket, session_id: str) -> None:
    """Ingest messages with the format of `POST` bodies, and respond to each with an `IngestShape`.

    The response to a message that is refused is `{"problem": …}`.
    """
    context = context_of(socket)

    async def serve(sender: Principal) -> None:
        await _serve(context, socket, sender.id, session_id)

    async def check(sender: Principal) -> None:
        await to_thread.run_sync(find_session, context, sender, session_id)

    await serve_socket(socket, context.ingest_sockets.slot, serve, check=check)


async def _serve(context: ServiceContext, socket: WebSocket, owner: str, session_id: str) -> None:
    """Ingest messages in order, and respond to each, until the connection ends."""
    messages = text_messages(socket, silence=_SILENCE_SECONDS, max_length=READINGS_BYTES)
    async for text in messages:
        try:
            status, answer = await ingest_message(context, socket, owner, session_id, text)
        except RoomreadError as error:
            refusal = as_refusal(error)
            status, answer = refusal.status, refusal.as_problem().model_dump()
        await socket.send_json(answer if status == HTTPStatus.OK else {"problem": answer})
        if status in FINAL:
            raise SocketEndError(CloseCode.POLICY_VIOLATION)


async def ingest_message(
    context: ServiceContext, socket: WebSocket, owner: str, session_id: str, text: str
) -> tuple[int, Any]:
    """Ingest a message, and return the status and the body with which a POST would be answered.

    Raises:
        RoomreadError: The message is refused.
    """

    def work() -> IngestShape:
        store = context.store.owned_by(owner)
        return ingest_shape(context.ingest.send(store, session_id, text))

    try:
        # No slot is needed, because each connection waits for its response before it sends more.
        return HTTPStatus.OK, (await context.session_limiter.run(work)).model_dump()
    except SessionHeldError as held:
        path = f"/api/v1/sessions/{session_id}/readings"
        answer = await send_on(socket, held, path, text.encode())
        return answer.status, json.loads(answer.body)
