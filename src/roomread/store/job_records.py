"""The records of videos that are read in the background."""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import StrEnum


class JobState(StrEnum):
    """The state of a job."""

    WAITING = "waiting"
    READING = "reading"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    FAILED = "failed"


ENDED_STATES = frozenset({JobState.FINISHED, JobState.CANCELLED, JobState.FAILED})


@dataclass(frozen=True, slots=True)
class JobRecord:
    """A job at one moment. It is never changed: read it again to see how far the job is.

    Attributes:
        id: Hard to guess.
        owner: The owner who submitted it.
        name: The video's name, as the owner gave it, or its path or URL.
        upload: The name of the uploaded file in the job's folder; None for a path or URL.
        annotated: Whether an annotated copy was asked for.
        created: Seconds since 1970, like `started` and `ended`.
        profiles: The number of profiles that are read with, files in the job's folder.
        every: Seconds from one frame that is read to the next; None for every frame.
        state: The state of the job.
        seconds: How much of the video is read, s.
        duration: The length of the video in s, or None if the file does not say.
        error: Why it ended early, in one line.
        started: When the reading began, or None.
        ended: When it ended, or None.
        attempts: How often its reading began and did not end.
        cancelled: Whether the owner asked to stop it.
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
        """How much is read, 0..1; None if the length is unknown."""
        return min(self.seconds / self.duration, 1.0) if self.duration else None

    def remaining(self, now: float | None = None) -> float | None:
        """Estimate the seconds until the end from the speed so far; None if that is unknown.

        Args:
            now: Seconds since 1970; the present if left out.
        """
        if self.started is None or not self.share:
            return None
        spent = (time.time() if now is None else now) - self.started
        return max(spent, 0.0) * (1 / self.share - 1)
