"""Tests of two `roomread serve` processes that share one PostgreSQL database."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from classes import lesson
from clips import make_clip
from joining_students import joined
from postgres import PostgresServer
from program import free_port
from roomread.client import Client
from roomread.room import State
from roomread.services.accounts import Accounts, Scope
from roomread.store import Store, schema
from roomread.wire import FrameReadings, frame_to_dict
from serving import Service, run_cli, serving

PASSWORD = "a few words for Anna"  # noqa: S105 (a made-up password)
ASKED = {"name": "Algebra 7b", "consent": "all eight, in writing"}
LESSON = [
    FrameReadings("room 3", time, None, None, None, tuple(readings))
    for time, readings in lesson(60, people=8)
]


@dataclass(slots=True)
class Pair:
    """Two running processes, with the database, the folder of jobs and the key that they share."""

    database: str
    jobs: Path
    key: str
    first: Service
    second: Service


def settings(database: str, jobs: Path) -> dict[str, str]:
    return {
        "database_url": database,
        "jobs_folder": str(jobs),
        "requests_per_minute": "100000",
        "retention_days": "30",
    }


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, postgres: PostgresServer) -> Iterator[Pair]:
    database, jobs = postgres.new_database(), tmp_path_factory.mktemp("shared") / "jobs"
    store = Store(database)
    accounts = Accounts(store.accounts)
    accounts.add_user("anna", PASSWORD, list(Scope))
    key = accounts.add_key("camera", list(Scope))
    _add_expired_session(store)
    store.close()
    shared = settings(database, jobs)
    folders = [tmp_path_factory.mktemp(name) for name in ("first", "second")]
    with (
        serving(folders[0], "--sign-in", **shared) as first,
        serving(folders[1], "--sign-in", **shared) as second,
    ):
        yield Pair(database, jobs, key, first, second)


def _add_expired_session(store: Store) -> None:
    anna = store.owned_by("user:old")
    session = anna.create("Expired")
    before = session.updated_at.replace(year=session.updated_at.year - 1, tzinfo=None)
    with anna._database.engine.begin() as connection:
        update = schema.sessions.update().where(schema.sessions.c.id == session.id)
        connection.execute(update.values(updated_at=before))


def status(service: Service, key: str) -> int:
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.get(f"{service.url}/api/v1/sessions", headers=headers).status_code


def socket_url(service: Service, path: str) -> str:
    return service.url.replace("http", "ws") + path


def readings(store_url: str, key: str, session_id: str) -> list[tuple[float, int | None]]:
    store = Store(store_url)
    kept = store.owned_by(f"key:{key.split('_')[1]}").readings(session_id)
    found = [(reading.time, reading.seat) for reading in kept]
    store.close()
    return found


def test_key_is_accepted_by_both_processes_and_refused_by_both_once_revoked(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROOMREAD_DATABASE_URL", pair.database)
    key = run_cli(pair.first.folder, "keys", "add", "board").stdout.strip()
    assert [status(each, key) for each in (pair.first, pair.second)] == [200, 200]
    bearer = {"Authorization": f"Bearer {key}"}
    with ExitStack() as opened:
        sockets = [
            opened.enter_context(
                connect(socket_url(each, "/api/v1/live"), additional_headers=bearer)
            )
            for each in (pair.first, pair.second)
        ]
        store = Store(pair.database)
        Accounts(store.accounts).revoke_key(key.split("_")[1])
        revoked = time.monotonic()
        store.close()
        assert [status(each, key) for each in (pair.first, pair.second)] == [401, 401]
        for socket in sockets:
            with pytest.raises(ConnectionClosed):
                socket.recv(timeout=20)
        assert time.monotonic() - revoked < 2


def test_sign_in_at_one_process_is_valid_at_both_processes(pair: Pair) -> None:
    form = {"name": "anna", "password": PASSWORD}
    answer = httpx.post(f"{pair.first.url}/sign-in", data=form, timeout=60)
    cookies = dict(answer.cookies)
    models = f"{pair.second.url}/api/v1/models"
    assert httpx.get(models, cookies=cookies).status_code == 200
    httpx.post(f"{pair.second.url}/sign-out", cookies=cookies)
    assert httpx.get(f"{pair.first.url}/api/v1/models", cookies=cookies).status_code == 401


def test_readings_sent_alternately_to_both_processes_form_one_session(pair: Pair) -> None:
    with (
        Client(pair.first.url, key=pair.key) as first,
        Client(pair.second.url, key=pair.key) as second,
    ):
        session = first.sessions.create("Algebra 7b", consent="all eight, in writing")
        both = (first, second)
        for n in range(0, 120, 10):
            result = both[n // 10 % 2].sessions.send(session.id, LESSON[n : n + 10])
            assert (result.accepted, result.repeated) == (10, 0)
        repeated = second.sessions.send(session.id, LESSON[110:])
        assert (repeated.accepted, repeated.repeated) == (0, 10)
        moods = list(second.sessions.timeline(session.id))
        assert second.sessions.end(session.id).state() is State.ENDED
        alone = first.sessions.create("Algebra 7b", consent="all eight, in writing")
        first.sessions.send(alone.id, LESSON)
        # The moods are the same as if one process had received all readings.
        assert moods == list(first.sessions.timeline(alone.id))
    assert [mood.time for mood in moods] == list(range(1, 60))
    kept = readings(pair.database, pair.key, session.id)
    assert kept == [(f.time, face.track_id) for f in LESSON for face in f.readings]


def test_websocket_to_one_process_adds_readings_to_a_session_of_the_other_process(
    pair: Pair,
) -> None:
    with Client(pair.first.url, key=pair.key) as first:
        session = first.sessions.create("Algebra 7b")
        first.sessions.send(session.id, LESSON[:10])
    bearer = {"Authorization": f"Bearer {pair.key}"}
    path = f"/api/v1/sessions/{session.id}/readings"
    with connect(socket_url(pair.second, path), additional_headers=bearer) as socket:
        socket.send(json.dumps([frame_to_dict(frame) for frame in LESSON[5:20]]))
        answer = json.loads(socket.recv(timeout=60))
        assert (answer["accepted"], answer["repeated"]) == (10, 5)
        socket.send("[1]")
        assert json.loads(socket.recv(timeout=60))["problem"]["status"] == 422


def test_expired_sessions_are_deleted_when_the_service_starts(pair: Pair) -> None:
    store = Store(pair.database)
    deadline = time.monotonic() + 30
    while store.owned_by("user:old").sessions():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    store.close()


def test_job_and_session_of_a_killed_process_are_continued_by_the_other_process(
    pair: Pair, tmp_path: Path
) -> None:
    clip = make_clip(tmp_path / "lesson.mp4", [n / 10 for n in range(400)], size=(320, 240))
    shared = settings(pair.database, pair.jobs)
    with serving(tmp_path, "--sign-in", **shared) as third:
        with Client(third.url, key=pair.key) as room:
            rules = "room happy above 10% for 5 s"
            session = room.sessions.create("Algebra 7b", consent=ASKED["consent"], rules=rules)
            room.sessions.send(session.id, LESSON[:50])
            video = room.send_video(clip)
            while room.video(video.id).state == "waiting":
                time.sleep(0.05)
        third.kill()
    killed = time.monotonic()
    with Client(pair.second.url, key=pair.key) as room:
        assert room.video(video.id).state == "reading"
        # The sender received no response to its last request, and sends its frames again.
        result = room.sessions.send(session.id, LESSON[40:], patience=30)
        taken_over = time.monotonic() - killed
        assert (result.accepted, result.repeated) == (70, 10)
        # The alert that the killed process raised still holds, and is not raised again.
        assert [(alert.number, alert.time < 25) for alert in result.alerts] == [(1, True)]
        assert room.sessions.alerts(session.id) == result.alerts
        # The lease ends after five seconds, and the client repeats its request once a second.
        assert taken_over < 8
        room.sessions.end(session.id)
        video = room.wait(video.id)
        assert (video.state, video.error) == ("finished", "")
        assert len(list(room.frames(video.id))) == 400
    kept = readings(pair.database, pair.key, session.id)
    assert kept == [(f.time, face.track_id) for f in LESSON for face in f.readings]


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[Callable[[Sequence[Service]], str]]:
    """Yield a function that starts nginx, as `deploy/nginx` configures it, and returns its URL."""
    program = shutil.which("nginx")
    if program is None:
        pytest.skip("nginx is not installed here")
    running: list[subprocess.Popen[bytes]] = []

    def start(replicas: Sequence[Service]) -> str:
        port = free_port()
        shipped = (Path(__file__).parents[2] / "deploy/nginx/roomread.conf").read_text()
        shipped = shipped.replace("listen 8080;", f"listen 127.0.0.1:{port};")
        told = "add_header X-Replica $upstream_addr always;\n    add_header Set-Cookie"
        shipped = shipped.replace("add_header Set-Cookie", told)
        for number, replica in enumerate(replicas, start=1):
            shipped = shipped.replace(f"replica-{number}:8501", replica.url.partition("//")[2])
        paths = "".join(
            f"{kind}_temp_path {tmp_path}/{kind};\n"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        file = tmp_path / "nginx.conf"
        file.write_text(
            f"pid {tmp_path}/nginx.pid;\ndaemon off;\nerror_log {tmp_path}/nginx.log;\n"
            f"events {{}}\nhttp {{\naccess_log off;\n{paths}{shipped}}}\n"
        )
        command = [program, "-c", str(file), "-e", str(tmp_path / "nginx.log")]
        running.append(subprocess.Popen(command))
        deadline = time.monotonic() + 30
        while True:
            with suppress(httpx.TransportError):
                httpx.get(f"http://127.0.0.1:{port}/healthz")
                return f"http://127.0.0.1:{port}"
            assert time.monotonic() < deadline, (tmp_path / "nginx.log").read_text()
            time.sleep(0.05)

    yield start
    for process in running:
        process.terminate()
        process.wait(timeout=30)


def test_clients_behind_a_proxy_continue_when_their_replica_is_killed(
    pair: Pair, tmp_path: Path, proxy: Callable[[Sequence[Service]], str]
) -> None:
    bearer = {"Authorization": f"Bearer {pair.key}"}
    (tmp_path / "third").mkdir()
    with serving(tmp_path / "third", "--sign-in", **settings(pair.database, pair.jobs)) as third:
        url = proxy([pair.second, third])
        # The proxy chooses a replica by the cookie; find a cookie that leads to the third process.
        for number in range(100):
            cookie = {"Cookie": f"roomread_replica=visitor-{number}"} | bearer
            answer = httpx.get(f"{url}/api/v1/models", headers=cookie, timeout=60)
            assert answer.status_code == 200
            if answer.headers["X-Replica"] == third.url.partition("//")[2]:
                break
        made = httpx.post(f"{url}/api/v1/sessions", json=ASKED, headers=cookie)
        path = f"/api/v1/sessions/{made.json()['id']}/readings"
        frames = [json.dumps(frame_to_dict(frame)) for frame in LESSON]
        with connect(url.replace("http", "ws") + path, additional_headers=cookie) as socket:
            for frame in frames[:20]:
                socket.send(frame)
                assert json.loads(socket.recv(timeout=60))["accepted"] == 1
            third.kill()
            with pytest.raises(ConnectionClosed):
                socket.recv(timeout=20)
    # The same address and the same cookie lead to the other replica, which takes the session over.
    deadline = time.monotonic() + 60
    with connect(url.replace("http", "ws") + path, additional_headers=cookie) as socket:
        for frame in frames[19:40]:
            while True:
                socket.send(frame)
                reply = json.loads(socket.recv(timeout=60))
                if "problem" not in reply:
                    break
                assert time.monotonic() < deadline, reply
                time.sleep(0.2)
        assert reply["accepted"] == 1
    kept = readings(pair.database, pair.key, made.json()["id"])
    assert kept == [(f.time, face.track_id) for f in LESSON[:40] for face in f.readings]


def test_proxy_sends_all_boards_of_a_room_to_one_replica_and_students_can_join(
    pair: Pair, proxy: Callable[[Sequence[Service]], str]
) -> None:
    url, bearer = proxy([pair.first, pair.second]), {"Authorization": f"Bearer {pair.key}"}
    asked = {"name": "Algebra 7b", "notice": "told in class"}
    made = httpx.post(f"{url}/api/v1/rooms", json=asked, headers=bearer, timeout=60)
    assert made.status_code == 201, made.text
    room = made.json()
    with ExitStack() as here:
        # A student without a cookie is a new visitor, whom the proxy may send to any replica.
        students = [here.enter_context(joined(url, room["id"], room["code"])) for _ in range(8)]
        assert [student.seat["k"] for student in students] == ["seat"] * 8
        boards = [
            httpx.get(
                f"{url}/api/v1/rooms/{room['id']}",
                headers=bearer | {"Cookie": f"roomread_replica=teacher-{number}"},
                timeout=60,
            )
            for number in range(8)
        ]
        assert [board.status_code for board in boards] == [200] * 8
        assert len({board.headers["X-Replica"] for board in boards}) == 1
        events = f"{url}/api/v1/rooms/{room['id']}/events"
        with httpx.stream("GET", events, headers=bearer, timeout=60) as stream:
            assert stream.status_code == 200
            first = next(line for line in stream.iter_lines() if line.startswith("data:"))
        assert json.loads(first.removeprefix("data:"))


def test_room_can_be_used_through_a_process_that_does_not_hold_the_room(pair: Pair) -> None:
    here, elsewhere = pair.first.url, pair.second.url
    bearer = {"Authorization": f"Bearer {pair.key}"}
    asked = {"name": "Algebra 7b", "notice": "told in class"}
    room = httpx.post(f"{here}/api/v1/rooms", json=asked, headers=bearer, timeout=60).json()
    path = f"/api/v1/rooms/{room['id']}"
    with (
        joined(here, room["id"], room["code"]) as first,
        joined(elsewhere, room["id"], room["code"]) as second,
    ):
        assert [student.seat["k"] for student in (first, second)] == ["seat", "seat"]
        # A load balancer that only uses cookies may lead the board to either process.
        for url in (here, elsewhere):
            board = httpx.get(f"{url}{path}", headers=bearer, timeout=60).json()
            assert board["status"]["people"] == 2, board
            assert board["link"].startswith(f"{url}/join")
        with httpx.stream("GET", f"{elsewhere}{path}/events", headers=bearer, timeout=60) as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            for line in stream.iter_lines():
                event = json.loads(line[5:]) if line.startswith("data:") else {}
                if "status" in event:
                    break
            assert event["status"]["people"] == 2
        closed = httpx.post(f"{elsewhere}{path}/close", headers=bearer, timeout=60)
        assert (closed.status_code, closed.json()["code"]) == (200, None)
        for student in (first, second):
            assert student.receive()["k"] == "over"
            with pytest.raises(ConnectionClosed) as end:
                student.receive()
            assert end.value.rcvd is not None
            assert end.value.rcvd.code == 4003


def test_shutdown_refuses_new_work_and_closes_websockets_in_time(
    pair: Pair, tmp_path: Path
) -> None:
    bearer = {"Authorization": f"Bearer {pair.key}"}
    with serving(tmp_path, "--sign-in", **settings(pair.database, pair.jobs)) as third:
        with connect(socket_url(third, "/api/v1/live"), additional_headers=bearer) as socket:
            begun = time.monotonic()
            third.process.send_signal(signal.SIGTERM)
            with pytest.raises(ConnectionClosed) as closed:
                socket.recv(timeout=30)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code in (1001, 1012)
        assert third.process.wait(timeout=60) == 0
        # Kubernetes waits 30 s by default; the service waits at most 10 s for open requests.
        assert time.monotonic() - begun < 30
