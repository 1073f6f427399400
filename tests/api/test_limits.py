from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from typing import Any

import pytest

pytest.importorskip("starlette", reason="needs the app extra")

from starlette.types import Message, Receive, Scope, Send

from roomread.api import limits
from roomread.api.limits import Body

CAP = 1000


class Sender:
    """A client that sends a body in pieces, and keeps what it is answered."""

    def __init__(self, pieces: Iterable[bytes], *, length: int | None = None) -> None:
        pieces = list(pieces)
        self._messages: list[Message] = [
            {"type": "http.request", "body": piece, "more_body": n < len(pieces) - 1}
            for n, piece in enumerate(pieces)
        ]
        self._length = length
        self.answers: list[dict[str, Any]] = []

    async def receive(self) -> Message:
        if not self._messages:
            await asyncio.Event().wait()
        return self._messages.pop(0)

    async def send(self, message: Message) -> None:
        self.answers.append(dict(message))

    def scope(self, method: str = "POST", path: str = "/api/v1/analyze") -> Scope:
        headers = [] if self._length is None else [(b"content-length", b"%d" % self._length)]
        return {"type": "http", "method": method, "path": path, "headers": headers}

    @property
    def status(self) -> int:
        return int(self.answers[0]["status"])

    @property
    def problem(self) -> str:
        detail: str = json.loads(self.answers[1]["body"])["detail"]
        return detail


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the body."""
    del scope
    body, more = b"", True
    while more:
        message = await receive()
        body += message["body"]
        more = message["more_body"]
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


def body_limit(*, at_once: int = 1) -> Body:
    return Body(echo, cap=lambda path: CAP if path.startswith("/api") else 1, at_once=at_once)


def ask(middleware: Body, sender: Sender, **scope: str) -> Sender:
    asyncio.run(middleware(sender.scope(**scope), sender.receive, sender.send))
    return sender


def test_body_within_the_limit_reaches_the_application() -> None:
    sender = ask(body_limit(), Sender([b"a" * 600, b"b" * 400]))
    assert sender.status == 200
    assert sender.answers[1]["body"] == b"a" * 600 + b"b" * 400


def test_declared_length_over_the_limit_is_refused_before_the_body() -> None:
    sender = ask(body_limit(), Sender([], length=CAP + 1))
    assert sender.status == 413
    assert "over 0.001 MB" in sender.problem


def test_body_without_a_length_is_refused_when_it_passes_the_limit() -> None:
    assert ask(body_limit(), Sender([b"a" * 600, b"b" * 401])).status == 413


def test_limit_depends_on_the_path() -> None:
    assert ask(body_limit(), Sender([b"ab"]), path="/page").status == 413


def test_requests_without_a_body_are_not_counted() -> None:
    sender = ask(body_limit(at_once=0), Sender([b""]), method="GET")
    assert sender.status == 200


def test_body_over_the_concurrency_limit_is_refused_as_busy() -> None:
    sender = ask(body_limit(at_once=0), Sender([b"a"]))
    assert sender.status == 503
    assert (b"retry-after", b"1") in sender.answers[0]["headers"]


def test_slot_of_a_refused_body_is_free_again() -> None:
    middleware = body_limit(at_once=1)
    assert ask(middleware, Sender([], length=CAP + 1)).status == 413
    assert ask(middleware, Sender([b"a"])).status == 200


def test_silent_sender_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_SILENCE_SECONDS", 0.01)
    sender = Sender([])
    assert ask(body_limit(), sender).status == 408


def test_slow_sender_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    # No time is allowed beside that of the slowest rate.
    monkeypatch.setattr(limits, "_GRACE_SECONDS", 0.0)
    monkeypatch.setattr(limits, "_MIN_RATE", 1e12)
    assert ask(body_limit(), Sender([b"a", b"b"])).status == 408
