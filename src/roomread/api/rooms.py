"""`/api/v1/rooms`: let a teacher create and watch rooms that students join with a code."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, aclosing, suppress
from http import HTTPStatus
from typing import Annotated, Any, TypeVar

import segno
from fastapi import APIRouter, Body, Request, Response
from starlette.responses import StreamingResponse

from roomread.api.browser_pages import translator_of
from roomread.api.context import Context, Reader, Sender, ServiceContext
from roomread.api.logs import audit
from roomread.api.problems import responses
from roomread.api.rates import Attempts
from roomread.api.room_shapes import (
    PauseInput,
    ReceiptCheckShape,
    RoomInfoShape,
    RoomInput,
    RoomNowShape,
    RoomShape,
    RoomsShape,
    RoomSummaryShape,
    consent_shape,
    hard_minute_shape,
    join_link,
    room_now_shape,
    room_shape,
)
from roomread.api.session_access import in_turn
from roomread.api.session_forwarding import forwarded, received
from roomread.api.streams import ReleasingStream
from roomread.errors import BusyError, SessionHeldError
from roomread.joining import check_receipt
from roomread.services import purpose
from roomread.services.accounts import Principal
from roomread.services.held_room import HeldRoom
from roomread.services.relaying import RelayedAnswer, relay_stream
from roomread.services.room_consent import consent_text
from roomread.services.rooms import (
    RoomOverError,
    create_room,
    find_room,
    hardest_of,
    replace_code,
)
from roomread.store import RoomRecord, Session

router = APIRouter(prefix="/api/v1", tags=["rooms"])
T = TypeVar("T")
# Seconds without an event after which a comment is sent, so that proxies keep the connection.
_KEEP_ALIVE_SECONDS = 1.0
RECEIPT_SECRET = "consent receipts"  # noqa: S105 (names the purpose of a secret)


@router.post(
    "/rooms",
    status_code=HTTPStatus.CREATED,
    summary="Create a room",
    responses=responses(413, 422),
)
async def create(
    request: Request, context: Context, sender: Sender, response: Response, asked: RoomInput
) -> RoomShape:
    """Create a room that students join with a code, and the session that it is recorded into."""

    def work() -> RoomShape:
        store = context.store.owned_by(sender.id)
        record = create_room(
            store,
            context.engine.analyzer,
            asked.name,
            faces=asked.faces,
            notice=asked.notice,
            rules=asked.rules,
        )
        return room_shape(record, store.session(record.session_id), str(request.base_url))

    made = await in_turn(context, work)
    audit("room made", who=sender.id, session=made.id, faces=made.faces)
    response.headers["Location"] = f"/api/v1/rooms/{made.id}"
    return made


@router.get("/rooms", summary="List your rooms", responses=responses())
async def list_all(request: Request, context: Context, reader: Reader) -> RoomsShape:
    """Return your rooms, newest first, including closed ones."""

    def work() -> RoomsShape:
        found = context.store.owned_by(reader.id).rooms.with_sessions()
        base_url = str(request.base_url)
        return RoomsShape(rooms=[room_shape(*each, base_url) for each in found])

    return await in_turn(context, work)


@router.get(
    "/rooms/{room_id}",
    summary="Get a room",
    response_model=RoomNowShape,
    responses=responses(404),
)
async def show(
    request: Request, context: Context, reader: Reader, room_id: str
) -> RoomNowShape | Response:
    """Return a room with the counts of its people.

    The counts are null if the room is closed, or if the process that holds it does not respond.
    """
    record, session = await _mine(context, reader, room_id)
    base_url = str(request.base_url)

    async def work(held: HeldRoom) -> RoomNowShape:
        return room_now_shape(record, session, base_url, held.status())

    if record.code is not None:
        with suppress(BusyError, RoomOverError):
            return await _here_or_forwarded(context, request, room_id, work)
    return room_now_shape(record, session, base_url, None)


@router.post(
    "/rooms/{room_id}/code",
    summary="Replace the code",
    response_model=RoomShape,
    responses=responses(404, 409),
)
async def new_code(
    request: Request, context: Context, sender: Sender, room_id: str
) -> RoomShape | Response:
    """Replace the code of a room; the old one becomes invalid, and joined students stay."""
    _record, session = await _mine(context, sender, room_id)
    store = context.store.owned_by(sender.id)

    async def work(held: HeldRoom) -> RoomShape:
        record = await in_turn(context, lambda: replace_code(store, room_id))
        if record.code is not None:
            held.note_code(record.code)
        audit("code replaced", who=sender.id, session=room_id)
        return room_shape(record, session, str(request.base_url))

    return await _here_or_forwarded(context, request, room_id, work)


@router.get(
    "/rooms/{room_id}/code.svg",
    summary="Get the link as a QR code",
    response_class=Response,
    responses={200: {"content": {"image/svg+xml": {}}}, **responses(404, 409)},
)
async def code_picture(
    request: Request, context: Context, reader: Reader, room_id: str
) -> Response:
    """Return the link of a room as a QR code (SVG)."""
    record, _session = await _mine(context, reader, room_id)
    link = join_link(record, str(request.base_url))
    if link is None:
        raise RoomOverError(f"room {room_id} is closed")
    picture = io.BytesIO()
    segno.make(link, error="m").save(picture, kind="svg", scale=8, border=3, light="white")
    return Response(picture.getvalue(), media_type="image/svg+xml")


@router.post(
    "/rooms/{room_id}/pause",
    summary="Pause a room",
    response_model=RoomNowShape,
    responses=responses(404, 409, 413, 422),
)
async def pause(
    request: Request, context: Context, sender: Sender, room_id: str, asked: PauseInput
) -> RoomNowShape | Response:
    """Pause or resume a room; a paused room reads and counts no student."""
    record, session = await _mine(context, sender, room_id)

    async def work(held: HeldRoom) -> RoomNowShape:
        await held.pause(on=asked.on)
        return room_now_shape(record, session, str(request.base_url), held.status())

    body = asked.model_dump_json().encode()
    return await _here_or_forwarded(context, request, room_id, work, body=body)


@router.post(
    "/rooms/{room_id}/close",
    summary="Close a room",
    response_model=RoomShape,
    responses=responses(404, 409),
)
async def close(
    request: Request, context: Context, sender: Sender, room_id: str
) -> RoomShape | Response:
    """Close a room for good and end its session; closing it again is a no-op."""
    record, session = await _mine(context, sender, room_id)
    if record.code is None:
        return room_shape(record, session, str(request.base_url))

    async def work(held: HeldRoom) -> RoomShape:
        await held.close()
        audit("room closed", who=sender.id, session=room_id)
        return room_shape(*await _mine(context, sender, room_id), str(request.base_url))

    return await _here_or_forwarded(context, request, room_id, work)


@router.get("/rooms/{room_id}/summary", summary="Get the hardest minutes", responses=responses(404))
async def summary(context: Context, reader: Reader, room_id: str) -> RoomSummaryShape:
    """Return the three minutes with the lowest valence or most reports of being lost."""
    _record, session = await _mine(context, reader, room_id)
    store = context.store.owned_by(reader.id)
    hardest = await in_turn(context, lambda: hardest_of(store, session))
    return RoomSummaryShape(hardest=[hard_minute_shape(minute) for minute in hardest])


@router.get(
    "/rooms/{room_id}/events",
    summary="Watch a room",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}}, **responses(404, 409)},
)
async def events(
    request: Request, context: Context, reader: Reader, room_id: str
) -> StreamingResponse:
    """Stream server-sent events: first the room's last ten minutes, then its state every 0.5 s."""
    await _mine(context, reader, room_id)
    headers = {"X-Accel-Buffering": "no"}
    loop, ended = asyncio.get_running_loop(), asyncio.Event()

    def must_end() -> bool:
        return context.closing or ended.is_set()

    def end() -> None:
        loop.call_soon_threadsafe(ended.set)

    async with AsyncExitStack() as stack:
        stack.enter_context(context.event_streams.slot(reader.id, end))
        pieces: AsyncGenerator[str | bytes, None]
        try:
            held = await context.rooms.hold(room_id)
            pieces, status, kind = _events(held, must_end), 200, "text/event-stream"
        except SessionHeldError as error:
            asked = received(request, request.url.path, method="GET")
            answer = await relay_stream(error.address, asked)
            stack.push_async_callback(answer.close)
            pieces, status, kind = _relayed(answer, must_end), answer.status, answer.media_type
        release = stack.pop_all().aclose
    return ReleasingStream(pieces, status, headers, media_type=kind, release=release)


async def _relayed(
    answer: RelayedAnswer, must_end: Callable[[], bool]
) -> AsyncGenerator[bytes, None]:
    async with aclosing(answer.pieces()) as pieces:
        async for piece in pieces:
            yield piece
            if must_end():
                return


async def _events(held: HeldRoom, must_end: Callable[[], bool]) -> AsyncGenerator[str, None]:
    queue = await held.subscribe()
    try:
        while not must_end():
            try:
                text = await asyncio.wait_for(queue.get(), _KEEP_ALIVE_SECONDS)
            except TimeoutError:
                yield ":\n\n"
            else:
                yield f"data: {text}\n\n"
            if held.closed.is_set() and queue.empty():
                return
    finally:
        held.unsubscribe(queue)


@router.post(
    "/rooms/{room_id}/receipts",
    summary="Check a receipt",
    responses=responses(404, 413, 422),
)
async def check(
    context: Context, reader: Reader, room_id: str, receipt: Annotated[dict[str, Any], Body()]
) -> ReceiptCheckShape:
    """Return whether a student's receipt of consent was made for this room and not changed."""
    await _mine(context, reader, room_id)
    secret = context.auth.accounts.derive_secret(RECEIPT_SECRET)
    return ReceiptCheckShape(
        valid=receipt.get("room_id") == room_id and check_receipt(receipt, secret)
    )


@router.get("/join/{code}", summary="Find the room of a code", responses=responses(404))
async def info(request: Request, context: Context, code: str) -> RoomInfoShape:
    """Return the information about a room that a student sees before joining.

    The number of wrong codes is limited for each address.
    """
    with Attempts(context.code_attempts, request):
        record = await context.rooms.with_code(code)
    store, words = context.store.owned_by(record.owner), translator_of(request)
    session = await in_turn(context, lambda: store.session(record.session_id))
    faces = record.faces and purpose.allows(purpose.Activity.RECORD_CLASS)
    return RoomInfoShape(
        id=record.session_id,
        name=session.name,
        faces=faces,
        taps_consent=consent_shape(consent_text(words, faces=False)),
        faces_consent=consent_shape(consent_text(words, faces=True)) if faces else None,
    )


async def _mine(
    context: ServiceContext, principal: Principal, room_id: str
) -> tuple[RoomRecord, Session]:
    """Return a room of the principal and its session.

    Raises:
        RoomNotFoundError: The principal has no such room.
    """
    store = context.store.owned_by(principal.id)
    return await in_turn(context, lambda: (find_room(store, room_id), store.session(room_id)))


async def _here_or_forwarded(
    context: ServiceContext,
    request: Request,
    room_id: str,
    work: Callable[[HeldRoom], Awaitable[T]],
    *,
    body: bytes = b"",
) -> T | Response:
    """Run work on a room, or forward the request if another process holds the room."""
    try:
        return await work(await context.rooms.hold(room_id))
    except SessionHeldError as held:
        return await forwarded(request, held, body, method=request.method)
