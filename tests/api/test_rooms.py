"""Rooms over the API, which students join by a code and a teacher watches."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from sqlalchemy.engine import Row
from websockets.exceptions import ConnectionClosed

from api_client import client_of
from joining_students import HAPPY, NEUTRAL, Student, joined, room_info
from program import free_port
from roomread.api import rooms
from roomread.client import Client
from roomread.joining import parse_code
from roomread.services.accounts import LOCAL
from roomread.services.capacity import ConcurrencyLimiter
from roomread.store import Session, room_store, rows
from roomread.store.rows import to_session
from roomread.testing.fakes import temporary_store
from serving import Service, serving


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("service")
    with serving(folder, requests_per_minute="100000", purpose="research") as running:
        yield running


@pytest.fixture
def http(service: Service) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{service.url}/api/v1/", timeout=60) as client:
        yield client


@pytest.fixture
def room(http: httpx.Client) -> Iterator[dict[str, Any]]:
    made = http.post("rooms", json={"name": "Algebra 7b", "faces": True})
    assert made.status_code == 201, made.text
    found: dict[str, Any] = made.json()
    yield found
    http.post(f"rooms/{found['id']}/close")


def events(
    url: str, room_id: str, enough: Callable[[dict[str, Any]], bool]
) -> list[dict[str, Any]]:
    """Return the events of a board up to the first for which `enough` returns True."""
    found = []
    with httpx.stream("GET", f"{url}/api/v1/rooms/{room_id}/events", timeout=60) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        for line in stream.iter_lines():
            if line.startswith("data: "):
                found.append(json.loads(line[6:]))
                if enough(found[-1]):
                    break
    return found


def closed_with(student: Student) -> int | None:
    """Return the code with which the server closes the connection of a student."""
    try:
        while True:
            student.receive()
    except ConnectionClosed as ended:
        return ended.rcvd.code if ended.rcvd is not None else None


def test_room_has_a_code_a_link_and_a_qr_code(http: httpx.Client, room: dict[str, Any]) -> None:
    assert parse_code(room["code"]) is not None
    assert room["link"].endswith(f"/join?code={room['code']}")
    picture = http.get(f"rooms/{room['id']}/code.svg")
    assert picture.headers["content-type"] == "image/svg+xml"
    assert picture.text.startswith("<?xml")
    assert http.get("rooms").json()["rooms"][0]["id"] == room["id"]
    session = http.get(f"sessions/{room['id']}").json()
    assert (session["name"], session["keeps_people"]) == ("Algebra 7b", False)


def test_listing_rooms_reads_no_session_that_has_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    with temporary_store() as store:
        owned = store.owned_by(LOCAL.id)
        for name, code in (("Algebra 7b", "K7QXM3PD"), ("Biology 7b", "H4JMN2PQ")):
            assert owned.rooms.add(owned.create(name).id, code, faces=False)
        owned.create("no room")
        read: list[str] = []

        def note(row: Row[Any]) -> Session:
            session = to_session(row)
            read.append(session.name)
            return session

        for module in (room_store, rows):
            monkeypatch.setattr(module, "to_session", note)
        limiter = ConcurrencyLimiter(running=1, waiting=1, what="session requests")
        context = SimpleNamespace(store=store, session_limiter=limiter)
        listed = client_of(rooms.router, context).get("/api/v1/rooms").json()["rooms"]
    assert [(room["name"], room["code"]) for room in listed] == [
        *(("Biology 7b", "H4JM-N2PQ"), ("Algebra 7b", "K7QX-M3PD"))
    ]
    assert read == ["Biology 7b", "Algebra 7b"]


def test_room_stores_how_people_were_informed_and_the_report_states_this(
    http: httpx.Client,
) -> None:
    asked = {"name": "Algebra 7b", "faces": True, "notice": "slide before the lesson"}
    made = http.post("rooms", json=asked).json()
    assert made["notice"] == "slide before the lesson"
    assert made["notice_at"] == made["started_at"]
    http.post(f"rooms/{made['id']}/close")
    assert http.get(f"sessions/{made['id']}").json()["notice"] == "slide before the lesson"
    report = http.get(f"sessions/{made['id']}/report").text
    (informed,) = re.findall(r"<p>The people were informed .*</p>", report)
    assert informed.endswith(": slide before the lesson</p>")
    assert http.post("rooms", json=asked | {"notice": "a" * 1001}).status_code == 422


def test_student_sees_the_consent_text_before_joining(
    service: Service, room: dict[str, Any]
) -> None:
    found = room_info(service.url, room["code"].lower())
    assert (found["id"], found["name"], found["faces"]) == (room["id"], "Algebra 7b", True)
    assert found["taps_consent"]["version"] == "2-en-taps"
    assert "leave at any time" in found["faces_consent"]["text"][-1]


def test_teacher_board_counts_faces_and_button_presses_and_the_session_stores_the_counts(
    service: Service, http: httpx.Client, room: dict[str, Any]
) -> None:
    with ExitStack() as held:
        students = [
            held.enter_context(joined(service.url, room["id"], room["code"], faces=True))
            for _ in range(6)
        ]
        ended = threading.Event()

        def show() -> None:
            while not ended.wait(0.4):
                for number, student in enumerate(students):
                    student.show(HAPPY if number < 3 else NEUTRAL)

        sender = threading.Thread(target=show)
        sender.start()
        students[0].send(k="say", v="lost")
        students[1].send(k="say", v="ok")
        try:
            found = events(
                service.url, room["id"], lambda e: bool((e.get("mood") or {}).get("scores"))
            )
        finally:
            ended.set()
            sender.join()
        assert "history" in found[0]
        assert found[0]["paused"] is False
        last = found[-1]
        assert last["status"] | {"withheld": False} == {
            "people": 6,
            "read": 6,
            "faceless": 0,
            "paused": 0,
            "screen": 0,
            "taps": 2,
            "reports": {"ok": 1, "lost": 1, "slower": 0, "faster": 0},
            "withheld": False,
        }
        assert last["mood"]["scores"]["happy"] == 0.5
        assert http.get(f"rooms/{room['id']}").json()["status"]["people"] == 6
        assert http.get(f"sessions/{room['id']}/mood").json()["state"] == "recording"
        paused = http.post(f"rooms/{room['id']}/pause", json={"on": True}).json()
        assert paused["status"]["paused"] == 6
        assert events(service.url, room["id"], lambda e: "history" in e)[0]["paused"] is True
        http.post(f"rooms/{room['id']}/pause", json={"on": False})
        assert http.post(f"rooms/{room['id']}/close").json()["code"] is None
        assert [closed_with(student) for student in students] == [4003] * 6
    assert http.post(f"rooms/{room['id']}/close").status_code == 200
    assert http.post(f"rooms/{room['id']}/code").status_code == 409
    assert http.get(f"rooms/{room['id']}").json()["state"] == "ended"
    moods = http.get(f"sessions/{room['id']}/timeline").json()["moods"]
    assert any(mood["scores"] is not None for mood in moods)
    hardest = http.get(f"rooms/{room['id']}/summary").json()["hardest"]
    assert len(hardest) <= 3


def test_every_teacher_board_receives_the_new_code_the_pause_and_the_number_of_marks(
    service: Service, http: httpx.Client, room: dict[str, Any]
) -> None:
    first = events(service.url, room["id"], lambda e: "status" in e)
    for event in first:
        assert (event["code"], event["paused"], event["marks"]) == (room["code"], False, 0)
    with ThreadPoolExecutor() as threads:
        # Keep a board open during the changes.
        board = threads.submit(
            events, service.url, room["id"], lambda e: e["marks"] == 1 and e["paused"]
        )
        made = http.post(f"rooms/{room['id']}/code").json()
        assert made["code"] != room["code"]
        mark = {"label": "group work", "time": 1.0}
        http.post(f"sessions/{room['id']}/marks", json=mark).raise_for_status()
        http.post(f"rooms/{room['id']}/pause", json={"on": True}).raise_for_status()
        last = board.result(timeout=30)[-1]
    assert last["code"] == made["code"]
    again = events(service.url, room["id"], lambda e: "history" in e)[0]
    assert (again["code"], again["paused"], again["marks"]) == (made["code"], True, 1)
    assert http.get(f"rooms/{room['id']}").json()["code"] == made["code"]


def test_students_are_notified_when_the_teacher_pauses_or_closes_the_room(
    service: Service, http: httpx.Client, room: dict[str, Any]
) -> None:
    address = f"rooms/{room['id']}"
    with ExitStack() as held:
        students = [
            held.enter_context(joined(service.url, room["id"], room["code"])) for _ in range(2)
        ]
        assert {student.seat["room_paused"] for student in students} == {False}
        for on in (True, False, True):
            http.post(f"{address}/pause", json={"on": on}).raise_for_status()
            assert [one.receive() for one in students] == [{"k": "room", "paused": on}] * 2
        with joined(service.url, room["id"], room["code"]) as late:
            assert (late.seat["room_paused"], late.seat["paused"]) == (True, False)
            assert late.seat["name"] == "Algebra 7b"
        http.post(f"{address}/close").raise_for_status()
        assert [one.receive() for one in students] == [{"k": "over"}] * 2


def test_consent_receipt_is_valid_only_if_it_is_unchanged(
    service: Service, http: httpx.Client, room: dict[str, Any]
) -> None:
    with joined(service.url, room["id"], room["code"]) as student:
        receipt = student.seat["receipt"]
    assert receipt["text_sha256"] == room_info(service.url, room["code"])["taps_consent"]["sha256"]
    address = f"rooms/{room['id']}/receipts"
    assert http.post(address, json=receipt).json() == {"valid": True}
    assert http.post(address, json=receipt | {"given_at": "2020"}).json() == {"valid": False}


def test_faces_read_from_a_shared_screen_are_counted_in_the_room(
    service: Service, room: dict[str, Any]
) -> None:
    faces = [
        {
            "track_id": n,
            "box": {"left": 100.0 * n, "top": 10.0, "right": 100.0 * n + 50, "bottom": 70.0},
            "scores": {
                "angry": 0,
                "disgust": 0,
                "fear": 0,
                "happy": 1,
                "sad": 0,
                "surprise": 0,
                "neutral": 0,
            },
        }
        for n in range(1, 8)
    ]
    with httpx.Client(base_url=f"{service.url}/api/v1/", timeout=60) as http:
        status = {}
        for number in range(8):
            frame = {"schema_version": 1, "time": number / 2, "faces": faces}
            sent = http.post(f"sessions/{room['id']}/readings", json=frame)
            assert sent.json()["accepted"] == 1, sent.text
            status = http.get(f"rooms/{room['id']}").json()["status"]
            time.sleep(0.5)
        assert status["screen"] == 7
        with Client(service.url) as client:
            mood = client.sessions.mood(room["id"])
        assert mood is not None
        assert (mood.readable, mood.valence) == (7, 1.0)
        assert http.post(f"sessions/{room['id']}/end").status_code == 409
        source = http.get(f"sessions/{room['id']}").json()["source"]
    assert source == "students who joined by a code, and a shared window"


def test_requests_with_wrong_room_codes_from_one_address_are_rate_limited(tmp_path: Path) -> None:
    with (
        serving(tmp_path, requests_per_minute="100000", purpose="personal") as service,
        httpx.Client(base_url=f"{service.url}/api/v1/", timeout=60) as http,
    ):
        room = http.post("rooms", json={"name": "Algebra 7b"}).json()
        for _ in range(80):
            assert http.get(f"join/{room['code']}").status_code == 200
        answers = [http.get("join/2222-2222").status_code for _ in range(70)]
        assert answers[:60] == [404] * 60
        assert 429 in answers
        refused = http.post("rooms", json={"name": "Algebra 7b", "faces": True})
        assert refused.status_code == 403, refused.text


def test_room_continues_after_the_server_was_killed(tmp_path: Path) -> None:
    port = str(free_port())
    with (
        serving(tmp_path, "--port", port) as service,
        httpx.Client(base_url=f"{service.url}/api/v1/", timeout=60) as http,
    ):
        room = http.post("rooms", json={"name": "Algebra 7b"}).json()
        with joined(service.url, room["id"], room["code"]) as student:
            token = student.seat["token"]
            events(service.url, room["id"], lambda e: (e.get("mood") or {}).get("time", 0) > 3)
            before = http.get(f"sessions/{room['id']}/timeline").json()["moods"]
            service.kill()
    with serving(tmp_path, "--port", port) as service:
        with joined(service.url, room["id"], room["code"], resume=token) as student:
            # The student has the same seat, and is therefore not counted twice.
            assert student.seat["token"] == token
            after = events(
                service.url, room["id"], lambda e: (e.get("mood") or {}).get("time", 0) > 0
            )
            assert after[-1]["status"]["people"] == 1
            assert after[-1]["mood"]["time"] > before[-1]["time"]
            with joined(service.url, room["id"], room["code"]) as other:
                assert other.seat["token"].split(".")[0] != token.split(".")[0]
        kept = httpx.get(f"{service.url}/api/v1/sessions/{room['id']}/timeline", timeout=60)
        times = [mood["time"] for mood in kept.json()["moods"]]
        assert times[: len(before)] == [mood["time"] for mood in before]
        assert times == sorted(set(times))
