"""Nobody in who should not be: the middleware that every request and WebSocket passes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from urllib.parse import quote, urlsplit

from anyio import to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Send
from starlette.types import Scope as AsgiScope
from starlette.websockets import WebSocketClose, WebSocketDisconnect

from roomread.api.logs import audit
from roomread.api.problems import RefusedError, as_refusal
from roomread.api.rates import Rate
from roomread.errors import RoomreadError
from roomread.services.accounts import LOCAL, Accounts, Principal, Scope
from roomread.services.capacity import ConcurrencyLimiter
from roomread.services.engine import USER_HEADER
from roomread.services.sign_ins import SignIns
from roomread.settings.addresses import is_loopback

_OURS = frozenset({"api", "upload", "sign-in", "sign-out", "healthz", "readyz", "metrics"})
PUBLIC = frozenset(
    {"/healthz", "/readyz", "/api/v1/openapi.json", "/api/v1/schema"}
    # Where hosts ask the web app how it is: an image that runs either needs one probe.
    | {"/_stcore/health"}
    | {"/sign-in", "/sign-in/provider", "/sign-in/back"}
)
# Where keys are good; the pages are for people.
_FOR_KEYS = frozenset({"api", "metrics"})
# What the web app lets its visitors do: no page of it asks for less.
_FOR_PAGES = frozenset({Scope.READ, Scope.ANALYZE})
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_POLICY_VIOLATION = 1008
_TRY_AGAIN_LATER = 1013
# Seconds from one look to the next at whether who has a WebSocket may still come.
_LOOK_EVERY = 1.0
COOKIE = "roomread_session"
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")


@dataclass(slots=True)
class AuthSettings:
    """How this service tells who comes.

    Attributes:
        accounts: The users and keys.
        sign_in: whether anybody must show one; without, only this computer's own user comes.
        rate: of requests by each principal and address.
        sign_ins: Who is signed in.
        attempts: of wrong keys and of wrong passwords by each address.
        password_checks: Bounds how many passwords are checked at once: each takes 64 MB and,
            deliberately, a processor for about 50 ms.
    """

    accounts: Accounts
    sign_in: bool
    rate: Rate
    sign_ins: SignIns
    attempts: Rate = field(default_factory=lambda: Rate(per_second=0.1, burst=10))
    password_checks: ConcurrencyLimiter = field(
        default_factory=lambda: ConcurrencyLimiter(running=1, waiting=50, what="sign-ins")
    )


def is_ours(path: str) -> bool:
    """Whether a path is the API's or one of the service's own pages, not the web app's."""
    return _first(path) in _OURS


def _first(path: str) -> str:
    return path.split("/", 2)[1] if path.startswith("/") else ""


class AuthMiddleware:
    """Lets in whoever may come, as `scope["state"]["principal"]`, and answers all others itself.

    Args:
        app: what it guards.
        auth: how to tell who comes.
    """

    def __init__(self, app: ASGIApp, door: AuthSettings) -> None:
        self._app, self._door = app, door

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """ASGI's call."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        try:
            principal = await self._admit(connection)
        except RoomreadError as error:
            await _answer(connection, as_refusal(error))(scope, receive, send)
            return
        scope.setdefault("state", {})["principal"] = principal
        scope["headers"] = _headers_for_app(scope, principal)
        if scope["type"] == "http":
            await self._app(scope, receive, send)
            return
        admitted = _Admitted(receive, lambda: self._is_still(connection, principal))
        try:
            await self._app(scope, admitted, send)
        finally:
            admitted.end()
        if admitted.ended:
            # Unless the app has closed it, or whoever it was has gone.
            with suppress(RuntimeError, WebSocketDisconnect):
                await send({"type": "websocket.close", "code": _POLICY_VIOLATION})

    async def _admit(self, connection: HTTPConnection) -> Principal | None:
        """Who comes; None on public paths only.

        Raises:
            RefusedError: nobody who may.
        """
        if not self._door.sign_in:
            _check_local(connection.headers)
        # Not `connection.url`: that is put together from the Host header, which says what it likes.
        path: str = connection.scope["path"]
        principal, by_key = await self._who(connection)
        if not by_key:
            _check_origin(connection)
        address = connection.client.host if connection.client else ""
        if is_ours(path) or principal is None:
            # One page of the app is some hundred files, that cost nothing.
            _spend(self._door.rate, principal.id if principal is not None else address)
        if path in PUBLIC:
            return principal
        if principal is None:
            raise _unknown("sign in, or send a key: Authorization: Bearer rr_…")
        if by_key and _first(path) not in _FOR_KEYS:
            raise _forbidden("a key opens the API; the pages are for people who sign in")
        if not is_ours(path) and not principal.scopes >= _FOR_PAGES:
            raise _forbidden(
                f"the app's pages are for users with {' and '.join(sorted(_FOR_PAGES))}"
            )
        return principal

    async def _is_still(self, connection: HTTPConnection, principal: Principal | None) -> bool:
        """Whether who came may still do all that they might: keys are revoked, users sign out."""
        try:
            return (await self._who(connection))[0] == principal
        except RefusedError:
            return False
        except RoomreadError:
            # Nothing can be revoked either while the database does not answer.
            return True

    async def _who(self, connection: HTTPConnection) -> tuple[Principal | None, bool]:
        """Return the principal of a request, and whether it came with a key."""
        scheme, _, key = connection.headers.get("authorization", "").partition(" ")
        if scheme:
            is_key = scheme.lower() == "bearer"
            check = partial(self._door.accounts.check_key, key.strip())
            principal = await to_thread.run_sync(check) if is_key else None
            if principal is None:
                address = connection.client.host if connection.client else ""
                audit("key refused", address=address)
                _spend(self._door.attempts, f"key:{address}")
                raise _unknown("this key is not known, or was revoked")
            return principal, True
        token = connection.cookies.get(COOKIE)
        principal = None
        if token:
            principal = await to_thread.run_sync(partial(self._principal_of_cookie, token))
        if principal is None and not self._door.sign_in:
            principal = LOCAL
        return principal, False

    def _principal_of_cookie(self, token: str) -> Principal | None:
        principal_id = self._door.sign_ins.principal_of(token, time.time())
        if principal_id is None:
            return None
        return self._door.accounts.principal_of(principal_id)


class _Admitted:
    """A WebSocket's `receive` that tells of a disconnect once who came is no longer let in.

    Args:
        receive: the server's.
        known: whether they are.
    """

    def __init__(self, receive: Receive, known: Callable[[], Awaitable[bool]]) -> None:
        self._receive, self._known = receive, known
        self._next: asyncio.Task[Message] | None = None
        self._looked = time.monotonic()
        self.ended = False

    async def __call__(self) -> Message:
        """ASGI's receive."""
        while True:
            if self._next is None:
                self._next = asyncio.ensure_future(self._receive())
            await asyncio.wait({self._next}, timeout=_LOOK_EVERY)
            now = time.monotonic()
            if now - self._looked >= _LOOK_EVERY:
                self._looked = now
                self.ended = not await self._known()
            if self.ended:
                return {"type": "websocket.disconnect", "code": _POLICY_VIOLATION}
            if self._next.done():
                message, self._next = self._next.result(), None
                return message

    def end(self) -> None:
        """Nobody waits for a message any more."""
        if self._next is not None:
            self._next.cancel()


def _spend(rate: Rate, asker: str) -> None:
    seconds = rate.take(asker, time.monotonic())
    if seconds:
        raise RefusedError(
            HTTPStatus.TOO_MANY_REQUESTS,
            "too-many-requests",
            "too many requests",
            hint=f"wait {seconds} s",
            headers={"Retry-After": str(seconds)},
        )


def _check_local(headers: Headers) -> None:
    """Without sign-in, only this computer's own user is meant to come.

    A page on the web can have its own name lead to 127.0.0.1 (DNS rebinding): the name tells. A
    proxy on this computer would let everybody in: what it adds tells.
    """
    if not is_loopback(_host_name(headers.get("host", ""))):
        raise _forbidden("without sign-in this service is for localhost alone")
    if any(name in headers for name in _FORWARDED):
        raise _forbidden("behind a proxy this service needs sign-in: roomread serve --sign-in")


def _host_name(host: str) -> str:
    """Return the name in a Host header, without the port; "" where it is malformed."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _check_origin(connection: HTTPConnection) -> None:
    """Other sites' pages may not act in a visitor's name (CSRF, also by WebSocket)."""
    if connection.scope["type"] == "http" and connection.scope["method"] in _SAFE:
        return
    headers = connection.headers
    origin = headers.get("origin")
    # Another port of this computer is another site too.
    foreign = origin is not None and origin.partition("://")[2] != headers.get("host")
    if foreign or headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise _forbidden("this came from another site's page")


def _headers_for_app(scope: AsgiScope, principal: Principal | None) -> list[tuple[bytes, bytes]]:
    """The app is told who comes, and believes nobody else."""
    headers = MutableHeaders(raw=list(scope["headers"]))
    del headers[USER_HEADER]
    # Checked above. Streamlit would ask the internet for this computer's address to check it too.
    del headers["origin"]
    if principal is not None:
        headers[USER_HEADER] = principal.id
    return headers.raw


def _unknown(problem: str) -> RefusedError:
    headers = {"WWW-Authenticate": "Bearer"}
    return RefusedError(HTTPStatus.UNAUTHORIZED, "unknown", problem, headers=headers)


def _forbidden(problem: str) -> RefusedError:
    return RefusedError(HTTPStatus.FORBIDDEN, "forbidden", problem)


def _answer(connection: HTTPConnection, refusal: RefusedError) -> Response | WebSocketClose:
    if connection.scope["type"] == "websocket":
        later = refusal.status is HTTPStatus.TOO_MANY_REQUESTS
        return WebSocketClose(_TRY_AGAIN_LATER if later else _POLICY_VIOLATION, refusal.problem)
    wants_page = "text/html" in connection.headers.get("accept", "")
    if refusal.status is HTTPStatus.UNAUTHORIZED and wants_page:
        # People come to the page where they sign in.
        return RedirectResponse(f"/sign-in?next={quote(connection.scope['path'])}", 303)
    return refusal.response()
