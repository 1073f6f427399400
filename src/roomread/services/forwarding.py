"""Forward a request to another process of the same service."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from roomread.errors import BusyError

# Header that marks a forwarded request, which must not be forwarded again.
FORWARDED_HEADER = "X-Roomread-Forwarded"
# Headers that are forwarded. They identify the sender, describe the body, and contain the host that
# links in the response start with.
_KEPT = ("authorization", "cookie", "content-type", "host")
_TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """The parts of a request that another process needs to respond to it.

    Attributes:
        path: The path of the request.
        headers: The headers of the request, in lower case.
        client: The address of the sender. It comes from the connection, or from a header that a
            trusted proxy added.
        scheme: The scheme that the sender used, "http" or "https".
        method: The HTTP method.
        body: The body of the request.
    """

    path: str
    headers: Mapping[str, str]
    client: str = ""
    scheme: str = "http"
    method: str = "POST"
    body: bytes = b""

    def forwarded_headers(self) -> dict[str, str]:
        """Return the headers of the forwarded request.

        The other process uses the address and the scheme in these headers only if it trusts this
        process as a proxy.

        Raises:
            BusyError: The request was already forwarded once.
        """
        if FORWARDED_HEADER.lower() in self.headers:
            raise BusyError("another process holds this session")
        kept = {name: self.headers[name] for name in _KEPT if name in self.headers}
        kept["x-forwarded-proto"] = self.scheme
        if self.client:
            kept["x-forwarded-for"] = self.client
        return kept | {FORWARDED_HEADER: "1"}


@dataclass(frozen=True, slots=True)
class ForwardedAnswer:
    """The response of the other process.

    Attributes:
        status: The HTTP status.
        media_type: The media type of the body.
        retry_after: The value of the header Retry-After; None if it is missing.
        body: The body of the response.
    """

    status: int
    media_type: str
    retry_after: str | None
    body: bytes


def forward(address: str, request: ReceivedRequest) -> ForwardedAnswer:
    """Forward a request with the sender's own credentials, and return the response.

    Args:
        address: The URL of the other process, such as `http://10.0.0.5:8501`.
        request: The request.

    Raises:
        BusyError: The request was already forwarded once, or the other process does not respond
            because it has ended or is releasing the session.
    """
    headers = request.forwarded_headers()
    parts = urlsplit(address)
    if not parts.hostname:
        raise BusyError("another process holds this session")
    connect = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = connect(parts.hostname, parts.port, timeout=_TIMEOUT_SECONDS)
    try:
        connection.request(request.method, request.path, request.body or None, headers)
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
