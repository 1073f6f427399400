from __future__ import annotations

import csv
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from clips import make_clip
from roomread import Analyzer
from roomread.apps.web.jobs import JobBoard, TooManyJobsError, VideoJob
from roomread.media import open_source
from roomread.testing import FixedClassifier, FixedDetector

BOX = (8.0, 8.0, 100.0, 110.0)
SIZE = (160, 120)


@pytest.fixture
def board() -> Iterator[JobBoard]:
    analyzer = Analyzer(detector=FixedDetector([BOX]), classifier=FixedClassifier())
    made = JobBoard(lambda: analyzer, waiting=2)
    yield made
    made.close()


def wait(job: VideoJob) -> VideoJob:
    deadline = time.monotonic() + 60
    while not job.finished:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return job


def job_of(board: JobBoard, number: str) -> VideoJob:
    job = board.get(number)
    assert job is not None
    return job


def test_an_upload_becomes_a_drawn_copy_a_table_and_a_timeline(
    board: JobBoard, tmp_path: Path
) -> None:
    clip = make_clip(tmp_path / "lesson.mp4", [n / 10 for n in range(25)], size=SIZE, sound=1.0)
    number = board.upload("lesson.mp4", clip.read_bytes())
    job = wait(job_of(board, number))
    assert not job.error
    assert job.share == pytest.approx(1, abs=0.1)
    with open_source(job.annotated) as source:
        assert len(list(source)) == 25
    rows = list(csv.DictReader((job.folder / "readings.csv").read_text().splitlines()))
    assert len(rows) == 25
    assert {row["source"] for row in rows} == {"lesson.mp4"}
    assert [(second, track) for second, track, _ in job.timeline.rows()] == [(0, 1), (1, 1), (2, 1)]
    assert job.timeline.rows()[0][2].sum() == pytest.approx(1)
    # The upload itself is gone as soon as it is read.
    assert sorted(path.name for path in job.folder.iterdir()) == [
        "annotated.mp4",
        "readings.csv",
        "readings.jsonl",
    ]


def test_a_file_that_is_no_video_is_told_by_its_own_name(board: JobBoard) -> None:
    job = wait(job_of(board, board.upload("notes.mp4", b"not a video" * 100)))
    assert job.error.startswith("notes.mp4:")
    assert str(job.folder) not in job.error


def test_a_picture_is_sent_to_its_page(board: JobBoard) -> None:
    picture = Path(__file__).parents[2] / "examples" / "astronaut.jpg"
    job = wait(job_of(board, board.upload("me.jpg", picture.read_bytes())))
    assert "the page Photo" in job.error


def test_a_cancelled_job_keeps_what_was_read(board: JobBoard, tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "long.mp4", [n / 10 for n in range(400)], size=SIZE)
    job = job_of(board, board.upload("long.mp4", clip.read_bytes()))
    while job.seconds < 0.5:
        time.sleep(0.005)
    job.cancel()
    wait(job)
    assert job.cancelled
    assert 0 < job.seconds < 39
    with open_source(job.annotated) as source:
        assert list(source)[-1].time == pytest.approx(job.seconds, abs=0.06)


def test_too_many_wait_no_longer_and_a_forgotten_job_leaves_nothing(
    board: JobBoard, tmp_path: Path
) -> None:
    clip = make_clip(tmp_path / "long.mp4", [n / 10 for n in range(400)], size=SIZE).read_bytes()
    first, second = board.upload("a.mp4", clip), board.upload("b.mp4", clip)
    assert board.waiting_before(first) == 0
    assert board.waiting_before(second) == 1
    with pytest.raises(TooManyJobsError, match="2 videos are waiting"):
        board.upload("c.mp4", clip)
    folder = job_of(board, second).folder
    board.forget(second)
    assert not folder.exists()
    assert board.get(second) is None


def test_a_job_forgotten_while_it_is_read_is_gone_when_it_has_stopped(
    board: JobBoard, tmp_path: Path
) -> None:
    clip = make_clip(tmp_path / "long.mp4", [n / 10 for n in range(400)], size=SIZE).read_bytes()
    number = board.upload("a.mp4", clip)
    job = job_of(board, number)
    while job.seconds < 0.2:
        time.sleep(0.005)
    board.forget(number)
    wait(job)
    assert job.seconds < 39
    assert not job.error
    assert not job.folder.exists()


def test_a_finished_job_is_forgotten_in_time(tmp_path: Path) -> None:
    analyzer = Analyzer(detector=FixedDetector([BOX]), classifier=FixedClassifier())
    board = JobBoard(lambda: analyzer, kept_seconds=0.0)
    clip = make_clip(tmp_path / "clip.mp4", [0.0, 0.1], size=SIZE)
    number = board.start(str(clip))
    folder = wait(job_of(board, number)).folder
    time.sleep(0.01)
    board.start(str(clip))
    assert board.get(number) is None
    assert not folder.exists()
    # A video that was named, not uploaded, is the user's own.
    assert clip.exists()
    board.close()
