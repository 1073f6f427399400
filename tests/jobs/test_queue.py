from __future__ import annotations

import csv
import errno
import json
import os
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from clips import make_clip
from roomread.errors import OutputError
from roomread.jobs.admission import TooManyJobsError
from roomread.jobs.queue import JobQueue
from roomread.jobs.video_job import Limits, QueueLimits, VideoJob
from roomread.media import open_source
from roomread.store import JobRecord, JobState, Store

ANNA = "user:anna"
SIZE = (160, 120)
# Maximum time to wait for a job, s. A busy computer may need minutes to start a worker process.
PATIENCE = 300
READER = (sys.executable, str(Path(__file__).parents[1] / "fixed_reader.py"))


@pytest.fixture
def board() -> Iterator[JobQueue]:
    made = JobQueue(places=QueueLimits(waiting=2), worker=READER)
    yield made
    made.close()


def wait(board: JobQueue, job_id: str, *, seconds: float | None = None) -> VideoJob:
    """Wait until a job has ended, or until `seconds` of its video are read."""
    deadline = time.monotonic() + PATIENCE
    while True:
        job = job_of(board, job_id)
        if job.finished or (seconds is not None and job.record.seconds >= seconds):
            return job
        assert time.monotonic() < deadline
        time.sleep(0.02)


def job_of(board: JobQueue, job_id: str) -> VideoJob:
    job = board.get(job_id, owner=ANNA)
    assert job is not None
    return job


def wait_until_gone(folder: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while folder.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture(scope="module")
def long_clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return a video of ten minutes, which no test reads to its end."""
    path = tmp_path_factory.mktemp("clip") / "long.mp4"
    return make_clip(path, [n / 10 for n in range(6000)], size=SIZE).read_bytes()


def test_uploaded_video_produces_an_annotated_copy_tables_and_a_timeline(
    board: JobQueue, tmp_path: Path
) -> None:
    clip = make_clip(tmp_path / "lesson.mp4", [n / 10 for n in range(25)], size=SIZE, sound=1.0)
    job_id = board.upload("lesson.mp4", clip.read_bytes(), owner=ANNA)
    job = wait(board, job_id)
    assert job.record.state is JobState.FINISHED
    assert job.record.share == pytest.approx(1, abs=0.1)
    with open_source(job.annotated) as source:
        assert len(list(source)) == 25
    rows = list(csv.DictReader((job.folder / "readings.csv").read_text().splitlines()))
    assert len(rows) == 25
    assert {row["source"] for row in rows} == {"lesson.mp4"}
    assert [(second, track) for second, track, _ in job.timeline()] == [(0, 1), (1, 1), (2, 1)]
    assert job.timeline()[0][2].sum() == pytest.approx(1, abs=1e-3)
    # The upload itself is deleted as soon as it is read.
    assert sorted(path.name for path in job.folder.iterdir()) == [
        "annotated.mp4",
        "notes.json",
        "readings.csv",
        "readings.jsonl",
        "timeline.json",
    ]


def test_error_for_a_file_that_is_not_a_video_names_the_file(board: JobQueue) -> None:
    job = wait(board, board.upload("notes.mp4", b"not a video" * 100, owner=ANNA))
    assert job.record.state is JobState.FAILED
    assert job.record.error.startswith("notes.mp4:")
    assert str(job.folder) not in job.record.error


def test_files_named_in_an_uploaded_playlist_are_not_opened(
    board: JobQueue, tmp_path: Path
) -> None:
    secret = make_clip(tmp_path / "secret.mp4", [0.0, 0.1], size=SIZE)
    for text in (
        f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{secret}\n#EXT-X-ENDLIST\n",
        f"ffconcat version 1.0\nfile '{secret}'\n",
    ):
        job = wait(board, board.upload("list.mp4", text.encode(), owner=ANNA))
        assert job.record.state is JobState.FAILED
        assert not job.annotated.exists()


def test_picture_submitted_as_a_video_is_refused(board: JobQueue) -> None:
    picture = Path(__file__).parents[2] / "examples" / "astronaut.jpg"
    job = wait(board, board.upload("me.jpg", picture.read_bytes(), owner=ANNA))
    assert "submit it as a picture" in job.record.error


def test_cancelled_job_keeps_its_results_so_far(board: JobQueue, long_clip: bytes) -> None:
    job_id = board.upload("long.mp4", long_clip, owner=ANNA)
    wait(board, job_id, seconds=0.5)
    board.cancel(job_id, owner=ANNA)
    job = wait(board, job_id)
    assert job.record.state is JobState.CANCELLED
    assert 0 < job.record.seconds < 599
    with open_source(job.annotated) as source:
        assert list(source)[-1].time == pytest.approx(job.record.seconds, abs=0.06)


def test_full_queue_refuses_a_video_and_a_deleted_job_leaves_no_files(
    board: JobQueue, long_clip: bytes
) -> None:
    first, second = (
        board.upload("a.mp4", long_clip, owner=ANNA),
        board.upload("b.mp4", long_clip, owner=ANNA),
    )
    assert board.waiting_before(first) == 0
    assert board.waiting_before(second) == 1
    with pytest.raises(TooManyJobsError, match="2 videos are already waiting"):
        board.upload("c.mp4", long_clip, owner=ANNA)
    folder = job_of(board, second).folder
    board.forget(second, owner=ANNA)
    assert not folder.exists()
    assert board.get(second, owner=ANNA) is None


def test_deleting_a_job_while_its_video_is_read_removes_its_files(
    board: JobQueue, long_clip: bytes
) -> None:
    job_id = board.upload("a.mp4", long_clip, owner=ANNA)
    job = wait(board, job_id, seconds=0.2)
    board.forget(job_id, owner=ANNA)
    assert board.get(job_id, owner=ANNA) is None
    wait_until_gone(job.folder)


def test_finished_job_is_deleted_after_its_retention_time(tmp_path: Path) -> None:
    board = JobQueue(places=QueueLimits(seconds=0.0), worker=READER)
    clip = make_clip(tmp_path / "clip.mp4", [0.0, 0.1], size=SIZE)
    job_id = board.start(str(clip), owner=ANNA)
    folder = wait(board, job_id).folder
    time.sleep(0.01)
    board.start(str(clip), owner=ANNA)
    assert board.get(job_id, owner=ANNA) is None
    assert not folder.exists()
    # A video that was submitted as a path belongs to the user and is kept.
    assert clip.exists()
    board.close()


def test_job_is_not_found_by_another_owner(board: JobQueue) -> None:
    job_id = board.upload("notes.mp4", b"no video", owner="key:1")
    assert board.get(job_id, owner="key:1") is not None
    assert board.get(job_id, owner="key:2") is None
    assert board.of("key:2") == []


def test_restarted_queue_continues_its_jobs_and_removes_incomplete_uploads(
    tmp_path: Path, long_clip: bytes
) -> None:
    folder = tmp_path / "jobs"
    first = JobQueue(folder, worker=READER)
    clip = make_clip(tmp_path / "clip.mp4", [0.0, 0.1], size=SIZE).read_bytes()
    done = first.upload("clip.mp4", clip, owner=ANNA)
    wait(first, done)
    read, waiting = (
        first.upload("long.mp4", long_clip, owner=ANNA),
        first.upload("clip.mp4", clip, owner=ANNA),
    )
    # Begin an upload and never complete it, as after a power cut.
    taking = first.taking("half.mp4", owner=ANNA)
    half, file = taking.__enter__()
    file.write_bytes(b"12")
    wait(first, read, seconds=0.2)
    first.close()

    second = JobQueue(folder, worker=READER)
    assert job_of(second, done).record.state is JobState.FINISHED
    assert not half.folder.exists()
    wait(second, read, seconds=0.2)
    second.cancel(read, owner=ANNA)
    assert wait(second, waiting).record.state is JobState.FINISHED
    second.close()


def test_upload_to_a_full_disk_is_reported_and_leaves_no_job(board: JobQueue) -> None:
    for _ in range(5):
        with (
            pytest.raises(OutputError, match="cannot be stored: No space"),
            board.taking("a.mp4", owner=ANNA),
        ):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert board.unfinished() == 0
    assert board.of(ANNA) == []


def test_oldest_results_are_deleted_when_the_space_is_needed(tmp_path: Path) -> None:
    board = JobQueue(tmp_path / "jobs", places=QueueLimits(mb=1), worker=READER)
    clip = make_clip(tmp_path / "clip.mp4", [0.0, 0.1], size=SIZE).read_bytes()
    job_ids = []
    for _ in range(3):
        job_ids.append(board.upload("clip.mp4", clip, owner=ANNA))
        (wait(board, job_ids[-1]).folder / "annotated.mp4").write_bytes(bytes(600_000))
    # The first was deleted when the third was submitted, because two exceed the space.
    assert [board.get(job_id, owner=ANNA) is not None for job_id in job_ids] == [False, True, True]
    with board.taking("long.mp4", owner=ANNA) as (_, file):
        file.write_bytes(bytes(1_100_000))
        with pytest.raises(TooManyJobsError, match="take all the space"):
            board.upload("clip.mp4", clip, owner=ANNA)
    board.close()


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (Limits(max_seconds=1.0), "longer than"),
        (Limits(max_frames=10), "over 10 frames"),
        (Limits(max_pixels=160 * 119), "too many pixels"),
    ],
)
def test_job_of_a_video_over_a_limit_fails_with_an_error_that_names_the_limit(
    limits: Limits, said: str, tmp_path: Path
) -> None:
    board = JobQueue(limits=limits, worker=READER)
    clip = make_clip(tmp_path / "clip.mp4", [n / 10 for n in range(25)], size=SIZE)
    job = wait(board, board.upload("clip.mp4", clip.read_bytes(), owner=ANNA))
    assert said in job.record.error
    board.close()


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("import time; time.sleep(60)", "made no progress"),
        ("", "crashed the process that reads it"),
    ],
)
def test_hanging_or_crashing_worker_fails_only_its_own_job(program: str, said: str) -> None:
    limits = Limits(stall_seconds=0.5)
    board = JobQueue(limits=limits, worker=(sys.executable, "-c", program))
    for _ in range(2):
        job = wait(board, board.upload("clip.mp4", b"anything", owner=ANNA))
        assert job.record.state is JobState.FAILED
        assert said in job.record.error
    board.close()


def test_job_with_a_frame_interval_reads_one_frame_per_interval(
    board: JobQueue, tmp_path: Path
) -> None:
    clip = make_clip(tmp_path / "lesson.mp4", [n / 10 for n in range(25)], size=SIZE)
    with board.taking("lesson.mp4", owner=ANNA, annotated=False, every=0.5) as (job, file):
        file.write_bytes(clip.read_bytes())
    lines = (wait(board, job.record.id).folder / "readings.jsonl").read_text().splitlines()
    assert [json.loads(line)["time"] for line in lines] == [0.0, 0.5, 1.0, 1.5, 2.0]


def test_unexpected_failure_ends_only_its_own_job(
    board: JobQueue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = make_clip(tmp_path / "lesson.mp4", [0.0, 0.1], size=SIZE).read_bytes()
    read = board._reader.read

    def fail_once(_job: VideoJob) -> dict[str, object] | None:
        monkeypatch.setattr(board._reader, "read", read)
        raise KeyError("unexpected")

    monkeypatch.setattr(board._reader, "read", fail_once)
    failed = wait(board, board.upload("first.mp4", clip, owner=ANNA))
    assert failed.record.state is JobState.FAILED
    assert failed.record.error == "first.mp4: could not be read because of an internal error"
    assert wait(board, board.upload("next.mp4", clip, owner=ANNA)).record.state is JobState.FINISHED
    assert board.is_working


def test_queue_continues_with_the_next_job_after_the_folder_of_a_job_was_removed(
    board: JobQueue, tmp_path: Path
) -> None:
    # The reader reads the video to its end, although its folder was removed.
    clip = make_clip(tmp_path / "clip.mp4", [n / 10 for n in range(600)], size=SIZE)
    job_id = board.upload("clip.mp4", clip.read_bytes(), owner=ANNA)
    job = wait(board, job_id, seconds=0.5)
    assert not job.finished
    waiting = board.upload("next.mp4", b"no video", owner=ANNA)
    shutil.rmtree(job.folder)
    assert wait(board, waiting).record.state is JobState.FAILED
    assert wait(board, job_id).finished
    assert board.is_working


@pytest.mark.parametrize("column", ["state", "seconds", "created"])
def test_job_with_a_damaged_record_fails_and_the_next_job_is_still_processed(
    tmp_path: Path, column: str
) -> None:
    store = Store(f"sqlite:///{tmp_path / 'roomread.db'}")
    board = JobQueue(tmp_path / "jobs", store=store, worker=READER)
    record = JobRecord("damaged", ANNA, "lesson.mp4", None, annotated=False, created=time.time())
    store.jobs.add(record)
    with store._database.writing() as connection:
        connection.execute(sa.text(f"UPDATE jobs SET {column} = 'mistyped'"))  # noqa: S608
    assert job_of(board, "damaged").record.error.startswith("lesson.mp4: its record")
    later = board.upload("next.mp4", b"no video", owner=ANNA)
    assert wait(board, later).record.state is JobState.FAILED
    assert board.is_working
    board.close()
    store.close()
