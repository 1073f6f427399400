"""Tests of the API of a running service: its results, its limits, its recovery after a kill."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import re
import struct
import subprocess
import threading
import time
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from clips import make_clip, two_tracks
from program import LENIENT, free_port
from roomread import Analyzer
from roomread.bench.scenes import astronaut
from roomread.client import Client, ServiceError
from roomread.media import VideoWriter
from roomread.readings import Expression
from roomread.wire import frame_to_dict
from serving import Service, environment, run_cli, serving

EXAMPLE = Path(__file__).parents[2] / "examples" / "astronaut.jpg"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    limits = {"max_picture_mb": "2", "max_megapixels": "4", "requests_per_minute": "100000"}
    with serving(tmp_path_factory.mktemp("service"), **limits) as running:
        yield running


@pytest.fixture
def http(service: Service) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=service.url, timeout=60) as client:
        yield client


def encoded(image: np.ndarray, kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    Image.fromarray(image).save(file, kind)
    return file.getvalue()


def lesson(path: Path, seconds: float) -> Path:
    """Write a video of a portrait that moves a little, at 10 frames a second."""
    with VideoWriter(path) as writer:
        for number in range(int(seconds * 10)):
            writer.write(np.roll(astronaut()[:400, 60:460], number % 7, axis=1), number / 10)
    return path


def test_picture_gives_the_same_readings_as_raw_body_form_and_json(http: httpx.Client) -> None:
    content = EXAMPLE.read_bytes()
    text = {"pictures": [{"name": "me.jpg", "data": base64.b64encode(content).decode()}]}
    answers = [
        http.post("/api/v1/analyze", content=content),
        http.post("/api/v1/analyze", content=content, headers={"Content-Type": "image/jpeg"}),
        http.post("/api/v1/analyze", files={"file": ("me.jpg", content)}),
        http.post("/api/v1/analyze", json=text),
    ]
    faces = [answer.json()["pictures"][0]["frame"]["faces"] for answer in answers]
    assert faces[0][0]["expression"] == "happy"
    assert sum(faces[0][0]["scores"].values()) == pytest.approx(1, abs=1e-3)
    assert all(other == faces[0] for other in faces)


def test_api_and_command_line_return_the_same_faces(service: Service, http: httpx.Client) -> None:
    said = run_cli(service.folder, "analyze", str(EXAMPLE), "--format", "json")
    (by_cli,) = json.loads(said.stdout)
    (by_api,) = http.post("/api/v1/analyze", content=EXAMPLE.read_bytes()).json()["pictures"]
    assert by_api["frame"]["faces"] == by_cli["faces"]


def test_omitted_parts_of_pictures_and_videos_are_reported(
    service: Service, http: httpx.Client, tmp_path: Path
) -> None:
    frames = [Image.new("L", (40, 30), level) for level in (10, 90)]
    file = io.BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    files = {"file": ("walk.gif", file.getvalue())}
    (picture,) = http.post("/api/v1/analyze", files=files).json()["pictures"]
    assert picture["notes"] == ["walk.gif: of its 2 pictures the first is read"]
    assert "of its 2 pictures the first is read" in http.post("/upload", files=files).text
    two = two_tracks(tmp_path / "film.mkv", [(64, 48), (160, 120)])
    with Client(service.url) as room:
        done = room.wait(room.send_video(two).id, every=0.1)
    assert done.notes == (
        "film.mkv: video track 1 (160 x 120 h264) is read, and not 0 (64 x 48 h264)",
    )
    joined = tmp_path / "joined.mp4"
    joined.write_bytes(lesson(tmp_path / "lesson.mp4", 0.5).read_bytes() * 2)
    with Client(service.url) as room:
        done = room.wait(room.send_video(joined).id, every=0.1)
    assert "another video, which was not read, follows after 0.5 s" in done.error


def bomb(width: int, height: int) -> bytes:
    """Return a small PNG file that decodes to a picture of the given size, px."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * (height * (width // 8 + 1)), 9)
    parts = chunk(b"IHDR", head), chunk(b"IDAT", rows), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


HOSTILE = {
    "nothing": (b"", "is empty"),
    "text": (b"Dear Sir or Madam", "not a picture"),
    "bomb": (bomb(30_000, 30_000), "too many pixels"),
    "truncated": (EXAMPLE.read_bytes()[:3000], "damaged"),
    "PostScript, which Pillow gives to Ghostscript": (
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99 99\n(/etc/passwd) (r) file\n",
        "not a picture",
    ),
    "a page that is also a GIF": (b"GIF89a/*<script>alert(1)</script>*/=1;", "GIF of a kind"),
    "a drawing": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "not a picture"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_picture_is_refused_with_a_problem(kind: str, http: httpx.Client) -> None:
    content, said = HOSTILE[kind]
    answer = http.post("/api/v1/analyze", content=content)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert said in problem["detail"]
    assert problem["hint"]
    assert problem["type"].startswith("urn:roomread:problem:")


@given(
    cut=st.integers(1, 25_000), flips=st.lists(st.integers(0, 24_999), max_size=8), kind=st.data()
)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_damaged_pictures_never_cause_a_server_error(
    http: httpx.Client, cut: int, flips: list[int], kind: st.DataObject
) -> None:
    form = kind.draw(st.sampled_from(["JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP"]))
    content = bytearray(encoded(astronaut()[60:180, 180:270], form))
    for place in flips:
        content[place % len(content)] ^= 0x55
    answer = http.post("/api/v1/analyze", content=bytes(content[:cut]))
    assert answer.status_code in (200, 422)


def test_body_over_the_limit_is_refused_before_it_has_arrived(http: httpx.Client) -> None:
    answer = http.post("/api/v1/analyze", content=b"\xff" * 2_100_000)
    assert answer.status_code == 413
    assert "over 2 MB" in answer.json()["detail"]

    def endless() -> Iterator[bytes]:
        while True:
            yield b"\0" * 100_000

    # A body of unknown length is counted as it arrives. The server may close the connection before
    # the client has read the response.
    with contextlib.suppress(httpx.WriteError, httpx.RemoteProtocolError, httpx.ReadError):
        assert http.post("/api/v1/analyze", content=endless()).status_code == 413
    assert http.get("/healthz").text == "ok\n"


def test_urls_in_a_request_are_refused_and_not_fetched(http: httpx.Client) -> None:
    for body in ({"url": "http://127.0.0.1/"}, {"pictures": [{"url": "file:///etc/passwd"}]}):
        answer = http.post("/api/v1/analyze", json=body)
        assert answer.status_code == 422
        assert "passwd" not in answer.text


def test_unknown_paths_and_methods_get_problem_responses(http: httpx.Client) -> None:
    for answer in (http.get("/api/v1/nothing"), http.put("/api/v1/analyze")):
        assert answer.status_code in (404, 405)
        assert answer.headers["content-type"] == "application/problem+json"
    assert http.get("/upload/../api/v1/videos/../../../etc/passwd").status_code in (200, 404)


def test_requests_from_pages_of_other_sites_are_refused(
    service: Service, http: httpx.Client
) -> None:
    content = EXAMPLE.read_bytes()
    for headers in (
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "null"},
    ):
        assert http.post("/api/v1/analyze", content=content, headers=headers).status_code == 403
    for path in ("/api/v1/live", "/_stcore/stream"):
        address = service.url.replace("http", "ws") + path
        origin = {"Origin": "https://evil.example"}
        with pytest.raises(InvalidStatus, match="403"), connect(address, additional_headers=origin):
            pass
    # A foreign host name that resolves to this computer, and a request that came through a proxy.
    assert http.get("/upload", headers={"Host": "evil.example"}).status_code == 403
    assert http.get("/upload", headers={"X-Forwarded-For": "1.2.3.4"}).status_code == 403
    allowed = http.get("/api/v1/models", headers={"Origin": "https://evil.example"})
    assert not any(name.startswith("access-control") for name in allowed.headers)


@pytest.mark.parametrize("path", ["/", "/upload", "/api/v1/models", "/api/v1/nothing", "/healthz"])
def test_every_response_has_security_headers(path: str, http: httpx.Client) -> None:
    headers = http.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] in ("DENY", "SAMEORIGIN")
    assert "object-src 'none'" in headers["content-security-policy"] or (
        "default-src 'none'" in headers["content-security-policy"]
    )


def test_live_websocket_reads_the_newest_frame_and_counts_dropped_frames(service: Service) -> None:
    picture = encoded(astronaut()[:400, 60:460], "JPEG")
    address = service.url.replace("http", "ws") + "/api/v1/live"
    with connect(address) as socket:
        for _ in range(30):
            socket.send(picture)
        answers = [json.loads(socket.recv(timeout=60))]
        while answers[-1]["frame"]["frame_index"] < 29:
            answers.append(json.loads(socket.recv(timeout=60)))
        assert len(answers) < 30
        assert answers[-1]["dropped"] == 30 - len(answers)
        assert [face["track_id"] for face in answers[-1]["frame"]["faces"]] == [1]
        assert answers[-1]["frame"]["faces"][0]["expression"] == "happy"
        socket.send(b"no picture")
        assert "not a picture" in json.loads(socket.recv(timeout=60))["problem"]
        socket.send(encoded(np.zeros((64, 64, 3), np.uint8)))
        assert "no picture" in json.loads(socket.recv(timeout=60))["frame"]["signal"]
        socket.send("text")
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=60)


def test_video_is_read_into_readings_and_an_annotated_copy(
    service: Service, tmp_path: Path
) -> None:
    with Client(service.url) as room:
        sent = room.send_video(lesson(tmp_path / "lesson.mp4", 2.0), annotated=True)
        done = room.wait(sent.id, every=0.1)
        assert done.state == "finished"
        frames = json.loads(room.readings_text(sent.id))
        assert len(frames) == 20
        assert frames[-1]["faces"][0]["expression"] == "happy"
        lines = room.readings_text(sent.id, form="jsonl").splitlines()
        assert [json.loads(line) for line in lines] == frames
        assert [frame_to_dict(frame) for frame in room.frames(sent.id)] == frames
        assert room.readings_text(sent.id, form="csv").count("happy") >= 20
        room.annotated_video(sent.id, tmp_path / "drawn.mp4")
        assert b"ftyp" in (tmp_path / "drawn.mp4").read_bytes()[:16]
        room.forget(sent.id)
        with pytest.raises(ServiceError, match="no such video"):
            room.video(sent.id)


def test_unfinished_video_has_no_results_and_can_be_cancelled(
    service: Service, tmp_path: Path
) -> None:
    clip = make_clip(tmp_path / "long.mp4", [n / 25 for n in range(6000)], size=(320, 240))
    with Client(service.url) as room:
        sent = room.send_video(clip)
        with pytest.raises(ServiceError, match="not been read to its end") as told:
            room.readings_text(sent.id)
        assert told.value.status == 409
        room.cancel(sent.id)
        assert room.wait(sent.id, every=0.1).state == "cancelled"
        with pytest.raises(ServiceError, match=r"annotated\.mp4"):
            room.annotated_video(sent.id, tmp_path / "nothing.mp4")
        playlist = tmp_path / "list.mp4"
        playlist.write_text(f"ffconcat version 1.0\nfile '{clip}'\n")
        read = room.wait(room.send_video(playlist).id, every=0.1)
        assert read.state == "failed"
        assert str(service.folder) not in read.error


def test_client_reads_and_annotates_pictures_and_raises_service_errors(service: Service) -> None:
    with Client(service.url) as room:
        found = room.analyze(EXAMPLE)
        own = Analyzer().analyze(EXAMPLE)
        assert found == [replace(reading, source=EXAMPLE.name) for reading in own]
        assert found[0].expression is Expression.HAPPY
        first, second = room.analyze_all([EXAMPLE, b"no picture"])
        assert first == found
        assert isinstance(second, ServiceError)
        assert second.problem == "picture: is not a picture"
        assert Image.open(io.BytesIO(room.annotate(EXAMPLE))).size == (512, 512)
        with pytest.raises(ServiceError, match="not a picture") as told:
            room.analyze(b"no picture")
        assert told.value.status == 422
    with (
        Client(f"http://127.0.0.1:{free_port()}") as nobody,
        pytest.raises(ServiceError, match="no response"),
    ):
        nobody.analyze(EXAMPLE)


def test_logs_and_metrics_contain_no_file_names_and_no_video_ids(
    service: Service, http: httpx.Client
) -> None:
    http.post("/api/v1/analyze", files={"file": ("Anna-Secret.jpg", EXAMPLE.read_bytes())})
    video = http.post("/api/v1/videos", params={"name": "Anna-Secret.mp4"}, content=b"no video")
    http.get(f"/api/v1/videos/{video.json()['id']}")
    metrics = http.get("/metrics").text
    assert re.search(r'roomread_requests_total\{.*"/api/v1/analyze",status="200"\}', metrics)
    written = metrics + service.log() + (service.folder / "data" / "audit.jsonl").read_text()
    assert '"/api/v1/videos/{job_id}"' in service.log()
    assert "Secret" not in written
    assert video.json()["id"] not in written


def test_video_jobs_survive_a_kill_and_a_shutdown_of_the_service(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "long.mp4", [n / 25 for n in range(1500)], size=(320, 240))
    with serving(tmp_path) as first:
        with Client(first.url) as room:
            reading = room.send_video(clip)
            while room.video(reading.id).seconds == 0:
                time.sleep(0.05)
            waiting = room.send_video(lesson(tmp_path / "lesson.mp4", 0.5))
        first.kill()
    with serving(tmp_path) as second:
        with Client(second.url) as room:
            assert room.video(reading.id).state in ("waiting", "reading")
            room.cancel(reading.id)
            assert room.wait(waiting.id, every=0.1).state == "finished"
        assert second.end() == 0
    kept = list((tmp_path / "data" / "jobs").iterdir())
    assert {folder.name for folder in kept} == {reading.id, waiting.id}
    # An upload is deleted once it is read, and only the service's own user can open the results.
    assert not any((folder / "upload.mp4").exists() for folder in kept)
    assert all(folder.stat().st_mode & 0o077 == 0 for folder in kept)


def test_overload_is_refused_with_retry_after_and_accepted_requests_are_answered(
    service: Service, http: httpx.Client
) -> None:
    content, answers = EXAMPLE.read_bytes(), []

    def ask() -> None:
        answers.append(httpx.post(f"{service.url}/api/v1/analyze", content=content, timeout=60))

    threads = [threading.Thread(target=ask) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    statuses = {answer.status_code for answer in answers}
    assert statuses == {200, 503}
    assert all(int(a.headers["retry-after"]) >= 1 for a in answers if a.status_code == 503)
    assert http.post("/api/v1/analyze", content=content).is_success


def test_used_port_and_used_data_folder_are_reported_in_one_line(
    service: Service,
) -> None:
    port = service.url.rpartition(":")[2]
    taken = run_cli(service.folder / "data", "serve", "--port", port)
    assert taken.returncode == 2
    assert "cannot listen on" in taken.stderr
    second = run_cli(service.folder, "serve", "--port", "0")
    assert second.returncode == 2
    assert "is in use by another roomread app or roomread serve" in second.stderr
    assert "Traceback" not in taken.stderr + second.stderr
    hanging = subprocess.run(
        [*LENIENT, "serve", "--address", "not.a.name.invalid", "--port", "0"],
        env=environment(service.folder / "data"),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert hanging.returncode == 2
    assert hanging.stderr.count("\n") == 1
