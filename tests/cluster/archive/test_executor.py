from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import pytest

from roomread.cluster.archive.executor import LocalExecutor, execute
from roomread.cluster.archive.report import Report
from roomread.cluster.archive.storage import ArchiveVideo
from roomread.cluster.archive.tasks import Job
from roomread.errors import MediaError

VIDEO = ArchiveVideo("a.mp4", 1, "")
REPORT = Report("a.mp4", "0", 1, 1)


@dataclass
class Fake:
    """A job that fails with an error, or returns a report."""

    error: Exception | None = None
    video: ArchiveVideo = VIDEO
    threads: int = 0

    def run(self, threads: int) -> Report:
        self.threads = threads
        if self.error is not None:
            raise self.error
        return REPORT


def job(error: Exception | None = None) -> Job:
    return cast("Job", Fake(error))


def test_outcome_contains_the_result_of_the_job() -> None:
    done = execute(job(), 3)
    assert (done.result, done.error) == (REPORT, "")
    assert cast("Fake", done.job).threads == 3


def test_failure_of_a_video_is_reported_in_one_line() -> None:
    expected = execute(job(MediaError("a.mp4: is damaged", hint="copy it again")), 1)
    assert (expected.result, expected.error) == (None, "a.mp4: is damaged (copy it again)")
    fault = execute(job(ZeroDivisionError("by\nzero")), 1)
    assert fault.error == ("a.mp4: ZeroDivisionError: by zero (a bug in Roomread: report it)")


def test_local_executor_runs_a_job_only_when_the_next_outcome_is_awaited() -> None:
    executor = LocalExecutor(threads=2)
    jobs = [job(), job(MediaError("a.mp4: is damaged")), job()]
    for each in jobs:
        executor.submit(each)
    assert [cast("Fake", each).threads for each in jobs] == [0, 0, 0]
    outcomes = [executor.wait() for _ in jobs]
    assert [outcome.job for outcome in outcomes] == jobs
    assert [outcome.result for outcome in outcomes] == [REPORT, None, REPORT]
    with pytest.raises(LookupError):
        executor.wait()
    executor.close()
    assert (executor.capacity, executor.repeated) == (1, 0)
