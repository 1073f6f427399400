"""One video that is read in the background, and its files."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from roomread.formats.timeline import Row, read_rows
from roomread.store import JobRecord


@dataclass(frozen=True, slots=True)
class Limits:
    """What one video may take.

    Attributes:
        max_seconds: The longest video, s.
        max_frames: The largest number of pictures in one video.
        max_pixels: The largest number of pixels in one picture.
        memory_mb: Memory of the worker process beside its nets, MB; enforced on Linux.
        stall_seconds: How long the worker process may make no progress, s.
    """

    max_seconds: float = 3 * 3600.0
    max_frames: int = 3 * 3600 * 60
    max_pixels: int = 50_000_000
    memory_mb: int = 3000
    stall_seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class QueueLimits:
    """How much a queue keeps.

    Attributes:
        waiting: The number of jobs that may be unfinished at once.
        finished: The number of jobs that may be kept at once, unfinished ones included.
        seconds: How long a finished job is kept, s.
        mb: The size of all files at once, MB; finished jobs are deleted early to stay below it.
    """

    waiting: int = 8
    finished: int = 100
    seconds: float = 3600.0
    mb: int = 1000


@dataclass(frozen=True, slots=True)
class VideoJob:
    """A job at one moment, and its files.

    Attributes:
        record: How far the job was when it was looked up.
        folder: The job's own folder: `readings.csv` and `.jsonl`, `timeline.json`,
            `annotated.mp4`, `profile-N.json`, and the upload until it is read. It is removed with
            the job.
    """

    record: JobRecord
    folder: Path

    @property
    def upload(self) -> Path | None:
        """The file of the uploaded video; None if a path or URL was named."""
        return self.folder / self.record.upload if self.record.upload is not None else None

    @property
    def annotated(self) -> Path:
        """The annotated copy, which exists once the job has ended if any frame was read."""
        return self.folder / "annotated.mp4"

    @property
    def profiles(self) -> list[Path]:
        """The files of the profiles that the video is read with."""
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
            # The worker process creates and removes temporary files.
            with suppress(FileNotFoundError):
                total += file.stat().st_size
        return total

    def timeline(self) -> list[Row]:
        """Return the mean scores of each person in each second of a job that has ended."""
        return read_rows(self.folder / "timeline.json")

    def remove_upload(self) -> None:
        """Remove the uploaded video."""
        if self.upload is not None:
            self.upload.unlink(missing_ok=True)

    def remove_results(self) -> None:
        """Remove what an earlier attempt wrote."""
        kept = {self.upload, *self.profiles}
        for path in self.folder.iterdir():
            if path not in kept:
                path.unlink(missing_ok=True)
