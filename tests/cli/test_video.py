from __future__ import annotations

import csv
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from clips import MS, make_clip
from program import PROGRAM, Program
from roomread.bench import scenes
from roomread.media import SoundSource, VideoWriter, open_source


def portrait_clip(path: Path, *, seconds: float = 1.0, sound_from: Path | None = None) -> Path:
    """Write a video of the astronaut, swaying, with 320 x 320 px at 10 frames a second."""
    face = np.asarray(Image.fromarray(scenes.astronaut()).resize((320, 320)))
    with VideoWriter(path, sound_from=SoundSource(sound_from) if sound_from else None) as video:
        for n in range(round(seconds * 10)):
            video.write(np.roll(face, n % 7, axis=1), n / 10)
    return path


def test_annotated_copy_of_a_video_has_boxes_and_keeps_times_and_sound(
    roomread: Program, tmp_path: Path
) -> None:
    tone = make_clip(tmp_path / "tone.mp4", [0.0, 0.5, 1.0], sound=1.0)
    clip = portrait_clip(tmp_path / "in.mp4", sound_from=tone)
    result = roomread("analyze", clip, "--annotated", "out.mp4")
    assert result.returncode == 0, result.stderr
    assert "1 person in 10 frames" in result.stdout.decode()
    with open_source(clip) as before, open_source(tmp_path / "out.mp4") as after:
        pairs = list(zip(before, after, strict=True))
    for a, b in pairs:
        assert b.time == pytest.approx(a.time, abs=2 * float(MS))
        drawn = np.abs(a.image.astype(int) - b.image).max(axis=2) > 60
        assert 0.003 < drawn.mean() < 0.3
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert sum(frame.samples for frame in container.decode(audio=0)) > 40_000


def test_csv_has_one_row_per_face_with_time_and_track(roomread: Program, tmp_path: Path) -> None:
    portrait_clip(tmp_path / "in.mp4")
    result = roomread("analyze", "in.mp4", "--every", "0.2s", "--format", "csv")
    rows = list(csv.DictReader(result.stdout.decode().splitlines()))
    assert [float(row["time"]) for row in rows] == pytest.approx([0, 0.2, 0.4, 0.6, 0.8])
    assert {row["track_id"] for row in rows} == {"1"}


def test_eye_activity_is_written_as_json_lines(roomread: Program, tmp_path: Path) -> None:
    face = np.asarray(Image.fromarray(scenes.astronaut()).resize((320, 320)))
    with VideoWriter(tmp_path / "in.mp4") as video:
        for second in range(33):
            video.write(face, float(second))
    result = roomread("analyze", "in.mp4", "--eyes", "eyes.jsonl", "-o", "out.jsonl")
    assert result.returncode == 0, result.stderr
    lines = [json.loads(line) for line in (tmp_path / "eyes.jsonl").read_text().splitlines()]
    assert [line["time"] for line in lines] == pytest.approx([30, 31, 32], abs=0.1)
    assert {(line["track_id"], line["eyes_closed"]) for line in lines} == {(1, 0.0)}
    assert len((tmp_path / "out.jsonl").read_text().splitlines()) == 33


def test_readings_of_a_truncated_video_are_kept(roomread: Program, tmp_path: Path) -> None:
    whole = portrait_clip(tmp_path / "cut.mkv", seconds=6.0)
    data = whole.read_bytes()
    whole.write_bytes(data[: len(data) * 4 // 5])
    result = roomread("analyze", "cut.mkv", "-o", "out.jsonl", "--annotated", "out.mp4")
    assert result.returncode == 3
    (line,) = result.stderr.decode().splitlines()
    assert "cut.mkv" in line
    frames = [json.loads(text) for text in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert 10 < len(frames) < 60
    with open_source(tmp_path / "out.mp4") as source:
        assert len(list(source)) == len(frames)


def test_folder_of_pictures_and_videos_is_annotated_into_a_folder(
    roomread: Program, tmp_path: Path
) -> None:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    portrait_clip(tmp_path / "in" / "deep" / "clip.mp4", seconds=0.3)
    Image.fromarray(scenes.astronaut()).save(tmp_path / "in" / "photo.jpg")
    result = roomread("analyze", "in", "--annotated", "out", "--format", "jsonl")
    assert result.returncode == 0, result.stderr
    assert len(result.stdout.splitlines()) == 4
    assert (tmp_path / "out" / "deep" / "clip.mp4").stat().st_size > 0
    assert (tmp_path / "out" / "photo.jpg").stat().st_size > 0


def test_every_input_format_in_a_folder_gets_an_annotated_copy(
    roomread: Program, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for suffix in ("avi", "mkv", "mp4", "webm"):
        make_clip(folder / f"clip.{suffix}", [0.0, 0.04, 0.08])
    for suffix in ("bmp", "gif", "jpg", "png", "tif", "webp"):
        Image.fromarray(scenes.astronaut()).resize((64, 64)).save(folder / f"photo.{suffix}")
    result = roomread("analyze", "in", "--annotated", "out", "--format", "jsonl")
    assert result.returncode == 0, result.stderr
    names = {path.name for path in (tmp_path / "out").iterdir()}
    originals = {path.name for path in folder.iterdir()}
    assert names == originals - {"clip.avi"} | {"clip.avi.mp4"}
    for path in (tmp_path / "out").iterdir():
        with open_source(path) as source:
            assert list(source)


def test_annotated_copy_of_a_video_cannot_be_a_picture(roomread: Program, tmp_path: Path) -> None:
    portrait_clip(tmp_path / "in.mp4", seconds=0.3)
    result = roomread("analyze", "in.mp4", "--annotated", "out.png")
    assert result.returncode == 2
    assert "the annotated copy of a video must be a video" in result.stderr.decode()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for other processes")
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_a_video_and_keeps_its_readings_so_far(
    tmp_path: Path, stop: signal.Signals
) -> None:
    clip = portrait_clip(tmp_path / "long.mp4", seconds=60.0)
    command = [*PROGRAM, "analyze", str(clip), "--format", "jsonl", "--annotated", "part.mp4"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        lines = [process.stdout.readline() for _ in range(5)]
        process.send_signal(stop)
        lines += process.stdout.readlines()
        assert process.wait(timeout=60) == 0
        assert process.stderr.read() == b""
    assert 5 <= len(lines) < 600
    assert all(json.loads(line)["faces"] for line in lines)
    with open_source(tmp_path / "part.mp4") as source:
        assert len(list(source)) == pytest.approx(len(lines), abs=1)


def with_full_disk(arguments: list[str], folder: Path) -> subprocess.CompletedProcess[bytes]:
    """Run the program with a limit of 2,000 bytes per file, so that a write really fails."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))

    return subprocess.run(
        [*PROGRAM, *arguments],
        capture_output=True,
        cwd=folder,
        preexec_fn=limit,
        timeout=120,
        check=False,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )


@pytest.mark.parametrize(
    "output", [["--annotated", "out.mp4"], ["-o", "out.csv"], ["-o", "out.parquet"]]
)
def test_full_disk_is_reported_in_one_line_and_leaves_no_file(
    tmp_path: Path, output: list[str]
) -> None:
    portrait_clip(tmp_path / "in.mp4", seconds=3.0)
    result = with_full_disk(["analyze", "in.mp4", *output], tmp_path)
    (line,) = result.stderr.decode().splitlines()
    assert output[1] in line
    assert result.returncode in (2, 3)
    assert [path.name for path in tmp_path.iterdir()] == ["in.mp4"]


def test_readings_before_the_loss_of_a_stream_connection_are_kept(
    roomread: Program, tmp_path: Path
) -> None:
    times = [n / 25 for n in range(100)]
    data = make_clip(tmp_path / "clip.ts", times, size=(320, 240)).read_bytes()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve_half() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(data[: len(data) // 2])

        threading.Thread(target=serve_half, daemon=True).start()
        url = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        result = roomread("analyze", url, "-o", "out.jsonl")
    assert result.returncode == 3
    (line,) = result.stderr.decode().splitlines()
    assert url in line
    assert (tmp_path / "out.jsonl").read_text().splitlines()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
@pytest.mark.parametrize(("option", "shown"), [([], True), (["--quiet"], False)])
def test_progress_with_remaining_time_is_shown_on_a_terminal_unless_quiet(
    tmp_path: Path, option: list[str], *, shown: bool
) -> None:
    portrait_clip(tmp_path / "in.mp4", seconds=3.0)
    ours, its = os.openpty()
    command = [*PROGRAM, "analyze", "in.mp4", "-o", "out.csv", *option]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "120"}
    with subprocess.Popen(command, stderr=its, cwd=tmp_path, env=environment) as process:
        os.close(its)
        seen = read_all(ours)
        assert process.wait(timeout=60) == 0
    assert (b"in.mp4" in seen and b"left" in seen and b"%" in seen) is shown
    assert (tmp_path / "out.csv").exists()


def read_all(terminal: int) -> bytes:
    seen = b""
    while True:
        try:
            part = os.read(terminal, 4096)
        except OSError:  # Linux's error once the writer has gone
            part = b""
        if not part:
            os.close(terminal)
            return seen
        seen += part
