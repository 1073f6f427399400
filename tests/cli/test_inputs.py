"""Tests of `roomread analyze` with files of unusual names and kinds."""

from __future__ import annotations

import os
import subprocess
import threading
from pathlib import Path

import pytest
from PIL import Image

from clips import make_clip
from heic_files import Turn, make_heic
from program import PROGRAM, Program
from roomread.bench import scenes


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "me [final] [" / "x].png"
    path.parent.mkdir()
    Image.fromarray(scenes.astronaut()).save(path)
    return path


def test_square_brackets_in_a_file_name_are_printed(roomread: Program, photo: Path) -> None:
    name = "me [final] [/x].png"
    result = roomread("analyze", name)
    assert result.returncode == 0, result.stderr
    assert f"{name}: 1 face" in result.stdout.decode()
    Image.new("RGB", (64, 48)).save(photo)
    assert f"{name}: no face" in roomread("analyze", name).stdout.decode()


def test_files_of_a_folder_that_are_not_read_are_summarised_in_one_line(
    roomread: Program, photo: Path
) -> None:
    (photo.parent / "notes.txt").touch()
    (photo.parent / ".DS_Store").touch()
    result = roomread("analyze", ".", "-q", "--format", "jsonl")
    assert result.returncode == 0
    assert result.stderr.decode() == (
        "roomread: .: 1 left out because they are not readable pictures or videos: 1 .txt\n"
    )


def test_heic_is_read_and_its_annotated_copy_is_upright(roomread: Program, tmp_path: Path) -> None:
    turned = scenes.astronaut().transpose(1, 0, 2)[:, ::-1]
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "photo.heic").write_bytes(make_heic(turned, turn=Turn(quarters=1)))
    result = roomread("analyze", "in", "--annotated", "out")
    assert result.returncode == 0, result.stderr
    assert "happy" in result.stdout.decode()
    with Image.open(tmp_path / "out" / "photo.heic.jpg") as copy:
        assert copy.size == (512, 512)


def test_readings_are_written_to_a_pipe(photo: Path) -> None:
    pipe = photo.parent / "pipe"
    os.mkfifo(pipe)
    got: list[str] = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_text()))
    reader.start()
    command = [*PROGRAM, "analyze", str(photo), "--format", "csv", "-o", str(pipe)]
    subprocess.run(command, check=True, timeout=120)
    reader.join()
    assert len(got[0].splitlines()) == 2
    assert pipe.is_fifo()


def test_file_name_with_a_line_break_is_reported_in_one_line(
    roomread: Program, tmp_path: Path
) -> None:
    (tmp_path / "two\nlines.mp4").write_bytes(b"no video")
    result = roomread("analyze", "two\nlines.mp4")
    (line,) = result.stderr.decode().splitlines()
    assert r"two\nlines.mp4" in line


def test_password_in_a_url_is_not_printed(roomread: Program) -> None:
    result = roomread("analyze", "rtsp://admin:s3cret@127.0.0.1:9/stream")
    assert result.returncode == 2
    assert b"rtsp://127.0.0.1:9/stream" in result.stderr
    assert b"s3cret" not in result.stderr + result.stdout
    assert b"admin" not in result.stderr + result.stdout


def test_stream_option_is_refused_for_a_track_that_is_not_video(
    roomread: Program, tmp_path: Path
) -> None:
    make_clip(tmp_path / "clip.mp4", [0.0, 0.04])
    result = roomread("analyze", "clip.mp4", "--stream", "3")
    assert result.returncode == 2
    assert "track 3 is not a video" in result.stderr.decode()
