"""Requests that are forwarded to another process of the service, and its responses."""

from __future__ import annotations

import asyncio

import pytest

pytest.importorskip("starlette", reason="needs the app extra")

from starlette.requests import Request

from roomread.api import session_forwarding
from roomread.api.session_forwarding import forwarded
from roomread.errors import SessionHeldError
from roomread.services.forwarding import ForwardedAnswer, ReceivedRequest

HELD = SessionHeldError("another process holds this room", address="http://192.0.2.1:8501")
SCOPE = {
    "type": "http",
    "path": "/api/v1/rooms/0a1b2c3d",
    "scheme": "https",
    "headers": [(b"Cookie", b"a=b")],
    "client": ("192.0.2.7", 5000),
}


@pytest.mark.parametrize("retry_after", ["3", None])
def test_forwarded_response_keeps_the_retry_after_header(
    retry_after: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[str, ReceivedRequest]] = []

    def forward(address: str, request: ReceivedRequest) -> ForwardedAnswer:
        sent.append((address, request))
        return ForwardedAnswer(503, "application/problem+json", retry_after, b"{}")

    monkeypatch.setattr(session_forwarding, "forward", forward)
    response = asyncio.run(forwarded(Request(SCOPE), HELD, b"body", method="GET"))
    assert (response.status_code, response.body) == (503, b"{}")
    assert response.media_type == "application/problem+json"
    assert response.headers.get("retry-after") == retry_after
    ((address, request),) = sent
    assert address == HELD.address
    assert request == ReceivedRequest(
        "/api/v1/rooms/0a1b2c3d", {"cookie": "a=b"}, "192.0.2.7", "https", "GET", b"body"
    )
