"""Serve the pages of rooms: `/join` for students, `/room` and `/room/{room_id}` for teachers."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Request
from starlette.responses import Response

from roomread.api.browser_pages import asset_url, browser_page
from roomread.api.context import Context, ServiceContext, principal_with
from roomread.api.room_shapes import RoomShape, room_shape
from roomread.api.session_access import in_turn
from roomread.services import purpose
from roomread.services.accounts import Scope
from roomread.services.rooms import find_room

router = APIRouter(include_in_schema=False)
# The script of the join page that reads a student's face.
_CAMERA_PANEL = "student/panel.js"


@router.get("/join")
def join(request: Request) -> Response:
    """Return the page on which students join a room."""
    return browser_page(request, "join.html.j2", panel=asset_url(_CAMERA_PANEL))


@router.get("/room")
async def rooms(request: Request, context: Context) -> Response:
    """Return the page on which a teacher creates a room."""
    owner = principal_with(request, Scope.ANALYZE).id
    open_rooms = await in_turn(context, lambda: _open_rooms(request, context, owner))
    allowed = purpose.allows(purpose.Activity.RECORD_CLASS)
    return browser_page(request, "rooms.html.j2", rooms=open_rooms, may_read_faces=allowed)


def _open_rooms(request: Request, context: ServiceContext, owner: str) -> list[RoomShape]:
    found = context.store.owned_by(owner).rooms.with_sessions(only_open=True)
    return [room_shape(*each, str(request.base_url)) for each in found]


@router.get("/room/{room_id}")
async def board(request: Request, context: Context, room_id: str) -> Response:
    """Return the page for watching a room, or redirect to the recorded session of a closed room."""
    store = context.store.owned_by(principal_with(request, Scope.ANALYZE).id)
    record = await in_turn(context, lambda: find_room(store, room_id))
    if record.code is None:
        headers = {"Location": f"/lessons?session={room_id}"}
        return Response(status_code=HTTPStatus.SEE_OTHER, headers=headers)
    session = await in_turn(context, lambda: store.session(room_id))
    room = room_shape(record, session, str(request.base_url))
    return browser_page(
        request,
        "room.html.j2",
        room_id=room.id,
        name=room.name,
        code=room.code,
        link=room.link,
        started=session.started_at.isoformat(),
        may_read_faces=purpose.allows(purpose.Activity.RECORD_CLASS),
    )
