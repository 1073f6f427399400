"""A fake queue of video jobs, which are stored in memory and never read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from roomread.fewshot import Profile
from roomread.jobs.video_job import VideoJob
from roomread.store import JobRecord, JobState


class FakeQueue:
    """A job queue that stores jobs in memory and reads no video.

    Args:
        folder: The folder in which each job gets its own folder.
    """

    kept_seconds = 3600.0

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.jobs: dict[str, VideoJob] = {}

    @contextmanager
    def taking(
        self, name: str, *, owner: str, annotated: bool = True, profiles: Sequence[Profile] = ()
    ) -> Iterator[tuple[VideoJob, Path]]:
        del profiles
        job_id = f"job{len(self.jobs)}"
        record = JobRecord(job_id, owner, name, "upload.mp4", annotated, created=0.0)
        job = VideoJob(record, self.folder / job_id)
        job.folder.mkdir(exist_ok=True)
        yield job, job.folder / "upload.mp4"
        self.jobs[job_id] = job

    def start(self, source: str, *, owner: str, profiles: Sequence[Profile] = ()) -> str:
        del profiles
        job_id = f"job{len(self.jobs)}"
        record = JobRecord(job_id, owner, source, None, annotated=True, created=0.0)
        self.jobs[job_id] = VideoJob(record, self.folder / job_id)
        return job_id

    def get(self, job_id: str, *, owner: str) -> VideoJob | None:
        job = self.jobs.get(job_id)
        return job if job is not None and job.record.owner == owner else None

    def of(self, owner: str) -> list[VideoJob]:
        return [job for job in self.jobs.values() if job.record.owner == owner]

    def cancel(self, job_id: str, *, owner: str) -> VideoJob | None:
        job = self.get(job_id, owner=owner)
        return self.end(job_id, JobState.CANCELLED) if job is not None else None

    def forget(self, job_id: str, *, owner: str) -> None:
        if self.get(job_id, owner=owner) is not None:
            del self.jobs[job_id]

    def waiting_before(self, job_id: str) -> int:
        return list(self.jobs).index(job_id)

    def end(self, job_id: str, state: JobState = JobState.FINISHED) -> VideoJob:
        """End a job, and return it in its new state."""
        job = self.jobs[job_id]
        ended = VideoJob(replace(job.record, state=state, ended=1.0), job.folder)
        self.jobs[job_id] = ended
        return ended
