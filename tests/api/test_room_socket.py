from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="needs the app extra")

from fastapi import FastAPI
from starlette.testclient import TestClient, WebSocketTestSession
from starlette.websockets import WebSocketDisconnect

from api_client import client_of
from joining_students import HAPPY, PROTOCOL
from roomread.api import room_socket
from roomread.api.rates import Rate
from roomread.api.rooms import RECEIPT_SECRET
from roomread.api.sockets import CloseCode
from roomread.errors import BusyError
from roomread.joining import check_receipt
from roomread.services.accounts import Accounts
from roomread.services.forwarding import ReceivedRequest
from roomread.services.held_room import HeldRoom, RoomClose
from roomread.services.room_consent import consent_of
from roomread.services.rooms import Rooms
from roomread.store import Store

CODE, OTHER_CODE = "K7QXM3PD", "H4JMN2PQ"
MAX_SEATS = 3


@dataclass(slots=True)
class Service:
    """One process with the rooms of a teacher.

    Attributes:
        store: The store of the rooms.
        context: The context of the routes.
        client: The client with which students connect.
        room_id: The id of a room with the code `CODE`, in which faces may be read.
    """

    store: Store
    context: SimpleNamespace
    client: TestClient
    room_id: str

    @property
    def held(self) -> HeldRoom:
        """The open room, which the process holds once a student has joined."""
        room: HeldRoom = self.context.rooms._held[self.room_id]
        return room

    def url(self, room_id: str = "") -> str:
        return f"/api/v1/rooms/{room_id or self.room_id}/seat"

    def connect(self, room_id: str = "") -> WebSocketTestSession:
        return self.client.websocket_connect(self.url(room_id), subprotocols=[PROTOCOL])


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    store = Store(f"sqlite:///{tmp_path / 'roomread.db'}")
    rooms = Rooms(store, store.leases(), max_seats=MAX_SEATS)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        rooms.start()
        yield
        await rooms.shut_down()

    context = SimpleNamespace(
        rooms=rooms,
        closing=False,
        code_attempts=Rate(per_second=1e-6, burst=2),
        auth=SimpleNamespace(accounts=Accounts(store.accounts)),
    )
    with client_of(room_socket.router, context, lifespan=lifespan) as client:
        yield Service(store, context, client, new_room(store, CODE))
    store.close()


def new_room(store: Store, code: str, *, faces: bool = True) -> str:
    anna = store.owned_by("user:anna")
    session = anna.create("Algebra 7b")
    assert anna.rooms.add(session.id, code, faces=faces)
    return session.id


def joining(**values: Any) -> dict[str, Any]:
    asked = {"k": "join", "code": CODE, "consent": "2-en-taps", "faces": False, "resume": None}
    return asked | values


@contextmanager
def joined(
    service: Service, room_id: str = "", **values: Any
) -> Iterator[tuple[WebSocketTestSession, dict[str, Any]]]:
    """Join a room, and yield the connection and the first message from the service."""
    with service.connect(room_id) as socket:
        socket.send_json(joining(**values))
        yield socket, socket.receive_json()


def close_code(socket: WebSocketTestSession) -> int:
    """Return the close code of a connection, after receiving its remaining messages."""
    try:
        while True:
            socket.receive_json()
    except WebSocketDisconnect as closed:
        return closed.code


def refused_with(service: Service, room_id: str = "", **values: Any) -> int:
    with service.connect(room_id) as socket:
        socket.send_json(joining(**values))
        return close_code(socket)


def test_seat_message_contains_a_receipt_for_the_accepted_consent_text(
    service: Service,
) -> None:
    with joined(service, code="k7qx-m3pd", consent="2-de-taps") as (_, seat):
        text, receipt = consent_of("2-de-taps"), seat["receipt"]
        assert text is not None
        assert (receipt["text_sha256"], receipt["room_id"]) == (text.digest, service.room_id)
        secret = service.context.auth.accounts.derive_secret(RECEIPT_SECRET)
        assert check_receipt(receipt, secret)
        known = {"k", "name", "every", "next", "faces", "say", "paused", "room_paused"}
        assert {name: seat[name] for name in known} == {
            "k": "seat",
            "name": "Algebra 7b",
            "every": 500,
            "next": 0,
            "faces": False,
            "say": None,
            "paused": False,
            "room_paused": False,
        }


@pytest.mark.parametrize(
    ("agreed", "room_allows", "purpose", "may_send"),
    [
        ("2-en-faces", True, "research", True),
        ("2-en-taps", True, "research", False),
        ("2-en-faces", False, "research", False),
        ("2-en-faces", True, "personal", False),
    ],
)
def test_student_may_send_face_readings_only_if_consent_room_and_purpose_allow_this(
    service: Service,
    monkeypatch: pytest.MonkeyPatch,
    agreed: str,
    purpose: str,
    *,
    room_allows: bool,
    may_send: bool,
) -> None:
    monkeypatch.setenv("ROOMREAD_PURPOSE", purpose)
    room_id = new_room(service.store, OTHER_CODE, faces=room_allows)
    with joined(service, room_id, code=OTHER_CODE, consent=agreed, faces=True) as (_, seat):
        assert seat["faces"] is may_send


def test_wrong_room_codes_are_refused_and_rate_limited_for_each_ip_address(
    service: Service,
) -> None:
    elsewhere = new_room(service.store, OTHER_CODE)
    assert refused_with(service, elsewhere) == RoomClose.OVER
    assert refused_with(service, code="22222222") == RoomClose.OVER
    # Even the right code is now refused for this address.
    assert refused_with(service) == CloseCode.TRY_AGAIN_LATER


def test_room_that_is_closed_cannot_be_joined(service: Service) -> None:
    with joined(service) as (socket, seat):
        service.client.portal.call(service.held.close)  # type: ignore[union-attr]
        assert socket.receive_json() == {"k": "over"}
        assert close_code(socket) == RoomClose.OVER
    assert refused_with(service) == RoomClose.OVER
    assert refused_with(service, resume=seat["token"]) == RoomClose.OVER


def test_consent_to_an_older_text_is_refused(service: Service) -> None:
    with joined(service, consent="1-en-taps") as (socket, answer):
        assert answer["k"] == "error"
        assert "current version of the consent text" in answer["problem"]
        assert close_code(socket) == CloseCode.POLICY_VIOLATION


def test_full_room_closes_new_connections_until_a_student_leaves(service: Service) -> None:
    with ExitStack() as opened:
        students = [opened.enter_context(joined(service))[0] for _ in range(MAX_SEATS)]
        assert refused_with(service) == CloseCode.TRY_AGAIN_LATER
        students[0].send_json({"k": "leave"})
        assert close_code(students[0]) == RoomClose.LEFT
        with joined(service) as (_, seat):
            assert seat["k"] == "seat"


def test_second_tab_takes_over_the_seat_of_the_first_tab(service: Service) -> None:
    with joined(service) as (first, seat):
        first.send_json({"k": "say", "v": "lost"})
        token = seat["token"]
        # The token is enough, even with a wrong code.
        with joined(service, resume=token, code="22222222") as (_, again):
            assert close_code(first) == RoomClose.TAKEN_OVER
            assert (again["token"], again["receipt"], again["say"]) == (token, None, "lost")
            assert len(service.held.links) == 1


def test_student_with_a_token_of_another_room_or_of_a_left_seat_gets_a_new_seat(
    service: Service,
) -> None:
    elsewhere = new_room(service.store, OTHER_CODE)
    with joined(service, elsewhere, code=OTHER_CODE) as (_, other):
        with joined(service, resume=other["token"]) as (socket, seat):
            assert seat["token"] != other["token"]
            assert seat["receipt"] is not None
            socket.send_json({"k": "leave"})
            assert close_code(socket) == RoomClose.LEFT
        with joined(service, resume=seat["token"]) as (_, new):
            assert new["token"] != seat["token"]


def test_student_keeps_the_seat_when_the_connection_breaks(service: Service) -> None:
    with joined(service) as (_, seat):
        assert len(service.held.links) == 1
    assert service.held.links == {}
    assert service.held.status().people == 1
    with joined(service, resume=seat["token"]) as (_, again):
        assert again["token"] == seat["token"]


def test_acknowledgement_contains_the_number_of_the_newest_reading(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room_socket, "_ACK_PERIOD", 0.0)
    with joined(service, consent="2-en-faces", faces=True) as (socket, _):
        socket.send_json({"k": "say", "v": "ok"})
        for number in (0, 1):
            socket.send_json({"k": "r", "n": number, "age": 20, "p": HAPPY})
            assert socket.receive_json() == {"k": "ack", "n": number}


def test_student_page_over_the_message_rate_is_asked_to_send_less_often(service: Service) -> None:
    with joined(service) as (socket, _):
        for _ in range(12):
            socket.send_json({"k": "say", "v": "ok"})
        assert socket.receive_json() == {"k": "slower", "every": 1000}


def test_paused_seat_is_still_paused_when_its_page_is_reloaded(service: Service) -> None:
    with joined(service) as (socket, seat):
        socket.send_json({"k": "pause", "on": True})
    with joined(service, resume=seat["token"]) as (_, again):
        assert again["paused"] is True


@pytest.mark.parametrize(
    ("message", "problem"),
    [
        ({"k": "r", "n": 1, "age": 0, "p": [1, 2, 3]}, "'p' is not a list of 7 numbers"),
        (joining(), "this connection has joined already"),
        ({"k": "look"}, "'k' is not one of"),
    ],
)
def test_invalid_message_is_answered_with_the_problem_and_ends_the_connection(
    service: Service, message: dict[str, Any], problem: str
) -> None:
    with joined(service) as (socket, _):
        socket.send_json(message)
        answer = socket.receive_json()
        assert answer["k"] == "error"
        assert problem in answer["problem"]
        assert close_code(socket) == CloseCode.POLICY_VIOLATION


def test_first_message_must_be_a_join_message(service: Service) -> None:
    with service.connect() as socket:
        socket.send_json({"k": "say", "v": "ok"})
        assert "must be a join message" in socket.receive_json()["problem"]
        assert close_code(socket) == CloseCode.POLICY_VIOLATION


def test_connection_that_does_not_join_in_time_is_closed(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room_socket, "_JOIN_SECONDS", 0.01)
    with service.connect() as socket:
        assert close_code(socket) == CloseCode.POLICY_VIOLATION


def test_binary_and_too_long_messages_end_the_connection(service: Service) -> None:
    with joined(service) as (socket, _):
        socket.send_bytes(b"{}")
        assert close_code(socket) == CloseCode.UNSUPPORTED_DATA
    with joined(service) as (socket, _):
        socket.send_json({"k": "say", "v": "x" * 2000})
        assert close_code(socket) == CloseCode.TOO_LARGE


def test_connection_without_the_subprotocol_or_during_shutdown_is_refused(
    service: Service,
) -> None:
    with (
        pytest.raises(WebSocketDisconnect) as refused,
        service.client.websocket_connect(service.url()),
    ):
        pass
    assert refused.value.code == CloseCode.POLICY_VIOLATION
    service.context.closing = True
    with pytest.raises(WebSocketDisconnect) as refused, service.connect():
        pass
    assert refused.value.code == CloseCode.TRY_AGAIN_LATER


@dataclass(slots=True)
class FakeHolder:
    """A fake of the process that holds a room, which disconnects when the student leaves.

    Attributes:
        close_code: The code with which the process closes the connection.
        sent: The messages that the process received.
    """

    close_code: int | None
    sent: list[dict[str, Any]] = field(default_factory=list)
    _answers: asyncio.Queue[str | None] = field(default_factory=asyncio.Queue)

    async def send(self, text: str) -> None:
        message = json.loads(text)
        self.sent.append(message)
        left = message["k"] == "leave"
        self._answers.put_nowait(None if left else json.dumps({"to": message["k"]}))

    async def __aiter__(self) -> AsyncIterator[str]:
        while (answer := await self._answers.get()) is not None:
            yield answer


@pytest.fixture
def elsewhere(service: Service, tmp_path: Path) -> Iterator[None]:
    """Make another process hold the room."""
    other = Store(f"sqlite:///{tmp_path / 'roomread.db'}")
    leases = other.leases("http://192.0.2.1:8501")
    assert leases.acquire(f"session:{service.room_id}") is None
    yield
    other.close()


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize(
    ("code", "shown"),
    [
        (RoomClose.LEFT, RoomClose.LEFT),
        (RoomClose.OVER, RoomClose.OVER),
        (1006, CloseCode.TRY_AGAIN_LATER),
        (None, CloseCode.TRY_AGAIN_LATER),
    ],
)
def test_connection_is_relayed_to_the_process_that_holds_the_room(
    service: Service, monkeypatch: pytest.MonkeyPatch, code: int | None, shown: int
) -> None:
    holder, asked = FakeHolder(code), list[tuple[str, str, str]]()

    @asynccontextmanager
    async def relay(
        address: str, request: ReceivedRequest, protocol: str
    ) -> AsyncIterator[FakeHolder]:
        asked.append((address, request.path, protocol))
        yield holder

    monkeypatch.setattr(room_socket, "relay_socket", relay)
    with joined(service) as (socket, answer):
        assert answer == {"to": "join"}
        socket.send_json({"k": "say", "v": "ok"})
        assert socket.receive_json() == {"to": "say"}
        socket.send_json({"k": "leave"})
        assert close_code(socket) == shown
    assert asked == [("http://192.0.2.1:8501", service.url(), PROTOCOL)]
    assert holder.sent == [joining(), {"k": "say", "v": "ok"}, {"k": "leave"}]


@pytest.mark.usefixtures("elsewhere")
def test_connection_is_closed_with_try_again_later_if_the_process_of_the_room_does_not_respond(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    @asynccontextmanager
    async def relay(*_: object) -> AsyncIterator[FakeHolder]:
        raise BusyError("the process that holds this room does not respond")
        yield

    monkeypatch.setattr(room_socket, "relay_socket", relay)
    assert refused_with(service) == CloseCode.TRY_AGAIN_LATER
