"""Worker processes and their pipes."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from clips import make_clip
from roomread.jobs.worker_process import receive, send

Request = tuple[list[str], dict[str, object], bytes]
EXAMPLE = Path(__file__).parents[2] / "examples" / "astronaut.jpg"


def decoder_request(_: Path) -> Request:
    return ["decoder_worker", "50000000", "500"], {"name": "me.jpg"}, EXAMPLE.read_bytes()


def video_request(folder: Path) -> Request:
    make_clip(folder / "clip.mp4", [n / 25 for n in range(25)])
    task: dict[str, object] = {
        "folder": str(folder),
        "name": "clip.mp4",
        "upload": "clip.mp4",
        "every": None,
        "annotated": False,
        "max_pixels": 1_000_000,
        "max_frames": 500,
        "max_seconds": 60,
        "memory_mb": 2000,
        "profiles": [],
    }
    return ["video_worker"], task, b""


@pytest.mark.parametrize("request_of", [decoder_request, video_request])
def test_worker_exits_without_output_when_its_parent_has_ended(
    request_of: Callable[[Path], Request], tmp_path: Path
) -> None:
    (module, *arguments), head, payload = request_of(tmp_path)
    request = tmp_path / "request"
    with request.open("wb") as file:
        send(file, head, payload)
    # A killed parent leaves a pipe whose other end is closed.
    reader, writer = os.pipe()
    os.close(reader)
    with request.open("rb") as inlet:
        ended = subprocess.run(
            [sys.executable, "-m", f"roomread.jobs.{module}", *arguments],
            stdin=inlet,
            stdout=writer,
            stderr=subprocess.PIPE,
            check=False,
            timeout=120,
        )
    os.close(writer)
    assert (ended.returncode, ended.stderr) == (1, b"")


def test_receive_returns_a_complete_message_unchanged_and_none_for_a_truncated_message() -> None:
    pipe = io.BytesIO()
    send(pipe, {"shape": [2, 3]}, b"123456")
    content = pipe.getvalue()
    assert receive(io.BytesIO(content)) == ({"shape": [2, 3]}, b"123456")
    for size in range(len(content)):
        assert receive(io.BytesIO(content[:size])) is None


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no niceness")
def test_worker_lowers_its_own_priority() -> None:
    program = (
        "import os; from roomread.jobs.worker_process import lower_priority; "
        "before = os.nice(0); lower_priority(2); print(os.nice(0) - before)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == f"{min(2, 19 - os.nice(0))}\n"
