"""Run a worker process that reads the video of a job, and store its progress."""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict

from roomread.errors import DatabaseError
from roomread.jobs.video_job import Limits, VideoJob
from roomread.jobs.worker_process import WorkerProcess
from roomread.store import JobState, JobStore

WORKER = (sys.executable, "-m", "roomread.jobs.video_worker")


class JobReader:
    """A reader of one video at a time, which stores the progress in the job's record.

    Args:
        jobs: The store of jobs.
        holder: The id of this process in its leases.
        limits: The limits of each video.
        worker: The command of the worker process.
    """

    def __init__(
        self, jobs: JobStore, holder: str, limits: Limits, *, worker: Sequence[str] = WORKER
    ) -> None:
        self._jobs, self._holder, self._limits = jobs, holder, limits
        self._worker = tuple(worker)
        self._lock = threading.Lock()
        self._process: WorkerProcess | None = None
        self._closing = False

    def read(self, job: VideoJob) -> dict[str, object] | None:
        """Read a video to its end.

        Args:
            job: The job, whose files this process can reach.

        Returns:
            The values to store in the job's record when the job ends. None if the record must not
            be changed, because the reader was closed, the job was deleted, or another process has
            taken over the job.

        Raises:
            OSError: The worker process cannot be started.
        """
        process = WorkerProcess(self._worker)
        with self._lock:
            self._process = process
            if self._closing:
                process.kill()
        try:
            process.send(self._task(job))
            while (message := process.receive(self._limits.stall_seconds)) is not None:
                report = message[0]
                seen = {"seconds": report["seconds"], "duration": report["duration"]}
                if "finished" in report:
                    return seen | {"state": _end_state(report), "error": report["error"]}
                go_on = self._report(job, **seen)
                if go_on is None:
                    return None
                process.send({"go_on": go_on})
        finally:
            with self._lock:
                self._process = None
            process.close()
        if self._closing:
            return None
        why = "made no progress" if process.timed_out else "crashed the process that reads it"
        return {"state": JobState.FAILED, "error": f"{job.record.name}: {why}"}

    def close(self) -> None:
        """End the worker process; `read` returns None."""
        with self._lock:
            self._closing = True
            if self._process is not None:
                self._process.kill()

    def _report(self, job: VideoJob, *, seconds: float, duration: float | None) -> bool | None:
        """Store the progress, and return whether to continue.

        Return None if the job was deleted, or this process no longer has the lease of the job.
        """
        try:
            record = self._jobs.report(
                job.record.id, holder=self._holder, seconds=seconds, duration=duration
            )
        except DatabaseError:
            # The database failed; the next report checks again.
            return True
        return None if record is None else not record.cancelled

    def _task(self, job: VideoJob) -> dict[str, object]:
        record = job.record
        return {
            "folder": str(job.folder),
            "name": record.name,
            "upload": record.upload,
            "annotated": record.annotated,
            "profiles": [str(path) for path in job.profiles],
            "every": record.every,
            **asdict(self._limits),
        }


def _end_state(report: dict[str, object]) -> JobState:
    if report["error"]:
        return JobState.FAILED
    return JobState.CANCELLED if report["cancelled"] else JobState.FINISHED
