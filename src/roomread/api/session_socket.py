"""`WS /api/v1/sessions/{session_id}/readings`: readings of a session over one connection."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, WebSocket

from roomread.api.context import ServiceContext, context_of
from roomread.api.problems import as_refusal
from roomread.api.session_shapes import IngestShape, ingest_shape
from roomread.api.sessions import READINGS_BYTES
from roomread.api.sockets import CloseCode, SocketEndError, serve_socket, text_messages
from roomread.errors import RoomreadError
from roomread.services.accounts import Principal

router = APIRouter(prefix="/api/v1/sessions")
# A room may be empty for a while, or its worker pause.
_SILENCE_SECONDS = 300.0
# After one of these no further message to this session can succeed.
_FINAL = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT})


@router.websocket("/{session_id}/readings")
async def ingest(socket: WebSocket, session_id: str) -> None:
    """Take messages as `POST` takes bodies, and answer each with an `IngestShape`.

    A message that cannot be taken is answered with `{"problem": …}`.
    """
    context = context_of(socket)

    async def serve(sender: Principal) -> None:
        await _serve(context, socket, sender.id, session_id)

    await serve_socket(socket, context.ingest_sockets.slot(), serve)


async def _serve(context: ServiceContext, socket: WebSocket, owner: str, session_id: str) -> None:
    """Answer messages in their order."""
    messages = text_messages(socket, silence=_SILENCE_SECONDS, max_length=READINGS_BYTES)
    async for text in messages:
        try:
            accepted = await _ingest(context, owner, session_id, text)
        except RoomreadError as error:
            refusal = as_refusal(error)
            await socket.send_json({"problem": refusal.as_problem().model_dump()})
            if refusal.status in _FINAL:
                raise SocketEndError(CloseCode.POLICY_VIOLATION) from error
            continue
        await socket.send_text(accepted.model_dump_json())


async def _ingest(context: ServiceContext, owner: str, session_id: str, text: str) -> IngestShape:
    def work() -> IngestShape:
        store = context.store.owned_by(owner)
        return ingest_shape(context.ingest.send(store, session_id, text))

    # Without a slot: no more wait than there are connections, and each waits for its answer.
    return await context.session_limiter.run(work)
