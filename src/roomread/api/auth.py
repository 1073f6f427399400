"""Middleware that authenticates every request and WebSocket."""

from __future__ import annotations

import itertools
import re
import time
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from urllib.parse import quote, urlsplit

from anyio import to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as AsgiScope
from starlette.websockets import WebSocketDisconnect

from roomread.api.admitted import POLICY_VIOLATION, AdmittedReceive
from roomread.api.problems import RefusedError, as_refusal, note_refusal, too_many_requests
from roomread.api.rates import Rate
from roomread.api.refusals import RefusalTrail
from roomread.errors import RoomreadError
from roomread.services.accounts import LOCAL, Accounts, Principal, Scope
from roomread.services.capacity import ConcurrencyLimiter
from roomread.services.engine import USER_HEADER
from roomread.services.sign_ins import SignIns
from roomread.services.turns import acting_for
from roomread.settings.addresses import is_loopback, network_of

_OURS = frozenset(
    {"api", "assets", "join", "upload", "sign-in", "sign-out", "healthz", "readyz", "metrics"}
    | {"mirror", "notice", "room", "share"}
)
PUBLIC = frozenset(
    {"/healthz", "/readyz", "/mirror", "/notice", "/api/v1/openapi.json", "/api/v1/schema"}
    # Includes Streamlit's own health check, so that the same probe works for Streamlit alone.
    | {"/_stcore/health"}
    | {"/sign-in", "/sign-in/provider", "/sign-in/back"}
)
# Paths for students, who have no account and need only the code of a room.
_FOR_STUDENTS = re.compile(r"/join|/api/v1/join/[^/]*|/api/v1/rooms/[^/]*/seat")
# First parts of the paths that accept keys; pages require sign-in.
_FOR_KEYS = frozenset({"api", "metrics"})
# Scopes that every page of the web app requires, because the pages check no scopes themselves.
_FOR_PAGES = frozenset({Scope.READ, Scope.ANALYZE})
# First parts of the paths without a rate limit: they are cheap to serve, and a whole class may
# request them from one address.
_UNLIMITED = frozenset({"assets", "join"})
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
# A host and a port, without a user's name or a path.
_HOST = re.compile(r"(\[[^]]*]|[^][\s/?#@\\:]+)(:[0-9]{0,5})?")
_TRY_AGAIN_LATER = 1013
COOKIE = "roomread_session"
# Prefixes of the headers that proxies, load balancers and content networks add.
_FORWARDED = (
    *("forwarded", "x-forwarded", "x-real-ip", "via", "x-client-ip", "true-client-ip"),
    *("x-original", "x-cluster-client-ip", "cf-", "fastly-", "x-envoy-", "x-amzn-", "x-arr-"),
)


@dataclass(slots=True)
class AuthSettings:
    """The settings and the state by which requests are authenticated.

    Attributes:
        accounts: The users and keys.
        sign_in: Whether sign-in or a key is required. If not, every request from this computer
            is treated as sent by its user.
        rate: Limits the requests of each principal and address.
        messages: Limits the WebSocket messages of each principal, and of each connection on a
            path that requires no principal.
        sign_ins: The users who are signed in.
        attempts: Limits the wrong keys of each address, and the wrong passwords that each address
            sends for one name.
        attempts_of_address: Limits the wrong passwords of each address, generously, because a whole
            school may sign in from one address.
        refusals: Records the senders of wrong keys and passwords.
        password_checks: Limits the number of passwords checked at once; each check deliberately
            takes 64 MB and about 50 ms of a processor.
    """

    accounts: Accounts
    sign_in: bool
    rate: Rate
    sign_ins: SignIns
    messages: Rate = field(default_factory=lambda: Rate(per_second=200.0, burst=1000.0))
    attempts: Rate = field(default_factory=lambda: Rate(per_second=0.1, burst=10))
    attempts_of_address: Rate = field(default_factory=lambda: Rate(per_second=1.0, burst=100))
    refusals: RefusalTrail = field(default_factory=RefusalTrail)
    password_checks: ConcurrencyLimiter = field(
        default_factory=lambda: ConcurrencyLimiter(running=1, waiting=50, what="sign-ins")
    )


def is_public(path: str) -> bool:
    """Return whether a path needs neither sign-in nor a key."""
    return path in PUBLIC or _FOR_STUDENTS.fullmatch(path) is not None


def is_ours(path: str) -> bool:
    """Return whether a path belongs to the API or its pages, and not to the web app."""
    return _first_part(path) in _OURS


def _first_part(path: str) -> str:
    return path.split("/", 2)[1] if path.startswith("/") else ""


class AuthMiddleware:
    """Middleware that admits or refuses each request and WebSocket.

    It stores the principal of an admitted request in `scope["state"]["principal"]`.

    Args:
        app: The application that admitted requests are passed to.
        auth: The settings and the state of authentication.
    """

    def __init__(self, app: ASGIApp, auth: AuthSettings) -> None:
        self._app, self._auth = app, auth
        self._connections = itertools.count()

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Handle one ASGI connection."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        try:
            principal = await self._admit(connection)
        except RoomreadError as error:
            await _refuse(connection, as_refusal(error), receive, send)
            return
        acting_for.set(principal.id if principal is not None else "")
        scope["headers"] = _headers_for_app(scope, principal)
        if scope["type"] == "http":
            await self._app(scope, receive, send)
            return
        # Students have no account. Limit each of their connections separately, because a whole
        # class may share one address and, behind a proxy, one port.
        if principal is None or is_public(scope["path"]):
            sender = f"connection:{next(self._connections)}"
        else:
            sender = principal.id
        admitted = AdmittedReceive(
            receive,
            lambda: self._is_still_admitted(connection, principal),
            lambda: self._auth.messages.take(sender, time.monotonic()) > 0,
        )
        try:
            await self._app(scope, admitted, send)
        finally:
            admitted.end()
        if admitted.ended:
            # The WebSocket may have been closed by the app or the sender in the meantime.
            with suppress(RuntimeError, WebSocketDisconnect):
                await send({"type": "websocket.close", "code": POLICY_VIOLATION})

    async def _admit(self, connection: HTTPConnection) -> Principal | None:
        """Return the principal of a request; None for public paths.

        Raises:
            RefusedError: The request is not admitted.
        """
        _check_host(connection.headers)
        if not self._auth.sign_in:
            _check_local(connection)
        # Use the path of the scope; `connection.url` is built from the sender's Host header.
        path: str = connection.scope["path"]
        principal, by_key = await self._authenticate(connection)
        connection.scope.setdefault("state", {})["principal"] = principal
        if not by_key:
            _check_origin(connection)
        if _first_part(path) in _UNLIMITED:
            return principal
        if is_ours(path) or principal is None:
            # The files of the web app are not limited: a page loads about a hundred cheap ones.
            sender = network_of(address_of(connection)) if principal is None else principal.id
            _spend(self._auth.rate, sender)
        if is_public(path):
            return principal
        if principal is None:
            raise _unauthorized(
                "the request requires sign-in or an API key",
                hint="sign in, or send the header Authorization: Bearer rr_…",
            )
        if by_key and _first_part(path) not in _FOR_KEYS:
            raise _forbidden(
                "an API key gives access to the API only, not to the pages of the service",
                hint="sign in to open the pages",
            )
        if not is_ours(path) and not principal.scopes >= _FOR_PAGES:
            raise _forbidden(
                f"the pages of the web app require the scopes {' and '.join(sorted(_FOR_PAGES))}",
                hint="ask the operator for these scopes",
            )
        return principal

    async def _is_still_admitted(
        self, connection: HTTPConnection, principal: Principal | None
    ) -> bool:
        """Return whether a principal is still admitted; keys can be revoked and users can sign out.

        While the database does not respond, a principal counts as admitted.
        """
        if is_public(connection.scope["path"]):
            return True
        try:
            return (await self._authenticate(connection))[0] == principal
        except RefusedError:
            return False
        except RoomreadError:
            # While the database does not respond, nothing can be revoked either.
            return True

    async def _authenticate(self, connection: HTTPConnection) -> tuple[Principal | None, bool]:
        """Return the principal of a request, and whether a key authenticated it."""
        scheme, _, key = connection.headers.get("authorization", "").partition(" ")
        if scheme:
            is_key = scheme.lower() == "bearer"
            check = partial(self._auth.accounts.check_key, key.strip())
            principal = await to_thread.run_sync(check) if is_key else None
            if principal is None:
                address = address_of(connection)
                _spend(self._auth.attempts, f"key:{network_of(address)}")
                self._auth.refusals.add("key refused", address, time.monotonic())
                raise _unauthorized("the API key is unknown or was revoked")
            return principal, True
        token = connection.cookies.get(COOKIE)
        principal = None
        if token:
            principal = await to_thread.run_sync(partial(self._principal_of_cookie, token))
        if principal is None and not self._auth.sign_in:
            principal = LOCAL
        return principal, False

    def _principal_of_cookie(self, token: str) -> Principal | None:
        principal_id = self._auth.sign_ins.principal_of(token, time.time())
        if principal_id is None:
            return None
        return self._auth.accounts.principal_of(principal_id)


def address_of(connection: HTTPConnection) -> str:
    """Return the IP address that a request comes from, or "" if the server does not know it."""
    return connection.client.host if connection.client else ""


def _spend(rate: Rate, sender: str) -> None:
    seconds = rate.take(sender, time.monotonic())
    if seconds:
        raise too_many_requests("too many requests", seconds)


def _check_host(headers: Headers) -> None:
    """Check that the Host header, if there is one, is well-formed.

    Raises:
        RefusedError: The header is malformed.
    """
    host = headers.get("host")
    if host and not _host_name(host):
        raise RefusedError(HTTPStatus.BAD_REQUEST, "bad-request", "the Host header is malformed")


def _check_local(connection: HTTPConnection) -> None:
    """Check that a request without sign-in comes from this computer's own user.

    A page on the web can make its own host name resolve to 127.0.0.1 (DNS rebinding); the Host
    header reveals this. A proxy on this computer would pass on the requests of every visitor. A
    proxy is recognised by the headers that it adds, by HTTP/1.0, which proxies use by default, and
    by a Referer header that names another host.

    Raises:
        RefusedError: The request comes from elsewhere.
    """
    headers = connection.headers
    if not is_loopback(_host_name(headers.get("host", ""))):
        raise _forbidden(
            "this service runs without sign-in and accepts only requests to localhost",
            hint="open the service at localhost, on the computer on which it runs",
        )
    forwarded = any(name.startswith(_FORWARDED) for name in headers)
    if forwarded or connection.scope.get("http_version") == "1.0":
        raise _forbidden(
            "this service runs without sign-in and accepts no requests through a proxy",
            hint="ask the operator to require sign-in, or send the request without a proxy",
        )
    # Links on other sites may lead here; browsers mark their requests in Sec-Fetch-Site.
    own_page = headers.get("sec-fetch-site", "same-origin") == "same-origin"
    referer = headers.get("referer")
    if own_page and referer and not is_loopback(_host_name(_authority(referer))):
        raise _forbidden("the request was sent by a page of another host")


def _authority(url: str) -> str:
    """Return the host and port of a URL; "" where it is malformed."""
    try:
        return urlsplit(url).netloc
    except ValueError:
        return ""


def _host_name(host: str) -> str:
    """Return the name in a Host header, without the port; "" if it is malformed."""
    if not _HOST.fullmatch(host):
        return ""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _check_origin(connection: HTTPConnection) -> None:
    """Check that the request was not sent by a page of another site (CSRF, also by WebSocket).

    Raises:
        RefusedError: A page of another site or of another port sent the request.
    """
    if connection.scope["type"] == "http" and connection.scope["method"] in _SAFE:
        return
    headers = connection.headers
    origin = headers.get("origin")
    host = headers.get("host") or None
    own = host.lower() if host is not None else None
    foreign = origin is not None and origin.partition("://")[2].lower() != own
    if foreign or headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise _forbidden("the request was sent by a page of another site")


def _headers_for_app(scope: AsgiScope, principal: Principal | None) -> list[tuple[bytes, bytes]]:
    """Return the headers for the web app; its user header contains only the verified principal."""
    headers = MutableHeaders(raw=list(scope["headers"]))
    del headers[USER_HEADER]
    # The origin has been checked. Streamlit would request this computer's address from another host
    # to check it again.
    del headers["origin"]
    if principal is not None:
        headers[USER_HEADER] = principal.id
    return headers.raw


def _unauthorized(problem: str, *, hint: str = "") -> RefusedError:
    headers = {"WWW-Authenticate": "Bearer"}
    return RefusedError(HTTPStatus.UNAUTHORIZED, "unknown", problem, hint=hint, headers=headers)


def _forbidden(problem: str, *, hint: str = "") -> RefusedError:
    return RefusedError(HTTPStatus.FORBIDDEN, "forbidden", problem, hint=hint)


async def _refuse(
    connection: HTTPConnection, refusal: RefusedError, receive: Receive, send: Send
) -> None:
    scope = connection.scope
    later = refusal.status is HTTPStatus.TOO_MANY_REQUESTS
    if scope["type"] == "websocket" and later and scope.get("state", {}).get("principal"):
        # A page in a browser can read a close code, but not why a handshake was refused.
        note_refusal(scope, refusal.kind)
        await receive()
        await send({"type": "websocket.accept"})
        reason = f"{refusal.problem}; {refusal.hint}"
        await send({"type": "websocket.close", "code": _TRY_AGAIN_LATER, "reason": reason})
        return
    answer: Response = refusal.response()
    wants_page = "text/html" in connection.headers.get("accept", "")
    if refusal.status is HTTPStatus.UNAUTHORIZED and wants_page and scope["type"] == "http":
        # Redirect a browser to the page for signing in.
        answer = RedirectResponse(f"/sign-in?next={quote(scope['path'])}", 303)
    await answer(scope, receive, send)
