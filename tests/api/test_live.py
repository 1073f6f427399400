"""`WS /api/v1/live` reads a call of six people, with and without recording a session."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from PIL import Image
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

import altered
from roomread.bench.scenes import grid, moving, portraits
from roomread.client import Client
from serving import Service, serving

SCENE = grid(width=640, height=360, columns=3, rows=2, people=6, face=(0.4, 0.5))


def encoded(count: int) -> list[bytes]:
    """Return `count` successive frames of the call as JPEG."""
    frames = []
    for frame in moving(SCENE, count, rate=2.0, sway=0.03):
        file = io.BytesIO()
        Image.fromarray(frame.image).save(file, "JPEG", quality=85)
        frames.append(file.getvalue())
    return frames


def masked() -> list[bytes]:
    """Return PNG pictures of one person with a mask, with which a state is taught."""
    files = [io.BytesIO() for _ in range(5)]
    pictures = altered.variants(altered.masked(*portraits()[1]))
    for picture, file in zip(pictures, files, strict=False):
        picture.convert("RGB").save(file, "PNG")
    return [file.getvalue() for file in files if file.getvalue()]


FRAMES, MASKED = encoded(4), masked()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with serving(tmp_path_factory.mktemp("live"), purpose="research") as running:
        yield running


@pytest.fixture
def http(service: Service) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{service.url}/api/v1/", timeout=60) as client:
        yield client


@pytest.fixture
def session(http: httpx.Client) -> str:
    made = http.post("sessions", json={"name": "Algebra 7b", "consent": "all six"})
    session_id: str = made.json()["id"]
    return session_id


def live(service: Service, session: str | None = None, *, profiles: str = "") -> ClientConnection:
    query = {"session": session, "profiles": profiles}
    given = urlencode({name: value for name, value in query.items() if value})
    return connect(service.url.replace("http", "ws") + "/api/v1/live?" + given)


def answers(socket: ClientConnection, frames: list[bytes]) -> list[dict[str, Any]]:
    """Send frames, each after the response to the previous one, and return the responses."""
    received = []
    for frame in frames:
        socket.send(frame)
        received.append(json.loads(socket.recv(timeout=60)))
    return received


def close_code(socket: ClientConnection) -> int:
    with pytest.raises(ConnectionClosed) as closed:
        socket.recv(timeout=60)
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code


def test_live_connection_without_a_session_receives_moods_and_stores_nothing(
    service: Service, http: httpx.Client
) -> None:
    before = http.get("sessions").json()
    with live(service) as socket:
        received = answers(socket, FRAMES)
    assert [answer["mood"] is None for answer in received[:3]] == [True, True, False]
    assert received[-1]["mood"]["present"] == 6
    assert received[-1]["mood"]["valence"] is not None
    assert received[0]["frame"]["time"] == 0
    assert http.get("sessions").json() == before


def test_second_connection_closes_the_first_connection_and_continues_the_session(
    service: Service, http: httpx.Client, session: str
) -> None:
    with live(service, session) as first:
        before = answers(first, FRAMES)
        mood = http.get(f"sessions/{session}/mood").json()["mood"]
        assert before[-1]["mood"]["scores"] == mood["scores"] is not None
        with live(service, session) as second:
            after = answers(second, FRAMES)
            assert close_code(first) == 4001
    times = [answer["frame"]["time"] for answer in before + after]
    assert times == sorted(set(times))
    assert after[0]["frame"]["time"] >= before[-1]["frame"]["time"] + 0.49  # s
    table = http.get(f"sessions/{session}/export", params={"format": "csv", "people": True}).text
    rows = list(csv.DictReader(io.StringIO(table)))
    assert len({row["time"] for row in rows}) == len(times)
    assert {row["seat"] for row in rows} == {"1", "2", "3", "4", "5", "6"}


def test_connection_ends_when_its_session_has_ended(
    service: Service, http: httpx.Client, session: str
) -> None:
    with live(service, session) as socket:
        answers(socket, FRAMES[:1])
        http.post(f"sessions/{session}/end")
        (refused,) = answers(socket, FRAMES[1:2])
        assert refused["frame_index"] is None
        assert f"session {session} has ended" in refused["problem"]
        assert close_code(socket) == 1008


def test_state_of_a_requested_profile_is_scored_and_recorded(
    service: Service, http: httpx.Client, session: str
) -> None:
    with Client(service.url) as client:
        client.profiles.teach_state("masked", MASKED)
    with live(service, session, profiles="masked") as socket:
        received = answers(socket, FRAMES)
    states = received[-1]["mood"]["states"]
    assert list(states) == ["masked"]
    assert http.get(f"sessions/{session}/mood").json()["mood"]["states"] == states
    with live(service) as socket:
        assert answers(socket, FRAMES)[-1]["mood"]["states"] == {}
    with live(service, profiles="nothing") as socket:
        assert "nothing" in json.loads(socket.recv(timeout=60))["problem"]
        assert close_code(socket) == 1008


def test_connection_to_an_unknown_session_is_refused(service: Service) -> None:
    with live(service, "0a1b2c3d") as socket:
        assert "no session" in json.loads(socket.recv(timeout=60))["problem"]
        assert close_code(socket) == 1008


def test_frame_that_is_not_a_picture_is_refused_and_the_next_frame_is_read(
    service: Service, session: str
) -> None:
    with live(service, session) as socket:
        broken, read = answers(socket, [b"no picture", FRAMES[0]])
    assert broken["frame_index"] == 0
    assert "not a picture" in broken["problem"]
    assert len(read["frame"]["faces"]) == 6
