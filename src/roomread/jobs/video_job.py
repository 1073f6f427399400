"""The state and the files of a video that is read in the background."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from roomread.errors import without_credentials
from roomread.formats.timeline import Row, read_rows
from roomread.store import JobRecord

# The file in a job's folder with notes on content of the video that is not read.
NOTES = "notes.json"


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits on reading one video.

    Attributes:
        max_seconds: The maximum duration, s.
        max_frames: The maximum number of frames.
        max_pixels: The maximum number of pixels in a frame.
        memory_mb: Memory of the worker process in addition to its nets, MB; enforced on Linux.
        stall_seconds: Seconds without progress after which the worker process is killed.
    """

    max_seconds: float = 3 * 3600.0
    max_frames: int = 3 * 3600 * 60
    max_pixels: int = 50_000_000
    memory_mb: int = 3000
    stall_seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class QueueLimits:
    """The limits on the number, age and size of the jobs in a queue.

    Attributes:
        waiting: The number of jobs of one owner that may be unfinished at once.
        waiting_in_all: The number of jobs of all owners that may be unfinished at once.
        finished: The number of jobs that may be stored at once, including unfinished jobs.
        seconds: The time for which a finished job is kept, s.
        mb: The maximum size of all files together, MB; finished jobs are deleted early to stay
            below it.
    """

    waiting: int = 40
    waiting_in_all: int = 120
    finished: int = 200
    seconds: float = 3600.0
    mb: int = 1000


@dataclass(frozen=True, slots=True)
class VideoJob:
    """The state of a job at the time when it was loaded, and its files.

    Attributes:
        record: The job's record.
        folder: The job's own folder, which contains `readings.csv`, `readings.jsonl`, `notes.json`,
            `timeline.json`, `annotated.mp4`, `profile-N.json`, and the upload until it is read. The
            folder is removed with the job.
    """

    record: JobRecord
    folder: Path

    @property
    def upload(self) -> Path | None:
        """The file of the uploaded video; None if a path or URL was submitted."""
        return self.folder / self.record.upload if self.record.upload is not None else None

    @property
    def annotated(self) -> Path:
        """The path of the annotated copy, which exists only if requested and a frame was read."""
        return self.folder / "annotated.mp4"

    @property
    def profiles(self) -> list[Path]:
        """The files of the profiles with which the video is read."""
        return [self.folder / f"profile-{n}.json" for n in range(self.record.profiles)]

    @property
    def has_files(self) -> bool:
        """Whether this process can reach the job's folder."""
        return self.folder.is_dir()

    @property
    def finished(self) -> bool:
        """Whether the job has ended, successfully or not."""
        return self.record.is_ended

    def size(self) -> int:
        """Return the size of the job's files, bytes."""
        total = 0
        for file in self.folder.glob("*"):
            # Ignore missing files, as the worker process creates and removes temporary ones.
            with suppress(FileNotFoundError):
                total += file.stat().st_size
        return total

    def timeline(self) -> list[Row]:
        """Return each person's mean scores in each second of the video; the job must have ended."""
        return read_rows(self.folder / "timeline.json")

    @property
    def name(self) -> str:
        """The name, path or URL of the video, without any user name or password."""
        return without_credentials(self.record.name)

    def notes(self) -> list[str]:
        """Return sentences about content of the video that is not read, such as further tracks.

        The list is empty before reading has begun.
        """
        try:
            notes: list[str] = json.loads((self.folder / NOTES).read_text(encoding="utf-8"))
        except OSError:
            # Reading has not begun, or this process cannot reach the folder.
            return []
        return notes

    def remove_upload(self) -> None:
        """Remove the uploaded video."""
        if self.upload is not None:
            self.upload.unlink(missing_ok=True)

    def remove_results(self) -> None:
        """Remove the files that an earlier attempt wrote."""
        kept = {self.upload, *self.profiles}
        for path in self.folder.iterdir():
            if path not in kept:
                path.unlink(missing_ok=True)
