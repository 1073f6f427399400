"""Who does an archive's work: this process, or with `on_ray` the workers of a cluster."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Protocol

from roomread.cluster.archive.report import Report
from roomread.cluster.archive.tasks import Job, Piece
from roomread.errors import RoomreadError


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a job ended.

    Attributes:
        job: the job.
        result: what its `run` returned; None where it failed.
        error: why it failed, in a line; empty where it did not.
    """

    job: Job
    result: Report | list[Piece] | None
    error: str = ""


class Executor(Protocol):
    """Does jobs, each once, and tells how they ended.

    Attributes:
        repeated: how many jobs were done again because the process that did them ended.
    """

    repeated: int

    @property
    def capacity(self) -> int:
        """With fewer jobs than this, some of it may be idle."""

    def submit(self, job: Job) -> None:
        """Takes a job; returns at once."""

    def wait(self) -> Outcome:
        """One that has ended, of those that were submitted and not yet given out here.

        Raises:
            RoomreadError: what does the jobs is gone.
            LookupError: there is none.
        """

    def close(self) -> None:
        """Lets go of what it holds; jobs that were begun may be lost."""


def execute(job: Job, threads: int) -> Outcome:
    """Does a job here and now.

    Args:
        job: the job.
        threads: for its nets and its decoder.
    """
    try:
        return Outcome(job, job.run(threads))
    except RoomreadError as error:
        return Outcome(job, None, str(error))
    except Exception as error:  # noqa: BLE001 (one odd video does not stop an archive of thousands)
        said = " ".join(f"{type(error).__name__}: {error}".split())
        return Outcome(job, None, f"{job.video.source}: {said} (a fault of Roomread: report it)")


class LocalExecutor:
    """Does one job after the other in this process.

    Args:
        threads: for each job's nets and decoder.
    """

    capacity = 1

    def __init__(self, *, threads: int = 2) -> None:
        self.repeated = 0
        self._threads = threads
        self._waiting: deque[Job] = deque()

    def submit(self, job: Job) -> None:
        """Takes a job; it is done in its turn, by `wait`."""
        self._waiting.append(job)

    def wait(self) -> Outcome:
        """Does the next job.

        Raises:
            LookupError: there is none.
        """
        return execute(self._waiting.popleft(), self._threads)

    def close(self) -> None:
        """Holds nothing."""
