"""The pages of the service itself: upload and sign-in. They work without JavaScript."""

from __future__ import annotations

import base64
import time
from functools import partial
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request
from jinja2 import DictLoader, Environment
from starlette.responses import HTMLResponse, RedirectResponse, Response

from roomread.apps.access import Scope
from roomread.apps.api.analyze import Read, read_picture, read_pictures
from roomread.apps.api.house import House, Sender, TheHouse, principal_with
from roomread.apps.api.logs import audit
from roomread.apps.api.problems import as_refusal
from roomread.apps.api.signin import COOKIE, SESSION_SECONDS
from roomread.errors import RoomreadError
from roomread.readings import Expression, Reading

router = APIRouter(include_in_schema=False)
_FRAME = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{% block title %}{% endblock %} · Roomread</title>
<style>
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
img { max-width: 100%; height: auto }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { padding: .3rem .7rem; text-align: right; border-bottom: 1px solid #8886 }
th:first-child, td:first-child, th:nth-child(2), td:nth-child(2) { text-align: left }
.scroll { overflow-x: auto }
.error { border-left: 4px solid #d55e00; padding: .5rem 1rem }
.small { font-size: .875rem; opacity: .8 }
label, input, button { display: block; margin: .5rem 0; font: inherit }
button { padding: .4rem 1.2rem }
</style>
</head>
<body>
<main>{% block main %}{% endblock %}</main>
</body>
</html>
"""
_UPLOAD = """{% extends "frame" %}
{% block title %}Read a picture{% endblock %}
{% block main %}
<h1>Read a picture</h1>
{% if error %}<p class="error" role="alert">{{ error }}</p>{% endif %}
{% if read %}
<h2>{{ read.frame.source }}:
{{ faces|length or "no" }} face{{ "" if faces|length == 1 else "s" }}</h2>
<p><img alt="The picture with boxes and labels" src="data:image/jpeg;base64,{{ picture }}"></p>
{% if faces %}
<div class="scroll"><table>
<thead><tr><th>face</th><th>expression</th>
{% for name in names %}<th>{{ name }}</th>{% endfor %}<th>size, px</th></tr></thead>
<tbody>{% for face in faces %}
<tr><td>{{ loop.index }}</td><td>{{ face.said }}</td>
{% for score in face.scores %}<td>{{ score }}</td>{% endfor %}<td>{{ face.size }}</td></tr>
{% endfor %}</tbody>
</table></div>
{% else %}
<p>Faces under about 24 pixels, seen from behind or far from upright are missed.</p>
{% endif %}
{% endif %}
<form method="post" action="/upload" enctype="multipart/form-data">
<label for="file">A picture: JPEG, PNG, WebP, BMP, TIFF or GIF, up to {{ limit }} MB</label>
<input id="file" type="file" name="file" accept="image/*" required>
<button>Read it</button>
</form>
<p class="small">An expression is what a face shows, not what the person feels. The picture is read
in this computer's memory and not stored. In the European Union it is prohibited to infer emotions
of people at work or in education from their faces, except for medical or safety reasons (AI Act,
Article 5(1)(f)).</p>
<p class="small"><a href="/">The app</a>: webcam, photos, videos.</p>
{% if signed_in %}<form method="post" action="/sign-out"><button>Sign out</button></form>{% endif %}
{% endblock %}
"""
_SIGN_IN = """{% extends "frame" %}
{% block title %}Sign in{% endblock %}
{% block main %}
<h1>Sign in</h1>
{% if error %}<p class="error" role="alert">{{ error }}</p>{% endif %}
<form method="post" action="/sign-in">
<input type="hidden" name="next" value="{{ next }}">
<label for="name">Name</label>
<input id="name" name="name" autocomplete="username" required autofocus>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
<button>Sign in</button>
</form>
<p class="small">Whoever runs this computer gives out names and passwords.</p>
{% endblock %}
"""
_PAGES = Environment(
    loader=DictLoader({"frame": _FRAME, "upload": _UPLOAD, "sign-in": _SIGN_IN}), autoescape=True
)
_NAMES = [expression.display_name for expression in Expression]


@router.get("/upload")
async def ask_for_picture(request: Request, house: TheHouse) -> HTMLResponse:
    """The page that takes a picture."""
    principal_with(request, Scope.ANALYZE)
    return _upload_page(house)


@router.post("/upload")
async def show_picture(request: Request, house: TheHouse, _sender: Sender) -> HTMLResponse:
    """The page with the picture's faces, or with what is wrong."""
    try:
        sent = await read_pictures(request, house)
        return _upload_page(house, read=await read_picture(house, sent[0]))
    except RoomreadError as error:
        refusal = as_refusal(error)
        page = _upload_page(house, error=str(error), status=refusal.status)
        page.headers.update(refusal.headers)
        return page


def _upload_page(
    house: House,
    *,
    read: Read | None = None,
    error: str = "",
    status: HTTPStatus = HTTPStatus.OK,
) -> HTMLResponse:
    text = _PAGES.get_template("upload").render(
        read=read,
        picture=base64.b64encode(read.drawn).decode() if read is not None else "",
        faces=[_row(reading) for reading in read.readings] if read is not None else [],
        names=_NAMES,
        error=error,
        limit=house.settings.max_picture_mb,
        signed_in=house.door.sign_in,
    )
    return HTMLResponse(text, status)


def _row(reading: Reading) -> dict[str, object]:
    scores = reading.scores
    said = str(scores) if scores is not None else f"unreadable: {reading.quality.reason}"
    percent = [f"{min(scores[e], 0.99):.0%}" if scores is not None else "" for e in Expression]
    return {"said": said, "scores": percent, "size": round(reading.quality.size)}


@router.get("/sign-in")
async def ask_for_password(next: str = "/") -> HTMLResponse:  # noqa: A002 (the form's field)
    """The page that takes a name and a password."""
    return _sign_in_page(next)


@router.post("/sign-in")
async def sign_in(
    request: Request,
    house: TheHouse,
    name: Annotated[str, Form(max_length=200)],
    password: Annotated[str, Form(max_length=1000)],
    next: Annotated[str, Form(max_length=500)] = "/",  # noqa: A002 (the form's field)
) -> Response:
    """Begins a session, or says that the password is wrong."""
    address = request.client.host if request.client else ""
    asker = f"password:{address}"
    wait = house.door.attempts.take(asker, time.monotonic())
    if wait:
        audit("sign-in held back", address=address)
        page = _sign_in_page(next, f"Too many tries. Wait {wait} s.", HTTPStatus.TOO_MANY_REQUESTS)
        page.headers["Retry-After"] = str(wait)
        return page
    async with house.door.checks.place():
        check = partial(house.door.access.check_password, name, password)
        principal = await house.door.checks.run(check)
    if principal is None:
        audit("sign-in refused", address=address)
        return _sign_in_page(next, "This name or password is wrong.", HTTPStatus.FORBIDDEN)
    # A class behind one address signs in at once.
    house.door.attempts.give_back(asker)
    audit("signed in", who=principal.id, address=address)
    response = RedirectResponse(_own_path(next), HTTPStatus.SEE_OTHER)
    response.set_cookie(
        COOKIE,
        house.door.sessions.begin(principal.id, time.monotonic()),
        max_age=int(SESSION_SECONDS),
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    return response


@router.post("/sign-out")
async def sign_out(request: Request, house: TheHouse) -> Response:
    """Ends the session."""
    house.door.sessions.end(request.cookies.get(COOKIE, ""))
    response = RedirectResponse("/sign-in", HTTPStatus.SEE_OTHER)
    response.delete_cookie(COOKIE)
    return response


def _own_path(path: str) -> str:
    """A path of this service; another site's address becomes the front page."""
    plain = path.startswith("/") and not path.startswith("//") and "\\" not in path
    return path if plain and path.isprintable() else "/"


def _sign_in_page(path: str, error: str = "", status: HTTPStatus = HTTPStatus.OK) -> HTMLResponse:
    text = _PAGES.get_template("sign-in").render(next=_own_path(path), error=error)
    return HTMLResponse(text, status)
