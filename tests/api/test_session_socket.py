from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any, cast

import pytest

pytest.importorskip("fastapi", reason="needs the app extra")

from fastapi import WebSocket

from roomread.api import session_socket
from roomread.api.context import ServiceContext
from roomread.api.sockets import SocketEndError
from roomread.errors import RoomreadError, SessionHeldError, SessionNotFoundError, WireError
from roomread.services.capacity import ConcurrencyLimiter
from roomread.services.ingest import IngestReport


class FakeSocket:
    """A WebSocket that records the responses to messages."""

    def __init__(self) -> None:
        self.answers: list[Any] = []

    async def send_json(self, answer: Any) -> None:
        self.answers.append(answer)


def serve(
    monkeypatch: pytest.MonkeyPatch, send: Callable[..., IngestReport], *messages: str
) -> list[Any]:
    """Send messages to a session that ingests with `send`, and return the responses."""

    async def arriving(*_: object, **__: object) -> AsyncIterator[str]:
        for message in messages:
            yield message

    monkeypatch.setattr(session_socket, "text_messages", arriving)
    context = SimpleNamespace(
        store=SimpleNamespace(owned_by=lambda owner: f"store of {owner}"),
        ingest=SimpleNamespace(send=send),
        session_limiter=ConcurrencyLimiter(running=1, waiting=1, what="session requests"),
    )
    socket = FakeSocket()

    async def run() -> None:
        await session_socket._serve(
            cast("ServiceContext", context), cast("WebSocket", socket), "user:anna", "0a1b2c3d"
        )

    try:
        asyncio.run(run())
    except SocketEndError:
        socket.answers.append("closed")
    return socket.answers


def refuse(error: RoomreadError) -> Callable[..., IngestReport]:
    def send(*_: object) -> IngestReport:
        raise error

    return send


def test_each_message_is_answered_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    def send(store: object, session_id: str, text: str) -> IngestReport:
        assert (store, session_id) == ("store of user:anna", "0a1b2c3d")
        return IngestReport(int(text), 0, None, [])

    answers = serve(monkeypatch, send, "3", "1")
    assert [answer["accepted"] for answer in answers] == [3, 1]


def test_refused_message_does_not_end_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = serve(monkeypatch, refuse(WireError("$.time", "must be a number")), "a", "b")
    assert [answer["problem"]["status"] for answer in answers] == [422, 422]
    assert "$.time: must be a number" in answers[0]["problem"]["detail"]


def test_connection_ends_when_its_session_is_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = serve(monkeypatch, refuse(SessionNotFoundError("there is no session")), "a", "b")
    assert [answer["problem"]["status"] for answer in answers[:-1]] == [404]
    assert answers[-1] == "closed"


def test_message_is_forwarded_to_the_process_that_holds_the_session(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent: list[tuple[str, str, bytes]] = []

    async def send_on(_: object, held: SessionHeldError, path: str, body: bytes) -> SimpleNamespace:
        sent.append((held.address, path, body))
        answer = json.dumps({"accepted": 2})
        return SimpleNamespace(status=HTTPStatus.OK, body=answer)

    monkeypatch.setattr(session_socket, "send_on", send_on)
    held = SessionHeldError("another process records it", address="http://other")
    assert serve(monkeypatch, refuse(held), "text") == [{"accepted": 2}]
    assert sent == [("http://other", "/api/v1/sessions/0a1b2c3d/readings", b"text")]
