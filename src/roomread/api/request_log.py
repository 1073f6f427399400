"""The outermost middleware, which adds security headers and logs and counts every request."""

from __future__ import annotations

import asyncio
import time
from http import HTTPStatus

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect, WebSocketDisconnected

from roomread.api.auth import is_ours
from roomread.api.logs import log, log_failure
from roomread.api.metrics import Metrics
from roomread.api.problems import MEDIA_TYPE, RefusedError, failure, refusal_of

# The policy of the web app allows the styles, workers and WebAssembly that it creates at run time.
_CSP_APP = "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
_CSP_OURS = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_DRAIN_SECONDS = 3.0
_FAILED = HTTPStatus.INTERNAL_SERVER_ERROR
_YEAR = 365 * 24 * 3600


class RequestLogMiddleware:
    """Middleware that adds security headers, and that counts, times and logs requests.

    Args:
        app: The application that requests are passed to.
        metrics: The metrics in which requests are counted.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI connection."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        begun = time.monotonic()
        exchange = _Exchange(scope, receive, send)
        refusal: RefusedError | None = None
        try:
            await self._app(scope, exchange.receive, exchange.send)
        except (WebSocketDisconnect, WebSocketDisconnected):
            # The sender disconnected before the response was complete.
            pass
        except Exception as error:  # noqa: BLE001 (the outermost handler)
            refusal = failure(error)
            if refusal.status == _FAILED:
                log_failure(error)
        if exchange.failed and refusal is None:
            refusal = failure()
        if refusal is not None:
            await exchange.refuse(refusal)
        self._count(scope, exchange.status, time.monotonic() - begun)

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        route = _route(scope)
        method = scope.get("method", "WEBSOCKET")
        # Count unknown methods as one, because a sender could create arbitrarily many time series.
        method = method if method in _METHODS else "OTHER"
        self._metrics.requests.labels(method, route, str(int(status))).inc()
        kind = refusal_of(scope)
        if kind is not None:
            self._metrics.refusals.labels(kind).inc()
        if scope["type"] == "http":
            self._metrics.seconds.labels(route).observe(seconds)
        if route != "app":
            principal = scope.get("state", {}).get("principal")
            log(
                "request",
                method=method,
                route=route,
                status=int(status),
                ms=round(1000 * seconds),
                who=principal.id if principal is not None else None,
            )


class _Exchange:
    """A wrapper of one connection's messages, which adds headers and records the status.

    Args:
        scope: The connection's ASGI scope.
        receive: The server's `receive`.
        send: The server's `send`.

    Attributes:
        status: The status of the response; 0 before the response begins.
        failed: Whether the framework responded to an unexpected error. Its response is not sent,
            because it does not contain problem details.
    """

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.status, self.failed = 0, False
        self._scope, self._receive, self._send = scope, receive, send
        self._whole = not _has_body(scope)

    async def receive(self) -> Message:
        """Receive one ASGI message."""
        message = await self._receive()
        self._whole = self._whole or not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        """Send one ASGI message."""
        starts = message["type"].endswith("http.response.start")
        if starts:
            headers = MutableHeaders(scope=message)
            self.failed = message["status"] == _FAILED and headers.get("content-type") != MEDIA_TYPE
        if self.failed:
            return
        if starts:
            self.status = message["status"]
            _add_headers(headers, self._scope)
            if not self._whole and not await _drain(self.receive):
                # Close the connection, because the server would otherwise receive the rest of an
                # unread body.
                headers["Connection"] = "close"
        elif message["type"] == "websocket.accept":
            self.status = HTTPStatus.SWITCHING_PROTOCOLS
        await self._send(message)

    async def refuse(self, refusal: RefusedError) -> None:
        """Send a refusal if no response has begun."""
        extensions = self._scope.get("extensions") or {}
        can_answer = self._scope["type"] == "http" or "websocket.http.response" in extensions
        if not self.status and can_answer:
            await refusal.response()(self._scope, self.receive, self.send)


async def _drain(receive: Receive) -> bool:
    """Receive the rest of a body, and return whether it ended within `_DRAIN_SECONDS`.

    A client reads the response only after it has sent the whole body.
    """
    try:
        async with asyncio.timeout(_DRAIN_SECONDS):
            while (await receive()).get("more_body", False):
                pass
    except TimeoutError:
        return False
    return True


def _has_body(scope: Scope) -> bool:
    headers = dict(scope["headers"])
    return b"transfer-encoding" in headers or headers.get(b"content-length", b"0") != b"0"


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "WEBSOCKET"})


def _route(scope: Scope) -> str:
    """Return the pattern of the route, because the path may contain the secret id of a job."""
    if not is_ours(scope["path"]):
        return "app"
    path = getattr(scope.get("route"), "path", None)
    return path if isinstance(path, str) and path else "other"


def _add_headers(headers: MutableHeaders, scope: Scope) -> None:
    ours = is_ours(scope["path"])
    own = {"Content-Security-Policy": _CSP_OURS if ours else _CSP_APP}
    own["X-Frame-Options"] = "DENY" if ours else "SAMEORIGIN"
    if ours:
        own["Cache-Control"] = "no-store"
    for name, value in (_EVERYWHERE | own).items():
        # Only the service's own routes may set these headers themselves, as pages with scripts do.
        if not ours or name not in headers:
            headers[name] = value
    if scope["scheme"] == "https":
        headers["Strict-Transport-Security"] = f"max-age={_YEAR}"
