"""Run an archive's jobs on the workers of a Ray cluster."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from roomread._version import __version__
from roomread.cluster import connection as cluster
from roomread.cluster.archive.executor import Outcome, execute
from roomread.cluster.archive.tasks import Job
from roomread.errors import RoomreadError

if TYPE_CHECKING:
    import ray

# Maximum number of attempts: a job that crashed this many processes would probably crash all.
_ATTEMPTS = 3


def _work(job: Job, version: str) -> Outcome:
    """Run a job in a worker, which has one processor to itself."""
    try:
        cluster.check_version(version)
    except RoomreadError as error:
        return Outcome(job, None, str(error))
    return execute(job, 1)


class RayExecutor:
    """An executor that runs each job in its own process with one processor of a Ray cluster.

    The cluster is the one that `cluster.join` connects to.

    Args:
        workers: The maximum number of jobs at once; None for the number of processors.

    Raises:
        RoomreadError: The cluster does not respond.
        MissingExtraError: The extra `cluster` is not installed.
    """

    def __init__(self, *, workers: int | None = None) -> None:
        self.repeated = 0
        self._workers = workers
        self._waiting: deque[tuple[Job, int]] = deque()
        self._running: dict[ray.ObjectRef[Outcome], tuple[Job, int]] = {}
        ray = cluster.join()
        self._ray = ray
        # Ray's own retries are off, because they would not be counted in `repeated`.
        self._task = ray.remote(num_cpus=1, max_retries=0)(_work)

    @property
    def capacity(self) -> int:
        """Twice the number of workers, so that a job is always waiting when a worker is free."""
        processors = cluster.processors()
        return 2 * min(processors, self._workers or processors)

    def submit(self, job: Job) -> None:
        """Submit a job without waiting for its outcome."""
        self._waiting.append((job, 1))
        self._start()

    def wait(self) -> Outcome:
        """Return a finished job's outcome; a job whose process crashes is run up to three times.

        Raises:
            RoomreadError: The cluster was lost, or Roomread is not installed on its workers.
            LookupError: No job is left.
        """
        lost = self._ray.exceptions
        while self._running:
            (ended, *_), _ = self._ray.wait(list(self._running), num_returns=1)
            job, attempt = self._running.pop(ended)
            try:
                outcome: Outcome = self._ray.get(ended)
            except (lost.WorkerCrashedError, lost.NodeDiedError, lost.OutOfMemoryError) as error:
                if attempt < _ATTEMPTS:
                    self.repeated += 1
                    self._waiting.appendleft((job, attempt + 1))
                    self._start()
                    continue
                name = job.video.source
                problem = f"{name}: crashed its worker {_ATTEMPTS} times ({type(error).__name__})"
                outcome = Outcome(job, None, problem)
            except lost.RayTaskError as error:
                # An error of the job itself is part of its outcome, so the job did not start.
                problem = f"a worker cannot start: {cluster.reason(str(error))}"
                hint = (
                    "install the same version of Roomread with its extra 'cluster' on all machines"
                )
                raise RoomreadError(problem, hint=hint) from error
            except lost.RayError as error:
                problem = f"the Ray cluster failed: {' '.join(str(error).split())}"
                raise RoomreadError(
                    problem, hint="run the command again; finished videos are kept"
                ) from error
            self._start()
            return outcome
        raise LookupError("no job was submitted")

    def close(self) -> None:
        """Leave the cluster; a cluster that this process started is stopped."""
        cluster.leave()

    def _start(self) -> None:
        while self._waiting and (self._workers is None or len(self._running) < self._workers):
            job, attempt = self._waiting.popleft()
            self._running[self._task.remote(job, __version__)] = (job, attempt)
