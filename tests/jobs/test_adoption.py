"""The jobs of a process that ended are finished by another process with the same store."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from clips import make_clip
from roomread.jobs.queue import JobQueue
from roomread.store import JobRecord, JobState, Leases, Store

ANNA = "user:anna"
READER = (sys.executable, str(Path(__file__).parents[1] / "fixed_reader.py"))


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'roomread.db'}"


@contextmanager
def process(url: str, folder: Path) -> Iterator[JobQueue]:
    """Yield the job queue of another process, with a database connection of its own."""
    store = Store(url)
    queue = JobQueue(folder, store=store, worker=READER)
    yield queue
    queue.close()
    store.close()


def submit_and_die(url: str, folder: Path, content: bytes, *, age: float) -> str:
    """Create the job of a process that was killed `age` seconds ago while reading the video."""
    store = Store(url)
    record = JobRecord("job-1", ANNA, "lesson.mp4", "upload.mp4", True, 0.0)  # noqa: FBT003
    (folder / record.id).mkdir(parents=True)
    (folder / record.id / "upload.mp4").write_bytes(content)
    (folder / record.id / "readings.csv").write_text("half of")
    store.jobs.add(record)
    store.jobs.change(record.id, state=JobState.READING, attempts=1)
    dead = Leases(store._database, "dead", clock=lambda: time.time() - age)
    assert dead.acquire(f"job:{record.id}") is None
    store.close()
    return record.id


def wait_until_ended(queue: JobQueue, job_id: str) -> JobRecord:
    deadline = time.monotonic() + 60
    while (job := queue.get(job_id, owner=ANNA)) is None or not job.finished:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return job.record


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("clip") / "lesson.mp4"
    return make_clip(path, [n / 10 for n in range(5)], size=(160, 120)).read_bytes()


def test_job_of_a_killed_process_is_finished_by_a_process_with_access_to_the_files(
    url: str, tmp_path: Path, clip: bytes
) -> None:
    job_id = submit_and_die(url, tmp_path / "jobs", clip, age=6)
    with process(url, tmp_path / "jobs") as other:
        assert [job.record.id for job in other.of(ANNA)] == [job_id]
        record = wait_until_ended(other, job_id)
        assert (record.state, record.error) == (JobState.FINISHED, "")
        table = (tmp_path / "jobs" / job_id / "readings.csv").read_text()
        assert table.count("\n") == 6


def test_job_of_a_running_process_is_not_taken_over(url: str, tmp_path: Path, clip: bytes) -> None:
    job_id = submit_and_die(url, tmp_path / "jobs", clip, age=0)
    with process(url, tmp_path / "jobs") as other:
        other._adopt()
        job = other.get(job_id, owner=ANNA)
        assert job is not None
        assert job.record.state is JobState.READING


def test_job_with_lost_files_fails_with_an_error_that_names_the_video(
    url: str, tmp_path: Path, clip: bytes
) -> None:
    job_id = submit_and_die(url, tmp_path / "first", clip, age=100)
    shutil.rmtree(tmp_path / "first")
    with process(url, tmp_path / "second") as other:
        record = wait_until_ended(other, job_id)
        assert record.state is JobState.FAILED
        assert record.error == "lesson.mp4: its files were lost with the process that stored them"


def test_job_with_unreachable_files_waits_until_a_process_with_the_files_starts(
    url: str, tmp_path: Path, clip: bytes
) -> None:
    job_id = submit_and_die(url, tmp_path / "first", clip, age=20)
    with process(url, tmp_path / "second") as other:
        other._adopt()
        job = other.get(job_id, owner=ANNA)
        assert job is not None
        assert not job.finished
    with process(url, tmp_path / "first") as again:
        assert wait_until_ended(again, job_id).state is JobState.FINISHED


def test_process_can_cancel_a_job_that_another_process_runs(url: str, tmp_path: Path) -> None:
    path = make_clip(tmp_path / "long.mp4", [n / 10 for n in range(3000)], size=(160, 120))
    with process(url, tmp_path / "jobs") as first, process(url, tmp_path / "jobs") as second:
        job_id = first.upload("long.mp4", path.read_bytes(), owner=ANNA)
        second.cancel(job_id, owner=ANNA)
        record = wait_until_ended(first, job_id)
        assert record.state is JobState.CANCELLED
        assert record.seconds < 299
