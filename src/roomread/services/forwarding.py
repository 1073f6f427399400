"""Forward a request to another process of the same service."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from roomread.errors import BusyError

# Header that marks a forwarded request, which must not be forwarded again.
FORWARDED_HEADER = "X-Roomread-Forwarded"
# Headers that are forwarded: they identify the sender and describe the body.
_KEPT = ("authorization", "cookie", "content-type")
_TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class ForwardedAnswer:
    """The response of the other process.

    Attributes:
        status: The HTTP status.
        media_type: The type of the body.
        retry_after: The value of the header Retry-After, if present.
        body: The body.
    """

    status: int
    media_type: str
    retry_after: str | None
    body: bytes


def forward(
    address: str, path: str, *, headers: Mapping[str, str], body: bytes = b""
) -> ForwardedAnswer:
    """Forward a POST request with the sender's own credentials, and return the response.

    Args:
        address: The URL of the other process, such as `http://10.0.0.5:8501`.
        path: The path of the request.
        headers: The headers of the request, in lower case.
        body: The body of the request.

    Raises:
        BusyError: The request was already forwarded once, or the other process does not respond
            because it has ended or is about to release the session.
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
        raise BusyError("the process that holds this session does not respond") from error
    finally:
        connection.close()
