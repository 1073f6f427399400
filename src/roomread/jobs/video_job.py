"""One video that is read in the background, as it stands on disk."""

from __future__ import annotations

import json
import threading
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from roomread.formats.timeline import Row, read_rows
from roomread.media import atomic_path

_RECORD = "job.json"


class JobState(StrEnum):
    """How far a job is."""

    WAITING = "waiting"
    READING = "reading"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    FAILED = "failed"


_ENDED = frozenset({JobState.FINISHED, JobState.CANCELLED, JobState.FAILED})


@dataclass(frozen=True, slots=True)
class Limits:
    """What one video may take.

    Attributes:
        max_seconds: the longest video, s.
        max_frames: the most pictures in one.
        max_pixels: of one picture.
        memory_mb: for its reader, beside its nets, MB; kept to on Linux.
        stall_seconds: how long the reader may make no progress.
    """

    max_seconds: float = 3 * 3600.0
    max_frames: int = 3 * 3600 * 60
    max_pixels: int = 50_000_000
    memory_mb: int = 3000
    stall_seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class QueueLimits:
    """What a board of jobs holds.

    Attributes:
        waiting: jobs that may be unfinished at once.
        finished: jobs that may be kept at once, unfinished ones counted.
        seconds: how long a finished job's files stay.
        mb: of files at once; for more, finished jobs are forgotten before their time.
    """

    waiting: int = 8
    finished: int = 100
    seconds: float = 3600.0
    mb: int = 1000


@dataclass(frozen=True, slots=True)
class JobRecord:
    """What stands on disk of a job. Never changed, only replaced: several threads read it.

    Attributes:
        id: secret: not to be guessed.
        owner: who started it.
        name: what the owner called it, or the path or URL that was named.
        upload: the uploaded file in the job's folder; None where a path or URL was named.
        annotated: whether the drawn copy is wanted.
        created: seconds since 1970, likewise `ended`.
        profiles: files of what was taught and is to be read too.
        state: how far it is.
        seconds: how far it is read.
        duration: of the video in seconds, or None where it does not say.
        error: why it ended early, in a line.
        ended: when it did, or None.
        attempts: how often its reading was begun and not ended.
        every: seconds from one frame that is read to the next; None for all.
    """

    id: str
    owner: str
    name: str
    upload: str | None
    annotated: bool
    created: float
    profiles: tuple[str, ...] = ()
    state: JobState = JobState.WAITING
    seconds: float = 0.0
    duration: float | None = None
    error: str = ""
    ended: float | None = None
    attempts: int = 0
    every: float | None = None


class VideoJob:
    """One video, read from beginning to end unless cancelled.

    Args:
        record: as it stands on disk.
        folder: the job's own: `readings.csv` and `.jsonl`, `annotated.mp4`, the upload until it is
            read; gone when the job is forgotten.

    Attributes:
        record: how far it is.
        folder: as above.
        started: `time.monotonic` when the reading began, or None.
    """

    def __init__(self, record: JobRecord, folder: Path) -> None:
        self.record = record
        self.folder = folder
        self.started: float | None = None
        self.stopped = threading.Event()

    @property
    def upload(self) -> Path | None:
        """Where the uploaded video lies, or is to be written."""
        return self.folder / self.record.upload if self.record.upload is not None else None

    @property
    def annotated(self) -> Path:
        """The drawn copy; there once the job has finished, if any frame was read."""
        return self.folder / "annotated.mp4"

    @property
    def finished(self) -> bool:
        """Whether it has ended, well or not."""
        return self.record.state in _ENDED

    @property
    def share(self) -> float | None:
        """How much of it is read, 0..1; None where its length is unknown."""
        duration = self.record.duration
        return min(self.record.seconds / duration, 1.0) if duration else None

    @property
    def remaining(self) -> float | None:
        """Seconds that the rest will take, by the speed so far; None where that is unknown."""
        if self.started is None or not self.share:
            return None
        return (time.monotonic() - self.started) * (1 / self.share - 1)

    def size(self) -> int:
        """What it takes on disk, bytes."""
        total = 0
        for file in self.folder.glob("*"):
            # Its reader's drafts come and go.
            with suppress(FileNotFoundError):
                total += file.stat().st_size
        return total

    def timeline(self) -> list[Row]:
        """The mean scores of each person in each second, once it has finished."""
        return read_rows(self.folder / "timeline.json")

    def cancel(self) -> None:
        """Stops it within a second; what was read until then is kept."""
        self.stopped.set()

    def save(self, record: JobRecord) -> None:
        """Writes a record, whole or not at all.

        Raises:
            OutputError: it cannot be written.
        """
        with atomic_path(self.folder / _RECORD, private=True) as draft:
            draft.write_text(json.dumps(asdict(record)), encoding="utf-8")

    def clean(self, *, upload: bool) -> None:
        """Removes what an attempt wrote, or the upload."""
        for path in self.folder.iterdir():
            if path.name != _RECORD and (path == self.upload) == upload:
                path.unlink(missing_ok=True)


def read_record(folder: Path) -> JobRecord:
    """The record of a job's folder.

    Raises:
        OSError, ValueError, TypeError, KeyError: there is none, or no whole one.
    """
    values = json.loads((folder / _RECORD).read_text(encoding="utf-8"))
    values |= {"state": JobState(values["state"]), "profiles": tuple(values["profiles"])}
    return JobRecord(**values)
