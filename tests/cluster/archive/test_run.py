from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pyarrow.parquet as pq
import pytest

from buckets import Bucket
from clips import make_clip
from program import PROGRAM, Program
from roomread.bench import scenes
from roomread.classifier import open_model
from roomread.cluster.archive.executor import LocalExecutor
from roomread.cluster.archive.run import Archive, Step, target_name
from roomread.cluster.archive.storage import find_videos
from roomread.cluster.archive.tasks import Options
from roomread.errors import OutputError
from roomread.media import VideoWriter

OPTIONS = Options("compact", open_model().digest, piece=2.0)


def lesson(path: Path, seconds: float, *, seed: int = 0) -> Path:
    """Write a video call of four people at 10 frames a second."""
    call = scenes.grid(width=640, height=360, columns=3, rows=2, people=4, seed=seed)
    with VideoWriter(path) as video:
        for frame in scenes.moving(call, round(seconds * 10), rate=10):
            video.write(frame.image, frame.time)
    return path


@pytest.fixture(scope="module")
def six_seconds(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return lesson(tmp_path_factory.mktemp("lesson") / "lesson.mp4", 6.0).read_bytes()


def run(spec: str, folder: str, *, options: Options = OPTIONS) -> tuple[list[Step], Archive]:
    archive = Archive(folder, options)
    return list(archive.run(find_videos(spec), LocalExecutor())), archive


def rows(path: Path | io.BytesIO) -> list[dict[str, Any]]:
    return list(pq.read_table(path).to_pylist())


def test_videos_cut_into_pieces_have_the_same_readings_as_whole_videos(
    roomread: Program, tmp_path: Path, six_seconds: bytes
) -> None:
    folder = tmp_path / "lessons" / "algebra"
    folder.mkdir(parents=True)
    (folder / "long.mp4").write_bytes(six_seconds)
    (folder / "copy.mp4").write_bytes(six_seconds)
    (folder / "cut.mkv").write_bytes(lesson(tmp_path / "x.mkv", 3.0).read_bytes()[:60_000])
    (folder / "none.mp4").write_text("not a video")
    (folder / "photo.jpg").write_bytes(b"no video")
    result = roomread("analyze", "lessons", "lessons/algebra/long.mp4", "-o", "out/", "--piece=2s")
    assert result.returncode == 3
    said = result.stdout.decode()
    assert said.startswith("4 videos: 2 read, 1 the same as another, 1 damaged: read as far as it")
    cut, none = sorted(result.stderr.decode().splitlines())
    assert "cut.mkv: " in cut
    assert "none.mp4: is damaged or no supported picture or video" in none
    assert roomread("analyze", "lessons/algebra/long.mp4", "-o", "long.parquet").returncode == 0
    # Of two videos with the same content, the first by name is read for both.
    joined, whole = (
        sorted(rows(path), key=lambda row: (row["frame_index"], row["track_id"]))
        for path in (
            tmp_path / "out" / target_name(str(folder / "copy.mp4")),
            tmp_path / "long.parquet",
        )
    )
    assert not (tmp_path / "out" / target_name(str(folder / "long.mp4"))).exists()
    keys = ("frame_index", "time", "track_id", "expression", "unreadable")
    assert [[row[key] for key in keys] for row in joined] == [
        [row[key] for key in keys] for row in whole
    ]
    happy = [[row["scores_happy"] or 0 for row in table] for table in (joined, whole)]
    np.testing.assert_allclose(happy[0], happy[1], atol=0.03)
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())["videos"]
    assert manifest[str(folder / "copy.mp4")]["pieces"] == 3
    assert manifest[str(folder / "copy.mp4")]["frames"] == 60
    assert manifest[str(folder / "long.mp4")] == {"same_as": str(folder / "copy.mp4")}
    assert "failed" in manifest[str(folder / "none.mp4")]
    again = roomread("analyze", "lessons", "-o", "out/", "--piece=2s")
    assert again.returncode == 3
    assert again.stdout.decode().startswith("4 videos: 2 read before, 1 the same as another")
    assert sorted(again.stderr.decode().splitlines()) == [cut, none]


def test_interrupted_run_continues_after_the_last_finished_piece_of_the_video(
    tmp_path: Path, six_seconds: bytes
) -> None:
    (tmp_path / "lesson.mp4").write_bytes(six_seconds)
    out = tmp_path / "out"
    archive = Archive(str(out), OPTIONS)
    steps = archive.run(find_videos(str(tmp_path / "lesson.mp4")), LocalExecutor())
    while archive.pieces < 2:
        next(steps)
    steps.close()
    assert not list(out.glob("*.parquet"))
    (_, report), rest = run_and_report(tmp_path / "lesson.mp4", out)
    assert rest.pieces == 1
    assert report == (60, len(rows(next(out.glob("*.parquet")))))
    assert not (out / "_pieces").exists()
    (again,), nothing = run(str(tmp_path / "lesson.mp4"), str(out))
    assert again.again
    assert nothing.pieces == 0


def test_duplicate_of_a_video_that_an_earlier_run_has_read_is_not_read_again(
    tmp_path: Path, six_seconds: bytes
) -> None:
    folder, out = tmp_path / "videos", tmp_path / "out"
    folder.mkdir()
    (folder / "b.mp4").write_bytes(six_seconds)
    run(str(folder), str(out))
    kept = list(out.glob("*.parquet"))
    (folder / "a.mp4").write_bytes(six_seconds)
    _, archive = run(str(folder), str(out))
    assert archive.copies == {str(folder / "a.mp4"): str(folder / "b.mp4")}
    assert list(out.glob("*.parquet")) == kept
    # A video that is overwritten with the content of another becomes its copy.
    (folder / "c.mp4").write_bytes(six_seconds + b"more")
    run(str(folder), str(out))
    assert len(list(out.glob("*.parquet"))) == 2
    (folder / "c.mp4").write_bytes(six_seconds)
    run(str(folder), str(out))
    assert list(out.glob("*.parquet")) == kept


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM for other processes")
def test_terminated_run_keeps_finished_video_pieces_and_reports_unread_videos(
    tmp_path: Path,
) -> None:
    # So long that most of it is still unread when the first piece is done.
    lesson(tmp_path / "lesson.mp4", 20.0)
    with subprocess.Popen(
        [*PROGRAM, "analyze", "lesson.mp4", "-o", "out/", "--piece=2s"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        while not list(tmp_path.glob("out/_pieces/*/[!.]*.parquet")):
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        said, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said.startswith(b"1 video: 1 not yet read; 0 readings")
    assert errors == b"interrupted: run the same command again to continue\n"
    assert 1 <= len(list(tmp_path.glob("out/_pieces/*/*.parquet"))) < 10


def run_and_report(video: Path, out: Path) -> tuple[tuple[str, tuple[int, int]], Archive]:
    steps, archive = run(str(video), str(out))
    (report,) = [step.report for step in steps if step.report is not None]
    return (report.source, (report.frames, report.readings)), archive


def test_lost_manifest_is_rebuilt_from_the_parquet_files(
    tmp_path: Path, six_seconds: bytes
) -> None:
    (tmp_path / "lesson.mp4").write_bytes(six_seconds)
    run_and_report(tmp_path / "lesson.mp4", tmp_path / "out")
    before = (tmp_path / "out" / "manifest.json").read_text()
    (tmp_path / "out" / "manifest.json").unlink()
    (step,), archive = run(str(tmp_path / "lesson.mp4"), str(tmp_path / "out"))
    assert (step.again, archive.pieces) == (True, 0)
    assert (tmp_path / "out" / "manifest.json").read_text() == before


def test_changed_video_is_read_again(tmp_path: Path) -> None:
    video, out = lesson(tmp_path / "lesson.mp4", 1.0), tmp_path / "out"
    run_and_report(video, out)
    lesson(video, 1.5, seed=1)
    (_, report), archive = run_and_report(video, out)
    assert archive.pieces == 1
    assert report[0] == 15
    assert len(rows(next(out.glob("*.parquet")))) == report[1]


def test_run_with_other_options_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    make_clip(tmp_path / "grey.mp4", [n / 25 for n in range(10)])
    run(str(tmp_path / "grey.mp4"), str(tmp_path / "out"))
    with pytest.raises(OutputError, match="made with another every"):
        Archive(str(tmp_path / "out"), Options("compact", OPTIONS.digest, every=1.0, piece=2.0))


def test_videos_are_read_from_a_bucket_and_the_archive_is_written_to_a_bucket(
    six_seconds: bytes,
) -> None:
    memory = fsspec.filesystem("memory")
    memory.pipe_file("/lessons/monday/a.mp4", six_seconds)
    memory.pipe_file("/lessons/notes.txt", b"no video")
    steps, archive = run("memory://lessons/**/*.mp4", "memory://readings")
    assert [step.error for step in steps if step.error] == []
    assert archive.pieces == 3
    (written,) = memory.glob("/readings/*.parquet")
    with memory.open(written, "rb") as file:
        assert len(rows(io.BytesIO(file.read()))) == sum(
            s.report.readings for s in steps if s.report
        )
    assert json.loads(memory.cat_file("/readings/manifest.json"))["videos"].keys() == {
        "memory:///lessons/monday/a.mp4"
    }
    (again,), nothing = run("memory://lessons", "memory://readings")
    assert (again.again, nothing.pieces) == (True, 0)


class Unsteady(Bucket):
    """A bucket whose network fails after a number of reads."""

    protocol = "unsteady"
    reads = 3

    def _open(self, path: str, *args: Any, **kwargs: Any) -> Any:
        opened = super()._open(path, *args, **kwargs)
        content, cls = io.BytesIO(opened.read()), type(self)

        class File(io.RawIOBase):
            def seekable(self) -> bool:
                return True

            def seek(self, offset: int, whence: int = 0) -> int:
                return content.seek(offset, whence)

            def tell(self) -> int:
                return content.tell()

            def read(self, size: int = -1) -> bytes:
                cls.reads -= 1
                if cls.reads < 0:
                    raise ConnectionError("the network is down")
                return content.read(size)

        return File()


def test_lost_connection_is_not_reported_as_a_damaged_video(tmp_path: Path) -> None:
    fsspec.register_implementation("unsteady", Unsteady, clobber=True)
    video = lesson(tmp_path / "a.mp4", 1.0).read_bytes()
    fsspec.filesystem("unsteady").pipe_file("/a.mp4", video)
    Unsteady.reads = most = 100_000
    steps, _ = run("unsteady://a.mp4", str(tmp_path / "whole"))
    (report,) = [step.report for step in steps if step.report is not None]
    assert (report.frames, report.error) == (10, "")
    # Fail while the video is read, which comes after cutting it into pieces.
    Unsteady.reads = (most - Unsteady.reads) * 3 // 4
    steps, _ = run("unsteady://a.mp4", str(tmp_path / "out"))
    (error,) = [step.error for step in steps if step.error]
    assert "the network is down" in error
    assert not list((tmp_path / "out").glob("*.parquet"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["a.mp4", "--engine", "local"], "-o readings/"),
        (
            ["a.mp4", "-o", "out/", "--annotated", "b.mp4"],
            "does not work with archives",
        ),
        (["a.mp4", "-o", "out/", "--format", "csv"], "leave out --format"),
        (["-", "-o", "out/"], "cannot be read from standard input"),
        (["nowhere://a/*.mp4", "-o", "out/"], "nowhere://: is not a supported URL scheme"),
        (["a.mp4", "-o", "out/", "--workers", "2"], "use --engine ray for more"),
    ],
)
def test_invalid_options_for_an_archive_are_refused_in_one_line(
    roomread: Program, tmp_path: Path, arguments: list[str], said: str
) -> None:
    make_clip(tmp_path / "a.mp4", [0.0, 0.04])
    result = roomread("analyze", *arguments)
    assert result.returncode == 2
    (line,) = result.stderr.decode().splitlines()
    assert said in line


def test_local_paths_work_without_fsspec_and_the_error_for_a_url_names_the_extra(
    tmp_path: Path,
) -> None:
    make_clip(tmp_path / "a.mp4", [n / 25 for n in range(10)])
    block = "import sys; sys.modules['fsspec'] = sys.modules['ray'] = None; "
    command = [*PROGRAM[:-1], block + PROGRAM[-1], "analyze"]
    done = subprocess.run([*command, "a.mp4", "-o", "out/"], cwd=tmp_path, check=True)
    assert done.returncode == 0
    for arguments in (["s3://bucket/a.mp4", "-o", "out/"], ["a.mp4", "-o", "r/", "--engine=ray"]):
        asked = subprocess.run(
            [*command, *arguments], cwd=tmp_path, capture_output=True, check=False
        )
        assert asked.returncode == 2
        assert b"pip install 'roomread[cluster]'" in asked.stderr
    assert sys.modules["fsspec"] is fsspec
