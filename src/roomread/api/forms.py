"""Pages for uploading a picture and for signing in, which work without JavaScript."""

from __future__ import annotations

import base64
import time
from functools import partial
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from roomread import pages
from roomread.api.analyze import analyze_and_draw
from roomread.api.auth import COOKIE, address_of
from roomread.api.context import Context, Sender, ServiceContext, principal_with
from roomread.api.logs import audit
from roomread.api.problems import as_refusal, note_refusal
from roomread.api.uploads import read_pictures
from roomread.errors import RoomreadError
from roomread.readings import Expression, Reading, percent
from roomread.services.accounts import Principal, Scope
from roomread.services.pictures import AnalyzedPicture
from roomread.services.sign_ins import SIGN_IN_SECONDS
from roomread.settings.addresses import network_of

router = APIRouter(include_in_schema=False)
_NAMES = [expression.display_name for expression in Expression]


@router.get("/upload")
async def ask_for_picture(request: Request, context: Context) -> HTMLResponse:
    """Return the page for uploading a picture."""
    principal_with(request, Scope.ANALYZE)
    return _upload_page(context)


@router.post("/upload")
async def show_picture(request: Request, context: Context, _sender: Sender) -> HTMLResponse:
    """Read an uploaded picture, and return the page with its faces or with the problem."""
    try:
        pictures = await read_pictures(request, context)
        analyzed, drawn = await analyze_and_draw(context, pictures[0])
        return _upload_page(context, analyzed=analyzed, drawn=drawn)
    except RoomreadError as error:
        refusal = as_refusal(error)
        page = _upload_page(context, error=str(error), status=refusal.status)
        page.headers.update(refusal.headers)
        return page


def _upload_page(
    context: ServiceContext,
    *,
    analyzed: AnalyzedPicture | None = None,
    drawn: bytes = b"",
    error: str = "",
    status: HTTPStatus = HTTPStatus.OK,
) -> HTMLResponse:
    text = pages.render(
        "roomread.api",
        "upload.html.j2",
        source=analyzed.frame.source if analyzed is not None else "",
        picture=base64.b64encode(drawn).decode(),
        notes=analyzed.frame.notes if analyzed is not None else (),
        faces=[_row(reading) for reading in analyzed.readings] if analyzed is not None else [],
        names=_NAMES,
        error=error,
        limit=context.settings.max_picture_mb,
        signed_in=context.auth.sign_in,
    )
    return HTMLResponse(text, status)


def _row(reading: Reading) -> dict[str, object]:
    scores = reading.scores
    shares = [percent(scores[e]) if scores is not None else "" for e in Expression]
    return {"text": str(reading), "scores": shares, "size": round(reading.box.longer_side)}


@router.get("/sign-in")
async def ask_for_password(context: Context, next: str = "/") -> HTMLResponse:  # noqa: A002
    """Return the page with the form for name and password."""
    return sign_in_page(context, next)


@router.post("/sign-in")
async def sign_in(
    request: Request,
    context: Context,
    name: Annotated[str, Form(max_length=200)],
    password: Annotated[str, Form(max_length=1000)],
    next: Annotated[str, Form(max_length=500)] = "/",  # noqa: A002 (the form's field)
) -> Response:
    """Sign in a user, or return the page with the message that the password is wrong."""
    auth, now = context.auth, time.monotonic()
    address = network_of(address_of(request))
    sender = f"password:{address}:{name}"
    wait = auth.attempts_of_address.take(address, now) or auth.attempts.take(sender, now)
    if wait:
        note_refusal(request.scope, "too-many-requests")
        auth.refusals.add("sign-in held back", address, now)
        page = sign_in_page(
            context,
            next,
            f"Too many attempts. Try again in {wait} s.",
            HTTPStatus.TOO_MANY_REQUESTS,
        )
        page.headers["Retry-After"] = str(wait)
        return page
    with auth.password_checks.slot(address):
        check = partial(auth.accounts.check_password, name, password)
        principal = await auth.password_checks.run(check, address)
    if principal is None:
        note_refusal(request.scope, "wrong-password")
        auth.refusals.add("sign-in refused", address, now)
        return sign_in_page(context, next, "This name or password is wrong.", HTTPStatus.FORBIDDEN)
    # Do not count correct passwords, because a whole class may share one address.
    auth.attempts.give_back(sender)
    auth.attempts_of_address.give_back(address)
    return begin_session(request, context, principal, next)


def begin_session(
    request: Request, context: ServiceContext, principal: Principal, path: str
) -> Response:
    """Sign in a principal, and redirect to a path of this service."""
    audit("signed in", who=principal.id, address=address_of(request))
    response = RedirectResponse(own_path(path), HTTPStatus.SEE_OTHER)
    response.set_cookie(
        COOKIE,
        context.auth.sign_ins.begin(principal.id, time.time()),
        max_age=int(SIGN_IN_SECONDS),
        httponly=True,
        samesite="lax",
        secure=request.scope["scheme"] == "https",
    )
    return response


@router.post("/sign-out")
async def sign_out(request: Request, context: Context) -> Response:
    """End the visitor's sign-in, and redirect to the sign-in page."""
    context.auth.sign_ins.end(request.cookies.get(COOKIE, ""))
    response = RedirectResponse("/sign-in", HTTPStatus.SEE_OTHER)
    response.delete_cookie(COOKIE)
    return response


def own_path(path: str) -> str:
    """Return the path if it belongs to this service, else the path of the front page."""
    plain = path.startswith("/") and not path.startswith("//") and "\\" not in path
    return path if plain and path.isprintable() else "/"


def sign_in_page(
    context: ServiceContext, path: str, error: str = "", status: HTTPStatus = HTTPStatus.OK
) -> HTMLResponse:
    """Return the page with the form for name and password; signing in redirects to `path`."""
    text = pages.render(
        "roomread.api",
        "sign_in.html.j2",
        next=own_path(path),
        error=error,
        provider=context.provider.name if context.provider is not None else "",
    )
    return HTMLResponse(text, status)
