"""Videos read in the background: a page may be closed and come back to its job."""

from __future__ import annotations

import secrets
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path, PurePath

import numpy as np
from numpy.typing import NDArray

from roomread import Analyzer
from roomread.apps.annotate import Annotator
from roomread.apps.records import CsvSink, JsonLinesSink
from roomread.errors import MediaError, RoomreadError
from roomread.media import WRITABLE_VIDEO_SUFFIXES, open_source
from roomread.readings import Expression, Reading


class TooManyJobsError(RoomreadError):
    """As many videos wait as this process keeps."""


class Timeline:
    """The mean scores of each person in each second; small, however long the video is."""

    def __init__(self) -> None:
        self._sums: defaultdict[tuple[int, int], NDArray[np.float64]] = defaultdict(
            lambda: np.zeros(len(Expression) + 1)
        )

    def add(self, reading: Reading) -> None:
        """Takes a reading; those without scores or a track are left out."""
        if reading.scores is not None and reading.track is not None:
            sums = self._sums[int(reading.time), reading.track]
            sums[:-1] += reading.scores.probabilities
            sums[-1] += 1

    def rows(self) -> list[tuple[int, int, NDArray[np.float64]]]:
        """(second, track, mean scores [7]), in the order of seconds and tracks."""
        copy = dict(self._sums)
        return [(*key, sums[:-1] / sums[-1]) for key, sums in sorted(copy.items())]


class VideoJob:
    """One video, read from beginning to end unless cancelled.

    Args:
        name: a path or URL; of an upload (see `take`) what the visitor called it.
        analyzer: shared with others.

    Attributes:
        name: what the visitor called it.
        seconds: how far it is read.
        duration: of the video in seconds, or None where it does not say.
        started: `time.monotonic` when the reading began, or None.
        finished: whether it has ended, well or not.
        cancelled: whether it was stopped; what was read before is kept.
        error: why it ended early, in a line.
        timeline: what was read so far.
        folder: holds `annotated.mp4` and `readings.csv` and `.jsonl` until the job is forgotten.
    """

    def __init__(self, name: str, analyzer: Analyzer) -> None:
        self.name = name
        self.seconds = 0.0
        self.duration: float | None = None
        self.started: float | None = None
        self.ended: float | None = None
        self.finished = False
        self.cancelled = False
        self.error = ""
        self.timeline = Timeline()
        self._temporary = tempfile.TemporaryDirectory(prefix="roomread-")
        self.folder = Path(self._temporary.name)
        self._source: str | Path = name
        self._analyzer = analyzer
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._forgotten = False

    @property
    def annotated(self) -> Path:
        """The drawn copy; there once the job has finished, if any frame was read."""
        return self.folder / "annotated.mp4"

    @property
    def share(self) -> float | None:
        """How much of it is read, 0..1; None where its length is unknown."""
        return min(self.seconds / self.duration, 1.0) if self.duration else None

    @property
    def remaining(self) -> float | None:
        """Seconds that the rest will take, by the speed so far; None where that is unknown."""
        if self.started is None or not self.share:
            return None
        return (time.monotonic() - self.started) * (1 / self.share - 1)

    def take(self, content: bytes, suffix: str) -> None:
        """Reads an uploaded video instead of a place."""
        self._source = self.folder / f"upload{suffix}"
        self._source.write_bytes(content)

    def cancel(self) -> None:
        """Stops it after the frame that is being read."""
        self._stop.set()

    def forget(self) -> None:
        """Removes everything it wrote: at once, or when the reading has stopped."""
        self.cancel()
        with self._lock:
            self._forgotten = True
            # A folder that is being written to cannot be removed.
            if self.started is None or self.finished:
                self._temporary.cleanup()

    def run(self) -> None:
        """Reads the video; errors become `error`."""
        with self._lock:
            if self._forgotten:
                return
            self.started = time.monotonic()
        try:
            if not self._stop.is_set():
                self._read()
        except RoomreadError as error:
            # Where the upload lies is nobody's business.
            self.error = str(error).replace(str(self._source), self.name)
        except OSError as error:
            self.error = f"{self.name}: could not be written: {error.strerror or error}"
        finally:
            self.cancelled = self._stop.is_set()
            if isinstance(self._source, Path):
                self._source.unlink(missing_ok=True)
            with self._lock:
                self.ended = time.monotonic()
                if self._forgotten:
                    self._temporary.cleanup()
                self.finished = True

    def _read(self) -> None:
        with (
            open_source(self._source) as source,
            (self.folder / "readings.csv").open("w", encoding="utf-8", newline="") as table,
            (self.folder / "readings.jsonl").open("w", encoding="utf-8") as lines,
        ):
            if source.is_picture:
                raise MediaError(f"{self.name}: is a picture", hint="the page Photo takes it")
            self.duration = source.duration
            sound = Path(self._source) if Path(self._source).exists() else None
            states = [u.profile.name for u in self._analyzer.profiles if u.profile.is_state]
            sinks = CsvSink(table, states=states), JsonLinesSink(lines)
            follower = self._analyzer.follow()
            with Annotator(self.annotated, source, sound_from=sound) as copy:
                for original in source:
                    if self._stop.is_set():
                        break
                    frame = replace(original, source=self.name)
                    readings = follower.update(frame)
                    for sink in sinks:
                        sink.add(frame, readings)
                    copy.write(frame, readings)
                    for reading in readings:
                        self.timeline.add(reading)
                    self.seconds = frame.time


class JobBoard:
    """The jobs of one process: one is read at a time, some wait, old ones are forgotten.

    Args:
        analyzer: called once, when the first job begins.
        waiting: jobs that may be unfinished at once.
        kept_seconds: how long a finished job's files stay.
    """

    def __init__(
        self, analyzer: Callable[[], Analyzer], *, waiting: int = 8, kept_seconds: float = 3600
    ) -> None:
        self._analyzer, self._waiting, self._kept_seconds = analyzer, waiting, kept_seconds
        self._jobs: dict[str, VideoJob] = {}
        self._lock = threading.Lock()
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="roomread-video")

    def upload(self, name: str, content: bytes, analyzer: Analyzer | None = None) -> str:
        """Starts a job on an uploaded video; see `start`."""
        suffix = PurePath(name).suffix.lower()
        suffix = suffix if suffix in WRITABLE_VIDEO_SUFFIXES else ".video"
        return self._add(name, content, suffix, analyzer)

    def start(self, source: str, analyzer: Analyzer | None = None) -> str:
        """Starts a job on a path or URL, and returns its secret number.

        Args:
            source: the path or URL.
            analyzer: one with the visitor's profiles; None for the board's own.

        Raises:
            TooManyJobsError: as many jobs wait as are kept.
        """
        return self._add(source, None, "", analyzer)

    def get(self, number: str) -> VideoJob | None:
        """The job of this number, if it is still kept."""
        return self._jobs.get(number)

    def waiting_before(self, number: str) -> int:
        """How many unfinished jobs come before this one."""
        before = 0
        for other, job in list(self._jobs.items()):
            if other == number:
                break
            before += not job.finished
        return before

    def forget(self, number: str) -> None:
        """Stops a job and removes its files."""
        job = self._jobs.pop(number, None)
        if job is not None:
            job.forget()

    def close(self) -> None:
        """Stops and forgets all jobs."""
        for number in list(self._jobs):
            self.forget(number)
        self._worker.shutdown()

    def _add(self, name: str, content: bytes | None, suffix: str, analyzer: Analyzer | None) -> str:
        with self._lock:
            self._forget_old()
            if sum(not job.finished for job in self._jobs.values()) >= self._waiting:
                raise TooManyJobsError(
                    f"{self._waiting} videos are waiting already", hint="try again in a while"
                )
            job = VideoJob(name, analyzer or self._analyzer())
            if content is not None:
                job.take(content, suffix)
            # Not to be guessed: whoever has the number sees the job.
            number = secrets.token_urlsafe(16)
            self._jobs[number] = job
            self._worker.submit(job.run)
            return number

    def _forget_old(self) -> None:
        now = time.monotonic()
        for number, job in list(self._jobs.items()):
            if job.ended is not None and now - job.ended > self._kept_seconds:
                self.forget(number)
