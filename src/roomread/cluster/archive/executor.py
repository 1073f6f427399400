"""Execute an archive's jobs in this process; `on_ray` executes them on a cluster."""

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
        job: the job.
        result: the return value of `job.run`; None if the job failed.
        error: one line that says why it failed; empty if it did not.
    """

    job: Job
    result: Report | list[VideoPiece] | None
    error: str = ""


class Executor(Protocol):
    """Run jobs, each once, and return their outcomes.

    Attributes:
        repeated: the number of jobs that were run again because their process ended.
    """

    repeated: int

    @property
    def capacity(self) -> int:
        """The number of submitted jobs that keeps all workers busy."""

    def submit(self, job: Job) -> None:
        """Submit a job; return at once."""

    def wait(self) -> Outcome:
        """Return the outcome of a submitted job that has ended; each outcome is returned once.

        Raises:
            RoomreadError: the workers are gone.
            LookupError: no job is left.
        """

    def close(self) -> None:
        """Release the workers; jobs that have started may be lost."""


def execute(job: Job, threads: int) -> Outcome:
    """Run a job in this process and return its outcome.

    Args:
        job: the job.
        threads: the number of threads of its nets and its decoder.
    """
    try:
        return Outcome(job, job.run(threads))
    except RoomreadError as error:
        return Outcome(job, None, str(error))
    except Exception as error:  # noqa: BLE001 (one video must not stop an archive of thousands)
        text = " ".join(f"{type(error).__name__}: {error}".split())
        return Outcome(job, None, f"{job.video.source}: {text} (a fault of Roomread: report it)")


class LocalExecutor:
    """Run jobs one after the other in this process.

    Args:
        threads: the number of threads of each job's nets and decoder.
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
        """Run the next job.

        Raises:
            LookupError: no job is left.
        """
        return execute(self._waiting.popleft(), self._threads)

    def close(self) -> None:
        """Do nothing, because there is nothing to release."""
