"""A fake service for tests of the client, without a network."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx

from roomread.client import Client
from roomread.client.connection import Connection

START = "2026-09-02T08:00:00+00:00"
SESSION: dict[str, Any] = {
    "id": "0a1b2c3d",
    "name": "Algebra 7b",
    "state": "ended",
    "source": "readings that were sent",
    "model": "compact 3f2a9c10",
    "threshold": 0.45,
    "started_at": START,
    "updated_at": START,
    "ended_at": START,
    "keeps_people": False,
    "consent": "",
    "notice": "slide before the lesson",
    "notice_at": START,
    "rules": ["room happy above 1% for 5 s", "room negative above 40% for 60 s"],
}


class FakeService:
    """A fake service that responds with a function, and records requests and pauses of the client.

    Args:
        answer: A function that returns the response to a request.
    """

    def __init__(self, answer: Callable[[httpx.Request], httpx.Response]) -> None:
        self.requests: list[httpx.Request] = []
        self.pauses: list[float] = []
        self._answer = answer

    def client(self, url: str = "http://roomread") -> Client:
        """Return a client of the service that does not wait during its pauses."""
        transport = httpx.MockTransport(self._handle)
        return Client(Connection(url, key="k", transport=transport, sleep=self.pauses.append))

    def _handle(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self._answer(request)


def problem(status: int, **fields: Any) -> dict[str, Any]:
    """Return problem details (RFC 9457) with a status and further fields."""
    return {"type": "about:blank", "title": "", "status": status, "detail": "wrong"} | fields


def refused(status: int, headers: dict[str, str] | None = None) -> httpx.Response:
    """Return an error response with problem details."""
    kind = {"content-type": "application/problem+json"}
    content = json.dumps(problem(status, hint="do better"))
    return httpx.Response(status, content=content, headers=kind | (headers or {}))
