"""Sessions over the API, from ingested readings to moods, marks, people and exports."""

from __future__ import annotations

import importlib.util
import json
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from classes import lesson
from roomread.client import Client, ServiceError
from roomread.readings import Reading
from roomread.room import State
from roomread.services.accounts import Scope
from roomread.store import LOCAL_OWNER, Store
from roomread.wire import FrameReadings, frame_to_dict
from serving import Service, accounts_of, run_cli, serving

RULES = "person negative above 1% for 5 s\nroom happy above 1% for 5 s\n"


def received(time: float, readings: list[Reading]) -> FrameReadings:
    """Return a frame with the readings that another machine would send."""
    faces = tuple(replace(reading, source="room 3", time=time) for reading in readings)
    return FrameReadings("room 3", time, None, 1920, 1080, faces)


LESSON = [received(time, readings) for time, readings in lesson(60, people=8)]
SENT = [frame_to_dict(frame) for frame in LESSON]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("service")
    with serving(folder, requests_per_minute="100000", retention_days="30") as running:
        yield running


@pytest.fixture
def room(service: Service) -> Iterator[Client]:
    with Client(service.url) as client:
        yield client


@pytest.fixture
def http(service: Service) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{service.url}/api/v1/", timeout=60) as client:
        yield client


def stored(service: Service) -> Store:
    return Store(f"sqlite:///{service.folder / 'data' / 'roomread.db'}")


def test_session_of_posted_readings_has_moods_marks_and_an_export(
    service: Service, room: Client, tmp_path: Path
) -> None:
    session = room.sessions.create("Algebra 7b", rules=RULES)
    assert (session.state(), session.keeps_people) == (State.RECORDING, False)
    assert room.sessions.mood(session.id) is None
    said = room.sessions.send(session.id, LESSON)
    assert (said.accepted, said.repeated) == (120, 0)
    assert said.mood is not None
    assert room.sessions.mood(session.id) == said.mood
    assert (said.mood.present, said.mood.time) == (8, 59.0)
    assert said.mood.scores is not None
    assert said.mood.scores.sum() == pytest.approx(1)
    moods = list(room.sessions.timeline(session.id))
    assert [mood.time for mood in moods] == list(range(1, 60))
    assert list(room.sessions.timeline(session.id, since=50)) == moods[-10:]
    now = room.sessions.mark(session.id, "group work")
    then = room.sessions.mark(session.id, "a test", at=30)
    assert now.time == 59
    assert room.sessions.mark(session.id, "a test", at=30) == then
    assert room.sessions.marks(session.id) == [then, now]
    room.sessions.unmark(session.id, now)
    (alert,) = room.sessions.alerts(session.id)
    assert (alert.seat, alert.rule) == (None, "room happy above 1% for 5 s")
    assert room.sessions.end(session.id).state() is State.ENDED
    room.sessions.export(session.id, tmp_path / "room.csv")
    room.sessions.export(session.id, tmp_path / "room.json", form="json")
    room.sessions.export(session.id, tmp_path / "room.parquet", form="parquet")
    assert (tmp_path / "room.csv").read_text().count("\n") == 60
    assert [
        mark["label"] for mark in json.loads((tmp_path / "room.json").read_text())["marks"]
    ] == ["a test"]
    assert (tmp_path / "room.parquet").read_bytes()[:4] == b"PAR1"
    report = room.sessions.report(session.id)
    assert "Algebra 7b" in report
    assert "a test" in report
    if importlib.util.find_spec("weasyprint") is not None:
        assert room.sessions.report_pdf(session.id)[:5] == b"%PDF-"
    assert not list((service.folder / "data" / "exports").iterdir())
    # Without sign-in, the API and the command line have the same owner.
    assert "Algebra 7b" in run_cli(service.folder, "session", "show", session.id).stdout
    room.sessions.delete(session.id)
    with pytest.raises(ServiceError, match="there is no session"):
        room.sessions.get(session.id)


def test_session_without_consent_stores_nothing_about_individuals(
    service: Service, room: Client, http: httpx.Client
) -> None:
    session = room.sessions.create("Algebra 7b", rules=RULES)
    named = [
        replace(frame, readings=tuple(replace(each, person="Ada") for each in frame.readings))
        for frame in LESSON
    ]
    room.sessions.send(session.id, named)
    everything = stored(service)
    store = everything.owned_by(LOCAL_OWNER)
    assert len(store.readings(session.id)) == 0
    assert {alert.seat for alert in store.alerts(session.id)} == {None}
    everything.close()
    answer = http.get(f"sessions/{session.id}/export", params={"people": "1"})
    assert answer.status_code == 409
    with pytest.raises(ServiceError, match="no readings of individual people"):
        room.sessions.enrol(session.id, 1, "Ada", consent="a letter")
    for path in (service.folder / "data").glob("roomread.db*"):
        assert b"Ada" not in path.read_bytes()


def test_session_with_consent_stores_readings_by_seat_and_deletes_a_forgotten_seat(
    service: Service, room: Client, tmp_path: Path
) -> None:
    session = room.sessions.create("Algebra 7b", consent="all eight, in writing")
    assert session.keeps_people
    room.sessions.send(session.id, LESSON)
    room.sessions.end(session.id)
    room.sessions.export(session.id, tmp_path / "people.csv", people=True)
    assert (tmp_path / "people.csv").read_text().count("\n") == 1 + 120 * 8
    assert room.sessions.people(session.id) == []
    person = room.sessions.enrol(session.id, 3, "Ada", consent="a letter")
    assert (person.seat, person.name, person.consent) == (3, "Ada", "a letter")
    assert room.sessions.people(session.id) == [person]
    with pytest.raises(ServiceError, match="has no readings of seat 99"):
        room.sessions.enrol(session.id, 99, "Ada", consent="a letter")
    with pytest.raises(ServiceError, match="consent"):
        room.sessions.enrol(session.id, 3, "Ada", consent=" ")
    room.sessions.forget_seat(session.id, 3)
    assert room.sessions.people(session.id) == []
    room.sessions.export(session.id, tmp_path / "people.csv", people=True)
    assert (tmp_path / "people.csv").read_text().count("\n") == 1 + 120 * 7
    everything = stored(service)
    store = everything.owned_by(LOCAL_OWNER)
    assert store.session(session.id).consent == "all eight, in writing"
    kept = {r.time: r for r in store.readings(session.id) if r.seat == 1}
    everything.close()
    for time, readings in lesson(60, people=8):
        first = readings[0]
        again = kept[time]
        assert again.quality.reason == first.quality.reason
        if first.scores is not None and again.scores is not None:
            assert again.scores == first.scores


def test_repeated_and_simultaneous_readings_are_stored_once(service: Service, room: Client) -> None:
    session = room.sessions.create("Algebra 7b", consent="all eight")
    first = room.sessions.send(session.id, LESSON[:40])
    again = room.sessions.send(session.id, LESSON[20:60])
    assert (first.accepted, again.accepted, again.repeated) == (40, 20, 20)
    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(lambda _: room.sessions.send(session.id, LESSON[60:80]), range(4)))
    assert sorted(one.accepted for one in said) == [0, 0, 0, 20]
    everything = stored(service)
    store = everything.owned_by(LOCAL_OWNER)
    assert len(store.readings(session.id)) == 80 * 8
    assert len({(r.time, r.seat) for r in store.readings(session.id)}) == 80 * 8
    everything.close()


def signed_in(service: Service) -> dict[str, str]:
    """Sign in as Anna, and return her cookies."""
    form = {"name": "anna", "password": "a few words for Anna"}
    answer = httpx.post(f"{service.url}/sign-in", data=form)
    assert answer.status_code == 303
    return dict(answer.cookies)


def test_killed_service_keeps_accepted_readings_and_sign_ins(
    tmp_path: Path,
) -> None:
    with accounts_of(tmp_path) as accounts:
        accounts.add_user("anna", "a few words for Anna", list(Scope))
        key = accounts.add_key("camera", list(Scope))
    with serving(tmp_path, "--sign-in") as first:
        stays, leaves = signed_in(first), signed_in(first)
        assert httpx.post(f"{first.url}/sign-out", cookies=leaves).status_code == 303
        with Client(first.url, key=key) as room:
            session = room.sessions.create("Algebra 7b", consent="all eight")
            room.sessions.send(session.id, LESSON[:50])
        first.kill()
        (tmp_path / "data" / "exports").mkdir(exist_ok=True)
        (tmp_path / "data" / "exports" / "left").write_text("by a crash")
    with serving(tmp_path, "--sign-in") as second, Client(second.url, key=key) as room:
        statuses = [
            httpx.get(f"{second.url}/api/v1/models", cookies=cookies).status_code
            for cookies in (stays, leaves)
        ]
        assert statuses == [200, 401]
        assert not (tmp_path / "data" / "exports").exists()
        # The sender repeats its last ten frames, as if it had received no response.
        said = room.sessions.send(session.id, LESSON[40:])
        assert (said.accepted, said.repeated) == (70, 10)
        everything = stored(second)
        store = everything.owned_by(f"key:{key.split('_')[1]}")
        kept = [(reading.time, reading.seat) for reading in store.readings(session.id)]
        assert kept == [(f.time, reading.track_id) for f in LESSON for reading in f.readings]
        everything.close()


def test_websocket_accepts_the_same_messages_as_post(service: Service, room: Client) -> None:
    session = room.sessions.create("Algebra 7b")
    address = service.url.replace("http", "ws") + "/api/v1/sessions/{}/readings"
    with connect(address.format(session.id)) as socket:
        for frame in LESSON[:20]:
            socket.send(json.dumps(frame_to_dict(frame)))
        answers = [json.loads(socket.recv(timeout=60)) for _ in range(20)]
        assert [answer["accepted"] for answer in answers] == [1] * 20
        assert answers[-1]["mood"]["present"] == 8
        socket.send(json.dumps(SENT[10:30]))
        assert json.loads(socket.recv(timeout=60))["repeated"] == 10
        socket.send("[1, 2]")
        problem = json.loads(socket.recv(timeout=60))["problem"]
        assert (problem["status"], problem["detail"][:5]) == (422, "$[0]:")
        room.sessions.end(session.id)
        socket.send(json.dumps(SENT[30]))
        assert json.loads(socket.recv(timeout=60))["problem"]["status"] == 409
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=60)
    with pytest.raises(InvalidStatus) as refused, connect(address.format("00000000")):
        pass
    assert refused.value.response.status_code == 404
    assert refused.value.response.headers["content-type"] == "application/problem+json"
    with connect(address.format(session.id)) as socket:
        socket.send(b"\x00")
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=60)


FACE = SENT[0]["faces"][0]


def one(*faces: dict[str, Any], time: float = 1) -> dict[str, Any]:
    return {"schema_version": 1, "time": time, "faces": list(faces)}


# Examples of invalid requests. tests/wire tests every rule of the schema.
WRONG: dict[str, Any] = {
    "no version": [{"time": 1, "faces": []}],
    "no track id": [one(FACE | {"track_id": None})],
    "scores that do not sum to 1": [one(FACE | {"scores": dict.fromkeys(FACE["scores"], 0.9)})],
    "a box inside out": [one(FACE | {"box": {"left": 9, "top": 9, "right": 1, "bottom": 1}})],
    "one person twice": [one(FACE, FACE)],
    "before the start": [one(time=-1)],
    "after a day": [one(time=100_000)],
    "nothing": [],
    "too much at once": [one(time=n) for n in range(201)],
    "a crowd": [one(*(FACE | {"track_id": n} for n in range(1, 302)))],
    "no frames": {"pictures": []},
}


@pytest.mark.parametrize("kind", WRONG)
def test_request_with_invalid_readings_is_refused_and_stores_nothing(
    kind: str, room: Client
) -> None:
    session = room.sessions.create("Algebra 7b")
    frames = WRONG[kind]
    with pytest.raises(ServiceError) as told:
        room.sessions._ask("POST", f"sessions/{session.id}/readings", json=frames)
    assert told.value.status == 422
    assert told.value.hint
    assert room.sessions.mood(session.id) is None


def test_nan_and_infinity_are_refused(http: httpx.Client, room: Client) -> None:
    session = room.sessions.create("Algebra 7b")
    for text in ("NaN", "Infinity", "1e999"):
        content = f'{{"schema_version": 1, "time": {text}, "faces": []}}'
        assert http.post(f"sessions/{session.id}/readings", content=content).status_code == 422
    for body in ({"name": "  "}, {"name": "a\0b"}, {"name": "a", "rules": "be good"}, {"name": 1}):
        assert http.post("sessions", json=body).status_code == 422
    assert http.post("sessions", json={"name": "a", "owner": "user:1"}).status_code == 422


def test_sessions_are_listed_page_by_page(room: Client, http: httpx.Client) -> None:
    made = [room.sessions.create(name).id for name in ("Algebra", "Biology", "Chemistry")]
    first = http.get("sessions", params={"limit": 2}).json()
    assert [each["id"] for each in first["sessions"]] == [made[2], made[1]]
    assert first["next"] == made[1]
    then = http.get("sessions", params={"before": first["next"], "limit": 1}).json()
    assert [each["id"] for each in then["sessions"]] == [made[0]]
    assert http.get("sessions", params={"before": "0" * 8}).status_code == 404
    assert http.get("sessions", params={"limit": 1001}).status_code == 422


def test_session_recorded_on_the_command_line_accepts_no_readings_over_the_api(
    service: Service, room: Client, http: httpx.Client
) -> None:
    everything = stored(service)
    store = everything.owned_by(LOCAL_OWNER)
    recorded = store.create("Recorded here", source="lesson.mp4")
    everything.close()
    assert recorded.id in {session.id for session in room.sessions.all()}
    sent = http.post(f"sessions/{recorded.id}/readings", json=SENT[:3])
    ended = http.post(f"sessions/{recorded.id}/end")
    assert (sent.status_code, ended.status_code) == (409, 409)
    assert "lesson.mp4" in sent.json()["detail"]


def test_readings_refused_because_the_database_is_locked_can_be_sent_again(
    service: Service, room: Client
) -> None:
    session = room.sessions.create("Algebra 7b", consent="all eight")
    room.sessions.send(session.id, LESSON[:10])
    held = sqlite3.connect(service.folder / "data" / "roomread.db")
    held.execute("BEGIN IMMEDIATE")
    with pytest.raises(ServiceError) as told:
        room.sessions.send(session.id, LESSON[10:20], patience=0)
    held.rollback()
    held.close()
    assert told.value.status == 503
    assert told.value.retry_after
    assert str(service.folder) not in str(told.value)
    room.sessions.send(session.id, LESSON[10:20])
    everything = stored(service)
    store = everything.owned_by(LOCAL_OWNER)
    assert len(store.readings(session.id)) == 20 * 8
    everything.close()
