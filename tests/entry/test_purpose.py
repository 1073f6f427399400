"""Tests that the service and the command line enforce the purpose of an installation."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from PIL import Image
from websockets.sync.client import connect

from clips import make_clip
from roomread.bench.scenes import grid
from serving import Service, run_cli, serving

FRAME = {"schema_version": 1, "time": 0.5, "faces": []}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with serving(tmp_path_factory.mktemp("service"), purpose=None) as running:
        yield running


@pytest.fixture
def http(service: Service) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{service.url}/api/v1/", timeout=60) as client:
        yield client


def choose(http: httpx.Client, purpose: str, region: str | None = None) -> None:
    answer = http.put("settings/purpose", json={"purpose": purpose, "region": region})
    assert answer.status_code == 200, answer.text


def audit_of(service: Service) -> list[dict[str, object]]:
    lines = (service.folder / "data" / "audit.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def test_class_is_recorded_only_for_a_purpose_that_allows_it(tmp_path: Path) -> None:
    # Start a new service, for which no other test has chosen a purpose.
    with (
        serving(tmp_path, purpose=None) as service,
        httpx.Client(base_url=f"{service.url}/api/v1/", timeout=60) as http,
    ):
        check_recording(service, http)


def check_recording(service: Service, http: httpx.Client) -> None:
    """Send readings of a class under different purposes, and check responses and audit log."""
    refused = http.post("sessions", json={"name": "Algebra 7b"})
    assert refused.status_code == 403
    assert refused.json()["type"] == "urn:roomread:problem:purpose"
    assert "no purpose was chosen" in refused.json()["detail"]

    choose(http, "research", "eu")
    made = http.post("sessions", json={"name": "Algebra 7b"})
    assert made.status_code == 201
    assert (made.json()["purpose"], made.json()["region"]) == ("research", "eu")
    readings = f"sessions/{made.json()['id']}/readings"
    assert http.post(readings, json=FRAME).json()["accepted"] == 1

    # A session does not accept readings after a purpose is chosen that forbids recording.
    choose(http, "work-or-school")
    later = http.post(readings, json=FRAME | {"time": 1.0})
    assert later.status_code == 403
    assert "Article 5(1)(f)" in later.json()["detail"]
    choose(http, "work-or-school", "elsewhere")
    assert http.post(readings, json=FRAME | {"time": 1.0}).json()["accepted"] == 1

    events = [(line["event"], line.get("purpose")) for line in audit_of(service)]
    assert events == [
        ("purpose chosen", "research"),
        ("session made", "research"),
        ("purpose chosen", "work-or-school"),
        ("purpose chosen", "work-or-school"),
    ]


def test_faces_of_other_people_are_not_read_at_a_school_in_the_european_union(
    service: Service, http: httpx.Client, tmp_path: Path
) -> None:
    choose(http, "work-or-school", "eu")
    call = grid(width=640, height=480, columns=2, rows=1, people=2).image
    picture = tmp_path / "call.png"
    Image.fromarray(call).save(picture)
    content = picture.read_bytes()

    def faces(**params: str) -> list[object]:
        answer = http.post("analyze", content=content, params=params)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["pictures"][0]["frame"]["faces"])

    refused = http.post("analyze", content=content)
    assert (refused.status_code, refused.json()["type"][-8:]) == (403, ":purpose")
    assert len(faces(oneself="1")) == 1
    assert http.post("videos", content=b"a video").status_code == 403
    live = f"{service.url.replace('http', 'ws')}/api/v1/live"
    with connect(live) as socket:
        assert "Article 5" in json.loads(socket.recv(timeout=30))["problem"]
    with connect(f"{live}?oneself=1") as socket:
        socket.send(content)
        assert len(json.loads(socket.recv(timeout=60))["frame"]["faces"]) == 1
    # The command line reads the same settings file.
    words = run_cli(service.folder, "analyze", str(picture), purpose=None)
    assert (words.returncode, words.stderr.count("\n")) == (2, 1)
    assert "Article 5(1)(f)" in words.stderr
    mine = run_cli(service.folder, "analyze", "--myself", str(picture), "-q", purpose=None)
    assert mine.returncode == 0, mine.stderr

    choose(http, "work-or-school", "elsewhere")
    assert len(faces()) == 2


def test_command_line_refuses_the_same_uses_as_the_service(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "lesson.mp4", [0.0, 0.5])
    refused = run_cli(tmp_path, "session", "record", str(clip), purpose=None)
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert "no purpose was chosen" in refused.stderr
    assert "`roomread purpose`" in refused.stderr
    chosen = run_cli(tmp_path, "purpose", "research", purpose=None)
    assert "may record a class" in chosen.stdout
    recorded = run_cli(tmp_path, "session", "record", str(clip), purpose=None)
    assert recorded.returncode == 0, recorded.stderr
