from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from roomread.errors import DatabaseError
from roomread.jobs import job_reader
from roomread.jobs.job_reader import JobReader
from roomread.jobs.video_job import Limits, VideoJob
from roomread.store import JobRecord, JobState, JobStore

RECORD = JobRecord("job-1", "user:anna", "lesson.mp4", "upload.mp4", False, 0.0, profiles=1)  # noqa: FBT003
PROGRESS: dict[str, object] = {"seconds": 1.0, "duration": 2.0}
FINISHED = PROGRESS | {"finished": True, "error": "", "cancelled": False}


class FakeWorker:
    """A worker process that sends the given reports, and records the messages sent to it."""

    reports: Iterator[dict[str, object]]
    made: list[FakeWorker]
    times_out = False

    def __init__(self, command: tuple[str, ...]) -> None:
        self.command, self.sent, self.timed_out = command, [], False
        self.killed = self.closed = False
        type(self).made.append(self)

    sent: list[dict[str, object]]

    def send(self, head: dict[str, object]) -> None:
        self.sent.append(head)

    def receive(self, timeout: float) -> tuple[dict[str, object], bytes] | None:
        assert timeout == Limits().stall_seconds
        report = None if self.killed else next(self.reports, None)
        self.timed_out = report is None and self.times_out
        return (report, b"") if report is not None else None

    def kill(self) -> None:
        self.killed = True

    def close(self) -> None:
        self.closed = True


Report = Callable[..., object]


def held(*_: object, **__: object) -> object:
    """Return what the store returns while this process holds the job."""
    return SimpleNamespace(cancelled=False)


@pytest.fixture
def read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., dict[str, object] | None]:
    """Return a function that reads a job with a worker that sends the given reports."""
    monkeypatch.setattr(job_reader, "WorkerProcess", FakeWorker)

    def read(
        *reports: dict[str, object], report: Report = held, times_out: bool = False
    ) -> dict[str, object] | None:
        FakeWorker.reports, FakeWorker.made = iter(reports), []
        FakeWorker.times_out = times_out
        jobs = cast("JobStore", SimpleNamespace(report=report))
        reader = JobReader(jobs, "here", Limits(), worker=["worker"])
        return reader.read(VideoJob(RECORD, tmp_path))

    return read


Read = Callable[..., dict[str, Any] | None]


def test_worker_process_receives_the_job_and_the_limits_and_is_then_closed(
    read: Read, tmp_path: Path
) -> None:
    assert read(FINISHED) is not None
    (worker,) = FakeWorker.made
    assert worker.command == ("worker",)
    (task,) = worker.sent
    assert (task["folder"], task["name"], task["upload"]) == (
        str(tmp_path),
        "lesson.mp4",
        "upload.mp4",
    )
    assert task["profiles"] == [str(tmp_path / "profile-0.json")]
    assert task["max_seconds"] == Limits().max_seconds
    assert worker.closed


def test_progress_is_stored_and_the_worker_continues_until_the_job_is_cancelled(read: Read) -> None:
    seen: list[dict[str, object]] = []

    def report(job_id: str, **values: object) -> object:
        seen.append({"id": job_id} | values)
        return SimpleNamespace(cancelled=len(seen) == 2)

    ended = read(PROGRESS, PROGRESS, FINISHED | {"cancelled": True}, report=report)
    assert ended == PROGRESS | {"state": JobState.CANCELLED, "error": ""}
    assert seen == 2 * [{"id": "job-1", "holder": "here"} | PROGRESS]
    assert FakeWorker.made[0].sent[1:] == [{"go_on": True}, {"go_on": False}]


@pytest.mark.parametrize(
    ("last", "state"),
    [
        ({}, JobState.FINISHED),
        ({"cancelled": True}, JobState.CANCELLED),
        ({"error": "is damaged"}, JobState.FAILED),
        ({"error": "is damaged", "cancelled": True}, JobState.FAILED),
    ],
)
def test_final_report_of_the_worker_determines_the_state_of_the_job(
    read: Read, last: dict[str, object], state: JobState
) -> None:
    ended = read(FINISHED | last)
    assert ended is not None
    assert (ended["state"], ended["error"]) == (state, last.get("error", ""))


@pytest.mark.parametrize(
    ("times_out", "why"), [(True, "made no progress"), (False, "crashed the process that reads it")]
)
def test_job_whose_worker_ends_early_fails_with_an_error_that_names_the_video(
    read: Read, why: str, *, times_out: bool
) -> None:
    ended = read(PROGRESS, times_out=times_out)
    assert ended == {"state": JobState.FAILED, "error": f"lesson.mp4: {why}"}


def test_job_that_another_process_took_over_is_not_changed(read: Read) -> None:
    assert read(PROGRESS, FINISHED, report=lambda *_, **__: None) is None
    assert FakeWorker.made[0].closed


def test_worker_continues_reading_the_video_when_the_database_fails(read: Read) -> None:
    def fail(*_: object, **__: object) -> object:
        raise DatabaseError("the database is gone")

    ended = read(PROGRESS, FINISHED, report=fail)
    assert ended is not None
    assert ended["state"] is JobState.FINISHED
    assert FakeWorker.made[0].sent[1:] == [{"go_on": True}]


def test_closing_the_job_reader_kills_its_worker_and_changes_no_job_record(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(job_reader, "WorkerProcess", FakeWorker)
    FakeWorker.reports, FakeWorker.made = iter([PROGRESS, FINISHED]), []

    def close(*_: object, **__: object) -> object:
        reader.close()
        return SimpleNamespace(cancelled=False)

    reader = JobReader(cast("JobStore", SimpleNamespace(report=close)), "here", Limits())
    assert reader.read(VideoJob(RECORD, tmp_path)) is None
    assert FakeWorker.made[0].killed
    # A closed reader reads no further job.
    assert reader.read(VideoJob(RECORD, tmp_path)) is None
    assert FakeWorker.made[1].killed
