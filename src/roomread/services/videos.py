"""Submit videos that are read in the background, follow and cancel them, and get the results."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from roomread.errors import MediaError, RoomreadError
from roomread.fewshot import Profile
from roomread.jobs.video_job import VideoJob
from roomread.services.contents import Content, write_content
from roomread.services.purpose import require_reading


class VideoResult(StrEnum):
    """A result file of a video's job."""

    READINGS_JSONL = "readings.jsonl"
    READINGS_CSV = "readings.csv"
    ANNOTATED = "annotated.mp4"


class VideoNotFoundError(RoomreadError):
    """The owner has no such video, or the video was deleted."""


class VideoNotFinishedError(RoomreadError):
    """The results of a video were requested before reading the video had ended."""


class VideoFilesGoneError(RoomreadError):
    """The result files of a video are not accessible to this process, or were deleted."""


class VideoResultNotFoundError(RoomreadError):
    """The video has no such result, because it was not requested or no frame was read."""


class EmptyVideoError(MediaError):
    """The submitted video has no content."""


class VideoQueue(Protocol):
    """A queue of video jobs, such as `jobs.queue.JobQueue`."""

    @property
    def kept_seconds(self) -> float:
        """The time for which a job that has ended is stored, s."""

    def taking(
        self, name: str, *, owner: str, annotated: bool = True, profiles: Sequence[Profile] = ()
    ) -> AbstractContextManager[tuple[VideoJob, Path]]:
        """Submit a video whose file the `with` block writes; nothing is kept if the block fails."""

    def start(self, source: str, *, owner: str, profiles: Sequence[Profile] = ()) -> str:
        """Submit a path or URL and return the job's id."""

    def get(self, job_id: str, *, owner: str) -> VideoJob | None:
        """Return a job in its present state, or None if the owner has no such job."""

    def of(self, owner: str) -> list[VideoJob]:
        """Return all jobs of an owner, oldest first."""

    def cancel(self, job_id: str, *, owner: str) -> VideoJob | None:
        """Stop a job, and return it in its new state."""

    def forget(self, job_id: str, *, owner: str) -> None:
        """Delete a job and its files."""

    def waiting_before(self, job_id: str) -> int:
        """Return the number of unfinished jobs that were submitted before this job."""


class VideoService:
    """The videos of one owner.

    Args:
        queue: The job queue.
        owner: The owner of the videos.
    """

    def __init__(self, queue: VideoQueue, owner: str) -> None:
        self._queue, self._owner = queue, owner

    @contextmanager
    def receive(
        self, name: str, *, annotated: bool = True, profiles: Sequence[Profile] = ()
    ) -> Iterator[tuple[VideoJob, Path]]:
        """Submit a video whose content the `with` block writes to a new file.

        If the block fails, nothing of the video is kept.

        Args:
            name: The video's name, as the owner gave it.
            annotated: Whether to write an annotated copy.
            profiles: The profiles to apply to the readings.

        Yields:
            The job, and the path of the file to write.

        Raises:
            PurposeError: The purpose of this installation does not allow reading the video.
            EmptyVideoError: The block wrote nothing.
            TooManyJobsError: The queue is full.
            OutputError: The file cannot be written.
        """
        require_reading(oneself=False)
        receiving = self._queue.taking(
            name, owner=self._owner, annotated=annotated, profiles=profiles
        )
        with receiving as (job, path):
            yield job, path
            if not path.exists() or not path.stat().st_size:
                raise EmptyVideoError(f"{name}: is empty")

    def submit(self, name: str, content: Content, *, profiles: Sequence[Profile] = ()) -> str:
        """Submit a complete video and return its id; raises the same errors as `receive`."""
        with self.receive(name, profiles=profiles) as (job, path):
            write_content(content, path)
        return job.record.id

    def submit_source(self, source: str, *, profiles: Sequence[Profile] = ()) -> str:
        """Submit a path or URL that this computer can reach, and return the video's id.

        Raises:
            PurposeError: The purpose of this installation does not allow reading the video.
            TooManyJobsError: The queue is full.
        """
        require_reading(oneself=False)
        return self._queue.start(source, owner=self._owner, profiles=profiles)

    def all(self) -> list[VideoJob]:
        """Return all stored videos, oldest first."""
        return self._queue.of(self._owner)

    def get(self, job_id: str) -> VideoJob:
        """Return a video in its present state.

        Raises:
            VideoNotFoundError: The owner has no such video, or the video was deleted.
        """
        return _found(self._queue.get(job_id, owner=self._owner))

    def kept_until(self, job: VideoJob) -> float | None:
        """Return the time until which a video's results are kept.

        The results are deleted earlier if their space is needed.

        Returns:
            Seconds since 1970; None for a video that has not ended.
        """
        ended = job.record.ended
        return None if ended is None else ended + self._queue.kept_seconds

    def waiting_before(self, job_id: str) -> int:
        """Return the number of unfinished videos of all owners submitted before this one."""
        return self._queue.waiting_before(job_id)

    def cancel(self, job_id: str) -> VideoJob:
        """Stop reading a video; the results up to then are kept.

        Raises:
            VideoNotFoundError: The owner has no such video.
        """
        return _found(self._queue.cancel(job_id, owner=self._owner))

    def forget(self, job_id: str) -> None:
        """Stop reading a video and delete all its results.

        Raises:
            VideoNotFoundError: The owner has no such video.
        """
        self.get(job_id)
        self._queue.forget(job_id, owner=self._owner)

    def result(self, job_id: str, result: VideoResult) -> Path:
        """Return the path of one result file of a video.

        Raises:
            VideoNotFoundError: The owner has no such video.
            VideoNotFinishedError: The video has not ended.
            VideoFilesGoneError: The video's files are not accessible to this process, or were
                deleted.
            VideoResultNotFoundError: The video has no such result.
        """
        job = self.get(job_id)
        if not job.finished:
            raise VideoNotFinishedError("the video has not been read to its end yet")
        if not job.has_files:
            raise VideoFilesGoneError(
                "the files of this video cannot be reached from this process, or were deleted"
            )
        path = job.folder / result
        if not path.exists():
            raise VideoResultNotFoundError(f"the video has no {result}")
        return path


def _found(job: VideoJob | None) -> VideoJob:
    if job is None:
        raise VideoNotFoundError("there is no such video, or it is no longer kept")
    return job
