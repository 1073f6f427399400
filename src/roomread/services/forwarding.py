"""Send a request on to another process of the same service."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from roomread.errors import BusyError

# Marks a request that came from another process, which is not sent on again.
FORWARDED_HEADER = "X-Roomread-Forwarded"
# What identifies the sender to the other process, and describes the body.
_KEPT = ("authorization", "cookie", "content-type")
_TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class ForwardedAnswer:
    """What the other process answered.

    Attributes:
        status: The HTTP status.
        media_type: The type of the body.
        retry_after: The header Retry-After, if it was sent.
        body: The body.
    """

    status: int
    media_type: str
    retry_after: str | None
    body: bytes


def forward(
    address: str, path: str, *, headers: Mapping[str, str], body: bytes = b""
) -> ForwardedAnswer:
    """Send a POST request on, with the sender's own credentials, and return the answer.

    Args:
        address: Where the other process answers requests, such as `http://10.0.0.5:8501`.
        path: The path of the request.
        headers: The headers of the request, in lower case.
        body: The body of the request.

    Raises:
        BusyError: The request was sent on once already, or the other process does not answer: it
            has ended, or is about to hold the session no more.
    """
    parts = urlsplit(address)
    if FORWARDED_HEADER.lower() in headers or not parts.hostname:
        raise BusyError("another process holds this session")
    connect = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    kept = {name: headers[name] for name in _KEPT if name in headers} | {FORWARDED_HEADER: "1"}
    connection = connect(parts.hostname, parts.port, timeout=_TIMEOUT_SECONDS)
    try:
        connection.request("POST", path, body, kept)
        answer = connection.getresponse()
        return ForwardedAnswer(
            answer.status,
            answer.headers.get("content-type", "application/json"),
            answer.headers.get("retry-after"),
            answer.read(),
        )
    except (OSError, http.client.HTTPException) as error:
        raise BusyError("the process that holds this session does not answer") from error
    finally:
        connection.close()
