"""Define the records of jobs, each of which reads a video in the background."""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import StrEnum


class JobState(StrEnum):
    """The states of a job, from waiting in the queue to its end."""

    WAITING = "waiting"
    READING = "reading"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    FAILED = "failed"


ENDED_STATES = frozenset({JobState.FINISHED, JobState.CANCELLED, JobState.FAILED})


@dataclass(frozen=True, slots=True)
class JobRecord:
    """An immutable snapshot of a job; query the job again to see its progress.

    Attributes:
        id: A random id that cannot be guessed.
        owner: The owner who submitted the job.
        name: The video's name, as the owner gave it, or its path or URL.
        upload: The name of the uploaded file in the job's folder; None for a path or URL.
        annotated: Whether an annotated copy was requested.
        created: The time of submission, seconds since 1970.
        profiles: The number of profiles to apply, whose files are in the job's folder.
        every: Seconds between two frames that are read; None for all frames.
        state: Whether the job waits or its video is being read, or how the job ended.
        seconds: The position up to which the video has been read, s.
        duration: The duration of the video, s; None if the file does not state it.
        error: Why the job ended early, in one line; empty if there is no error.
        started: The time at which reading began, seconds since 1970, or None.
        ended: The time at which the job ended, seconds since 1970, or None.
        attempts: The number of attempts at reading the video that crashed or are still running; 0
            after the job has ended.
        cancelled: Whether the owner cancelled the job.
    """

    id: str
    owner: str
    name: str
    upload: str | None
    annotated: bool
    created: float
    profiles: int = 0
    every: float | None = None
    state: JobState = JobState.WAITING
    seconds: float = 0.0
    duration: float | None = None
    error: str = ""
    started: float | None = None
    ended: float | None = None
    attempts: int = 0
    cancelled: bool = False

    @property
    def is_ended(self) -> bool:
        """Whether the job has finished, failed or was cancelled."""
        return self.state in ENDED_STATES

    @property
    def share(self) -> float | None:
        """The share of the video that has been read, 0..1; None if the duration is unknown."""
        return min(self.seconds / self.duration, 1.0) if self.duration else None

    def remaining(self, now: float | None = None) -> float | None:
        """Estimate the remaining time in seconds from the speed so far; None if it is unknown.

        Args:
            now: The present time, seconds since 1970; None to read it from the clock.
        """
        if self.started is None or not self.share:
            return None
        spent = (time.time() if now is None else now) - self.started
        return max(spent, 0.0) * (1 / self.share - 1)
