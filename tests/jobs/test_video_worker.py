"""Hostile videos fail with a message of one line, and the service continues to respond."""

from __future__ import annotations

import functools
import io
import struct
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from clips import make_clip, two_tracks
from roomread.client import Client
from roomread.jobs.queue import JobQueue
from roomread.jobs.video_job import Limits
from roomread.store import JobState
from serving import Service, serving

EXAMPLE = Path(__file__).parents[2] / "examples" / "astronaut.jpg"
READER = (sys.executable, str(Path(__file__).parents[1] / "fixed_reader.py"))
LIMITS = Limits(max_seconds=60, max_frames=500, max_pixels=1_000_000, stall_seconds=20)


@functools.cache
def clip(suffix: str) -> bytes:
    """Return a video of two seconds; an MP4 has sound, and its index at the start of the file."""
    with tempfile.TemporaryDirectory() as folder:
        options = {"movflags": "faststart"} if suffix == ".mp4" else {}
        times = [n / 25 for n in range(50)]
        sound = 1.0 if suffix == ".mp4" else 0.0
        return make_clip(
            Path(folder) / f"clip{suffix}", times, sound=sound, options=options
        ).read_bytes()


@pytest.fixture(scope="module")
def board() -> Iterator[JobQueue]:
    made = JobQueue(limits=LIMITS, worker=READER)
    yield made
    made.close()


@given(
    suffix=st.sampled_from([".mp4", ".webm", ".mkv", ".avi"]),
    keep=st.floats(0.02, 1),
    flips=st.lists(st.tuples(st.floats(0, 0.9999), st.integers(1, 255)), max_size=40),
    before=st.binary(max_size=16),
)
@example(suffix=".mp4", keep=0.5, flips=[], before=b"")
@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_damaged_video_is_reported_in_one_line_without_crashing_the_worker(
    board: JobQueue,
    suffix: str,
    keep: float,
    flips: list[tuple[float, int]],
    before: bytes,
) -> None:
    content = bytearray(before + clip(suffix))
    for place, bits in flips:
        content[int(place * len(content))] ^= bits
    job_id = board.upload(
        f"lesson{suffix}", bytes(content[: int(keep * len(content))]), owner="user:anna"
    )
    while (job := board.get(job_id, owner="user:anna")) is None or not job.finished:
        time.sleep(0.02)
    assert job.record.state in (JobState.FINISHED, JobState.FAILED)
    assert job.record.error.count("\n") == 0
    # These texts would mean that the worker crashed or hung.
    assert "crashed" not in job.record.error
    assert "no progress" not in job.record.error
    assert str(job.folder) not in job.record.error
    board.forget(job_id, owner="user:anna")


def test_note_about_an_unread_video_track_does_not_contain_the_job_folder(
    board: JobQueue, tmp_path: Path
) -> None:
    film = two_tracks(tmp_path / "film.mkv", [(64, 48), (160, 120)]).read_bytes()
    job_id = board.upload("lesson.mkv", film, owner="user:anna")
    while (job := board.get(job_id, owner="user:anna")) is None or not job.finished:
        time.sleep(0.02)
    assert job.notes() == [
        "lesson.mkv: video track 1 (160 x 120 h264) is read, and not 0 (64 x 48 h264)"
    ]
    board.forget(job_id, owner="user:anna")


def picture_bomb(width: int, height: int) -> bytes:
    """Return a small PNG file of a very large picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    rows = zlib.compress(b"\0" * (height * (width // 8 + 1)), 9)
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    parts = chunk(b"IHDR", head), chunk(b"IDAT", rows), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def video_bomb() -> bytes:
    """Return an AVI of 64 x 48 px whose only frame is a decompression bomb."""
    file = io.BytesIO()
    with av.open(file, "w", format="avi") as container:
        stream = container.add_stream("png", rate=1)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "rgb24"
        packet = av.Packet(picture_bomb(16_000, 16_000))
        packet.stream, packet.pts, packet.dts = stream, 0, 0
        packet.time_base = Fraction(1)
        container.mux(packet)
    return file.getvalue()


def endless() -> bytes:
    """Return a video of two frames that are twelve days apart."""
    with tempfile.TemporaryDirectory() as folder:
        return make_clip(Path(folder) / "long.mkv", [0.0, 1_000_000.0]).read_bytes()


def archive_too() -> bytes:
    """Return a file that is both a valid video and a valid ZIP."""
    file = io.BytesIO(clip(".mp4"))
    with zipfile.ZipFile(file, "a") as packed:
        packed.writestr("../../evil.sh", "rm -rf /")
    return file.getvalue()


HOSTILE = {
    "a video that is also an archive": (archive_too, ""),
    "half a video": (lambda: clip(".webm")[: len(clip(".webm")) // 2], None),
    "an index alone": (lambda: clip(".mp4")[:1500], None),
    "a page with a video's name": (
        lambda: b"<html><script>alert(1)</script>" * 99,
        "no supported picture or video",
    ),
    "a page inside a video's box": (
        lambda: b"\0\0\0\x18ftypisom\0\0\0\0isommp42\0\0\x10\0free<script>alert(1)</script>" * 50,
        None,
    ),
    "a bomb": (video_bomb, "is too many pixels"),
    "a length of twelve days": (endless, "is longer than 1 minutes"),
}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    limits = {"max_megapixels": "4", "max_video_minutes": "1"}
    with serving(tmp_path_factory.mktemp("service"), **limits) as running:
        yield running


def test_service_survives_hostile_videos_and_still_reads_pictures(service: Service) -> None:
    with Client(service.url) as room, httpx.Client(base_url=service.url) as http:
        sent = {}
        for kind, (make, said) in HOSTILE.items():
            answer = http.post("/api/v1/videos", params={"name": "lesson.mp4"}, content=make())
            assert answer.status_code == 202, kind
            sent[answer.json()["id"]] = kind, said
        for job_id, (kind, said) in sent.items():
            while not (video := room.video(job_id)).ended:
                assert http.get("/healthz").is_success
                assert len(room.analyze(EXAMPLE)) == 1
                time.sleep(0.3)
            assert video.state == ("finished" if said == "" else "failed"), (kind, video)
            assert (said or "") in video.error, kind
            assert "crashed" not in video.error, kind
            assert str(service.folder) not in video.error
            folder = service.folder / "data" / "jobs" / job_id
            assert not list(folder.glob("upload*")), kind
    assert not list(service.folder.rglob("evil.sh"))
