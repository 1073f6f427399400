"""An archive's work on the workers of a Ray cluster (Moritz et al. 2018, arXiv:1712.05889)."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from collections import deque
from typing import TYPE_CHECKING

from roomread._version import __version__
from roomread.apps.archive.executor import Outcome, execute
from roomread.apps.archive.tasks import Job
from roomread.errors import RoomreadError

if TYPE_CHECKING:
    import ray

# A video that ends its process so often ends every process.
_ATTEMPTS = 3


def _work(job: Job, version: str) -> Outcome:
    """Runs in a worker, which has one processor to itself."""
    if version != __version__:
        problem = f"a worker has Roomread {__version__}, and this machine {version}"
        return Outcome(job, None, f"{problem} (install the same version on all machines)")
    return execute(job, 1)


class RayExecutor:
    """Does each job in a process of its own with one processor, anywhere in the cluster.

    The cluster is the one that `RAY_ADDRESS` names, or that was started on this machine; where
    there is none, one of this machine's processors is, until `close`.

    Args:
        workers: so many jobs at once; None for as many as there are processors.

    Raises:
        RoomreadError: the cluster does not answer.
    """

    def __init__(self, *, workers: int | None = None) -> None:
        self.repeated = 0
        self._workers = workers
        self._waiting: deque[tuple[Job, int]] = deque()
        self._running: dict[ray.ObjectRef[Outcome], tuple[Job, int]] = {}
        # Nothing about a run is told to anybody: Ray reports its use unless it is told not to.
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
        # Ray is about to hide accelerators from tasks that ask for none, and warns of it.
        os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        import ray  # noqa: PLC0415 (an extra, and it takes seconds)

        _check_address(os.environ.get("RAY_ADDRESS", ""))
        on_main_thread = threading.current_thread() is threading.main_thread()
        handler = signal.getsignal(signal.SIGTERM)
        try:
            ray.init(include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
        except Exception as error:  # Ray raises bare ones too
            problem = f"Ray does not start: {' '.join(str(error).split())}"
            hint = "is this machine busy? wait and run again; or see RAY_ADDRESS"
            raise RoomreadError(problem, hint=hint) from error
        if on_main_thread:
            # Ray puts its own in the place of ours, which keeps what is read.
            signal.signal(signal.SIGTERM, handler)
        self._ray = ray
        # Ray itself would start a lost job again and tell nobody.
        self._task = ray.remote(num_cpus=1, max_retries=0)(_work)

    @property
    def capacity(self) -> int:
        """Twice the workers: the next job is there when one ends, and a cluster can grow."""
        resources: dict[str, float] = self._ray.cluster_resources()  # type: ignore[no-untyped-call]
        processors = int(resources["CPU"])
        return 2 * min(processors, self._workers or processors)

    def submit(self, job: Job) -> None:
        """Takes a job."""
        self._waiting.append((job, 1))
        self._start()

    def wait(self) -> Outcome:
        """One that has ended; one whose process ended is done again, up to three times.

        Raises:
            RoomreadError: the cluster is gone, or its workers have no Roomread.
            LookupError: there is none.
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
                problem = f"{name}: ended its worker {_ATTEMPTS} times ({type(error).__name__})"
                outcome = Outcome(job, None, problem)
            except lost.RayTaskError as error:
                # What a job itself meets is in its outcome.
                problem = f"a worker cannot begin: {str(error).strip().splitlines()[-1]}"
                hint = "install Roomread and its extra 'cluster' on all machines, alike"
                raise RoomreadError(problem, hint=hint) from error
            except lost.RayError as error:
                problem = f"the Ray cluster: {' '.join(str(error).split())}"
                raise RoomreadError(problem, hint="run again: what is read stays") from error
            self._start()
            return outcome
        raise LookupError("no job was submitted")

    def close(self) -> None:
        """Leaves the cluster; one that was started here ends."""
        self._ray.shutdown()

    def _start(self) -> None:
        while self._waiting and (self._workers is None or len(self._running) < self._workers):
            job, attempt = self._waiting.popleft()
            self._running[self._task.remote(job, __version__)] = (job, attempt)


def _check_address(address: str) -> None:
    """Asks whether anybody is there: Ray itself would wait for a quarter of an hour.

    Raises:
        RoomreadError: nobody is.
    """
    host, _, port = address.rpartition("://")[2].rpartition(":")
    if not port.isdigit():
        # None, or a word such as "auto".
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=10).close()
    except OSError as error:
        problem = f"the Ray cluster at {address}: {error.strerror or 'no answer'}"
        raise RoomreadError(problem, hint="see RAY_ADDRESS, and `ray status` there") from error
