"""`WS /api/v1/rooms/{room_id}/seat`: serve a student's page (protocol `roomread.room.1`)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, WebSocket
from starlette.websockets import WebSocketDisconnect, WebSocketState
from websockets.exceptions import ConnectionClosed

from roomread.api.context import ServiceContext, context_of
from roomread.api.logs import audit
from roomread.api.rates import Attempts
from roomread.api.rooms import RECEIPT_SECRET
from roomread.api.session_forwarding import received
from roomread.api.sockets import CloseCode, SocketEndError, text_messages
from roomread.errors import RoomreadError, SessionHeldError
from roomread.joining import (
    FaceMessage,
    JoinMessage,
    Message,
    MessageError,
    PauseMessage,
    RoomFullError,
    SayMessage,
    SeatTokens,
    parse_message,
)
from roomread.joining.messages import MAX_BYTES
from roomread.joining.open_room import TICK_SECONDS, JoinedSeat
from roomread.services import purpose
from roomread.services.held_room import HeldRoom, RoomClose
from roomread.services.relaying import relay_socket
from roomread.services.room_consent import ConsentText, consent_of, consent_receipt
from roomread.services.rooms import RoomNotFoundError, RoomOverError

router = APIRouter(prefix="/api/v1")
PROTOCOL = "roomread.room.1"
_TOKEN_SECRET = "seats of rooms"  # noqa: S105 (names the purpose of a secret)
# Maximum time without a message, s. It is long because a hidden page without a camera sends none;
# pings detect a lost connection earlier.
_SILENCE_SECONDS = 3600.0
# Maximum time until the join message, s.
_JOIN_SECONDS = 20.0
# Seconds from one acknowledgement of readings to the next.
_ACK_PERIOD = 10.0
# Maximum time for sending a message to a page that is slow to receive, s.
_SEND_SECONDS = 2.0
# Milliseconds between readings that a page is asked for if it sends too many.
_SLOWER_MS = 1000
# Close codes that are passed on to the student from the process that holds the room.
_PASSED_ON = frozenset({*RoomClose, *CloseCode})


@dataclass(frozen=True, slots=True)
class _Link:
    """The connection of one student, through which the room sends messages."""

    socket: WebSocket

    async def send(self, message: dict[str, Any]) -> None:
        """Send a message, or drop it if the student has disconnected or is slow to receive."""
        if self._is_open:
            with suppress(RuntimeError, WebSocketDisconnect, TimeoutError):
                async with asyncio.timeout(_SEND_SECONDS):
                    await self.socket.send_json(message)

    async def close(self, code: int) -> None:
        """Close the connection; a no-op if it is closed."""
        if self._is_open:
            with suppress(RuntimeError, WebSocketDisconnect, TimeoutError):
                async with asyncio.timeout(_SEND_SECONDS):
                    await self.socket.close(code)

    @property
    def _is_open(self) -> bool:
        connected = WebSocketState.CONNECTED
        return self.socket.client_state is self.socket.application_state is connected


@dataclass(frozen=True, slots=True)
class _TakenSeat:
    """The numbered place (seat) that a student has taken in a room.

    Attributes:
        held: The room, which this process serves.
        link: The connection of the student.
        connection: The id of the connection in the room.
        joined: The number of the seat, and the connection that had it before, if any.
        resumed: The number of the earlier seat that the page requested; None for a new seat.
        text: The consent text that the student agreed to.
        faces: Whether the page may send readings of the student's face.
    """

    held: HeldRoom
    link: _Link
    connection: int
    joined: JoinedSeat
    resumed: int | None
    text: ConsentText
    faces: bool


@router.websocket("/rooms/{room_id}/seat")
async def seat(socket: WebSocket, room_id: str) -> None:
    """Serve one student, who needs the code of the room and no account."""
    context = context_of(socket)
    if PROTOCOL not in socket.scope["subprotocols"]:
        await socket.close(CloseCode.POLICY_VIOLATION, f"the subprotocol must be {PROTOCOL}")
        return
    if context.closing:
        await socket.close(CloseCode.TRY_AGAIN_LATER, "the service is shutting down")
        return
    await socket.accept(PROTOCOL)
    link = _Link(socket)
    try:
        await _serve(context, socket, link, room_id)
    except SocketEndError as end:
        await link.close(end.code)
    except MessageError as error:
        await link.send({"k": "error", "problem": error.problem})
        await link.close(CloseCode.POLICY_VIOLATION)
    except (RoomNotFoundError, RoomOverError):
        await link.close(RoomClose.OVER)
    except (RoomFullError, SessionHeldError):
        await link.close(CloseCode.TRY_AGAIN_LATER)
    except RoomreadError:
        await link.close(CloseCode.TRY_AGAIN_LATER)


async def _serve(context: ServiceContext, socket: WebSocket, link: _Link, room_id: str) -> None:
    messages = text_messages(socket, silence=_SILENCE_SECONDS, max_length=MAX_BYTES)
    try:
        first = await asyncio.wait_for(anext(messages, None), _JOIN_SECONDS)
    except TimeoutError:
        raise SocketEndError(CloseCode.POLICY_VIOLATION) from None
    if first is None:
        return
    joining = parse_message(first)
    if not isinstance(joining, JoinMessage):
        raise MessageError("the first message of a connection must be a join message")
    try:
        taken = await _take_seat(context, socket, link, room_id, joining)
    except SessionHeldError as elsewhere:
        await _relay(socket, link, elsewhere.address, first, messages)
        return
    held, number = taken.held, taken.joined.seat
    try:
        await _greet(context, taken, room_id)
        await _converse(held, link, number, messages)
    finally:
        held.links.pop(taken.connection, None)
        held.room.disconnect(held.clock(), number, taken.connection)


async def _converse(held: HeldRoom, link: _Link, number: int, messages: AsyncIterator[str]) -> None:
    """Process the messages of a student until the student leaves or disconnects."""
    acknowledged = held.clock()
    async for text in messages:
        now = held.clock()
        if not held.room.admits(now, number):
            await link.send({"k": "slower", "every": _SLOWER_MS})
            continue
        if not _take(held, now, number, parse_message(text)):
            await link.close(RoomClose.LEFT)
            return
        if now - acknowledged >= _ACK_PERIOD and held.room.newest(number) >= 0:
            acknowledged = now
            await link.send({"k": "ack", "n": held.room.newest(number)})


async def _relay(
    socket: WebSocket, link: _Link, address: str, first: str, messages: AsyncIterator[str]
) -> None:
    """Relay messages between a student and the process with the room until either disconnects.

    Raises:
        BusyError: The other process does not respond.
    """
    request = received(socket, socket.scope["path"])
    async with relay_socket(address, request, PROTOCOL) as holder:

        async def send_on() -> None:
            with suppress(ConnectionClosed):
                await holder.send(first)
                async for text in messages:
                    await holder.send(text)

        async def answer() -> None:
            with suppress(ConnectionClosed):
                async for text in holder:
                    await link.send(json.loads(text))

        sending, answering = (asyncio.ensure_future(each) for each in (send_on(), answer()))
        try:
            await asyncio.wait({sending, answering}, return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                sending.result()
        finally:
            for task in (sending, answering):
                task.cancel()
            await asyncio.wait({sending, answering})
    code = holder.close_code or CloseCode.TRY_AGAIN_LATER
    await link.close(code if code in _PASSED_ON else CloseCode.TRY_AGAIN_LATER)


async def _take_seat(
    context: ServiceContext, socket: WebSocket, link: _Link, room_id: str, joining: JoinMessage
) -> _TakenSeat:
    """Assign a seat (a numbered place in the room) to a student; the caller releases it."""
    tokens = _seat_tokens(context, room_id)
    resume = tokens.seat(joining.resume) if joining.resume is not None else None
    if resume is None:
        with Attempts(context.code_attempts, socket):
            record = await context.rooms.with_code(joining.code)
            if record.session_id != room_id:
                raise RoomNotFoundError("the code belongs to another room")
    text = consent_of(joining.consent)
    if text is None:
        raise MessageError("the consent was not given to a current version of the consent text")
    held = await context.rooms.hold(room_id)
    faces = joining.faces and _may_send_faces(held, joining)
    await held.reserve()
    connection = held.new_connection()
    joined = held.room.join(held.clock(), connection, faces=faces, resume=resume)
    held.links[connection] = link
    return _TakenSeat(held, link, connection, joined, resume, text, faces)


async def _greet(context: ServiceContext, seat: _TakenSeat, room_id: str) -> None:
    """Close an older connection of the seat, and send the first messages to the page."""
    held, joined = seat.held, seat.joined
    older = held.links.pop(joined.displaced, None) if joined.displaced is not None else None
    if older is not None:
        await older.close(RoomClose.TAKEN_OVER)
    receipt = None
    if joined.seat != seat.resumed:
        audit("seat taken", session=room_id, seat=joined.seat, text=seat.text.version)
        secret = context.auth.accounts.derive_secret(RECEIPT_SECRET)
        receipt = consent_receipt(seat.text, room_id=room_id, room=held.session.name, secret=secret)
    await seat.link.send(
        {
            "k": "seat",
            "token": _seat_tokens(context, room_id).token(joined.seat),
            "name": held.session.name,
            "receipt": receipt,
            "every": round(1000 * TICK_SECONDS),
            "next": held.room.newest(joined.seat) + 1,
            "faces": seat.faces,
            "say": held.room.says(held.clock(), joined.seat),
            "paused": held.room.is_paused(joined.seat),
            "room_paused": held.room.paused,
            "limits": {"bytes": MAX_BYTES, "per_second": 3},
        }
    )


def _seat_tokens(context: ServiceContext, room_id: str) -> SeatTokens:
    return SeatTokens(context.auth.accounts.derive_secret(_TOKEN_SECRET), room_id)


def _may_send_faces(held: HeldRoom, joining: JoinMessage) -> bool:
    agreed = joining.consent.endswith("-faces")
    return agreed and held.record.faces and purpose.allows(purpose.Activity.RECORD_CLASS)


def _take(held: HeldRoom, now: float, number: int, message: Message) -> bool:
    """Process a message of a student; return whether the student stays in the room."""
    if isinstance(message, FaceMessage):
        held.room.report_face(now, number, message)
    elif isinstance(message, PauseMessage):
        held.room.pause_seat(number, on=message.on)
    elif isinstance(message, SayMessage):
        held.room.say(now, number, message.say)
    elif isinstance(message, JoinMessage):
        raise MessageError("this connection has joined already")
    else:
        held.room.leave(number)
        return False
    return True
