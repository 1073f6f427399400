"""Forward requests about sessions that another process of the service holds."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from anyio import to_thread
from starlette.requests import HTTPConnection
from starlette.responses import Response

from roomread.api.auth import address_of
from roomread.api.context import ServiceContext
from roomread.api.session_access import in_turn
from roomread.errors import SessionHeldError
from roomread.services.forwarding import ForwardedAnswer, ReceivedRequest, forward

T = TypeVar("T")


async def here_or_forwarded(
    context: ServiceContext,
    connection: HTTPConnection,
    work: Callable[[], T],
    *,
    body: bytes = b"",
) -> T | Response:
    """Run work on a session, or forward the request if another process holds the session.

    Args:
        context: The context of the service.
        connection: The request, a POST.
        work: A function that does the work; it raises `SessionHeldError` if another process holds
            the session.
        body: The body of the request.

    Raises:
        BusyError: The other process does not respond.
    """
    try:
        return await in_turn(context, work)
    except SessionHeldError as held:
        return await forwarded(connection, held, body)


async def forwarded(
    connection: HTTPConnection, held: SessionHeldError, body: bytes = b"", *, method: str = "POST"
) -> Response:
    """Forward a request to the process that holds a session, and return its response.

    Raises:
        BusyError: The other process does not respond.
    """
    answer = await send_on(connection, held, connection.scope["path"], body, method=method)
    headers = {"Retry-After": answer.retry_after} if answer.retry_after is not None else None
    return Response(answer.body, answer.status, headers, media_type=answer.media_type)


async def send_on(
    connection: HTTPConnection,
    held: SessionHeldError,
    path: str,
    body: bytes = b"",
    *,
    method: str = "POST",
) -> ForwardedAnswer:
    """Send a request to a path of the process that holds a session, and return its response.

    Raises:
        BusyError: The other process does not respond.
    """
    request = received(connection, path, body, method=method)
    return await to_thread.run_sync(partial(forward, held.address, request))


def received(
    connection: HTTPConnection, path: str, body: bytes = b"", *, method: str = "POST"
) -> ReceivedRequest:
    """Return a copy of a request that can be sent to another process."""
    scheme = "https" if connection.scope["scheme"] in ("https", "wss") else "http"
    headers = {name.lower(): value for name, value in connection.headers.items()}
    return ReceivedRequest(path, headers, address_of(connection), scheme, method, body)
