"""Run an archive's jobs in this process; `on_ray` runs them on a cluster."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Protocol

from roomread.cluster.archive.report import Report
from roomread.cluster.archive.tasks import Job, VideoPiece
from roomread.errors import RoomreadError


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a job.

    Attributes:
        job: The job that was run.
        result: The return value of `job.run`; None if the job failed.
        error: Why the job failed, in one line; empty if it did not fail.
    """

    job: Job
    result: Report | list[VideoPiece] | None
    error: str = ""


class Executor(Protocol):
    """An executor, which runs jobs and returns one outcome for each job.

    Attributes:
        repeated: The number of jobs that were run again because their process crashed.
    """

    repeated: int

    @property
    def capacity(self) -> int:
        """The number of submitted jobs that is enough to keep all workers busy."""

    def submit(self, job: Job) -> None:
        """Submit a job without waiting for its outcome."""

    def wait(self) -> Outcome:
        """Return the outcome of a submitted job that has ended; each outcome is returned once.

        Raises:
            RoomreadError: The connection to the workers was lost.
            LookupError: No job is left.
        """

    def close(self) -> None:
        """Release the workers; the results of running jobs may be lost."""


def execute(job: Job, threads: int) -> Outcome:
    """Run a job in this process and return its outcome.

    Args:
        job: The job to run.
        threads: The number of threads of its nets and its decoder.
    """
    try:
        return Outcome(job, job.run(threads))
    except RoomreadError as error:
        return Outcome(job, None, str(error))
    except Exception as error:  # noqa: BLE001 (one video must not stop an archive of thousands)
        text = " ".join(f"{type(error).__name__}: {error}".split())
        return Outcome(job, None, f"{job.video.source}: {text} (a bug in Roomread: report it)")


class LocalExecutor:
    """An executor that runs jobs one after the other in this process.

    Args:
        threads: The number of threads of each job's nets and decoder.
    """

    capacity = 1

    def __init__(self, *, threads: int = 2) -> None:
        self.repeated = 0
        self._threads = threads
        self._waiting: deque[Job] = deque()

    def submit(self, job: Job) -> None:
        """Queue a job; `wait` runs it."""
        self._waiting.append(job)

    def wait(self) -> Outcome:
        """Run the next job and return its outcome.

        Raises:
            LookupError: No job is left.
        """
        return execute(self._waiting.popleft(), self._threads)

    def close(self) -> None:
        """Do nothing, because there is nothing to release."""
