"""Videos read in the background: a page may be closed, and a server die, and come back to a job."""

from __future__ import annotations

import contextlib
import queue
import secrets
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path, PurePath

from roomread.errors import OutputError, RoomreadError
from roomread.jobs.video_job import JobRecord, JobState, Limits, QueueLimits, VideoJob, read_record
from roomread.jobs.worker_process import WorkerProcess
from roomread.media import WRITABLE_VIDEO_SUFFIXES, make_folder

_READER = (sys.executable, "-m", "roomread.jobs.video_worker")
# A video that ended its reader, or the computer, so often is not tried again.
_MAX_ATTEMPTS = 3
_CLEAN_SECONDS = 60.0


class TooManyJobsError(RoomreadError):
    """As many videos wait, or are kept, as this process takes."""


class JobQueue:
    """The jobs of one process: one is read at a time, some wait, old ones are forgotten.

    Args:
        folder: where jobs are kept, so that they survive this process; no other may use it
            meanwhile. None for a temporary one that ends with the board.
        limits: of each video.
        places: how much is kept, and how long.
        reader: the program that reads one video.
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        limits: Limits | None = None,
        places: QueueLimits | None = None,
        reader: Sequence[str] = _READER,
    ) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="roomread-") if not folder else None
        self._folder = folder or Path(self._temporary.name if self._temporary else "")
        self._limits = limits or Limits()
        self._places = places or QueueLimits()
        self._reader = tuple(reader)
        self._jobs: dict[str, VideoJob] = {}
        self._lock = threading.Lock()
        self._queue: queue.SimpleQueue[VideoJob | None] = queue.SimpleQueue()
        self._child: WorkerProcess | None = None
        self._closing = False
        self._resume()
        self._worker = threading.Thread(target=self._work, name="roomread-video", daemon=True)
        self._worker.start()

    def upload(
        self, name: str, content: bytes, *, owner: str = "", profiles: Sequence[Path] = ()
    ) -> str:
        """Starts a job on an uploaded video and returns its secret id.

        Args:
            name: what the owner calls it.
            content: the file.
            owner: who may see it.
            profiles: files of what was taught and is to be read too.

        Raises:
            TooManyJobsError: as many jobs wait, or are kept, as may be.
            OutputError: it cannot be kept.
        """
        with self.taking(name, owner=owner, profiles=profiles) as (job, file):
            file.write_bytes(content)
        return job.record.id

    def start(self, source: str, *, owner: str = "", profiles: Sequence[Path] = ()) -> str:
        """Starts a job on a path or URL and returns its secret id; see `upload`."""
        job = self._add(source, owner, None, annotated=True, profiles=profiles)
        with self._submitting(job):
            pass
        return job.record.id

    @contextmanager
    def taking(
        self,
        name: str,
        *,
        owner: str = "",
        annotated: bool = True,
        profiles: Sequence[Path] = (),
        every: float | None = None,
    ) -> Iterator[tuple[VideoJob, Path]]:
        """A place for a video, and the file that the block writes; after it the video is read.

        An error in the block leaves nothing of it.

        Args:
            name: what the owner calls it.
            owner: who may see it.
            annotated: whether the drawn copy is wanted.
            profiles: files of what was taught and is to be read too.
            every: seconds from one frame that is read to the next; None for all.

        Raises:
            TooManyJobsError: as many jobs wait, or are kept, as may be.
            OutputError: it cannot be kept.
        """
        suffix = PurePath(name).suffix.lower()
        suffix = suffix if suffix in WRITABLE_VIDEO_SUFFIXES else ".video"
        job = self._add(name, owner, f"upload{suffix}", annotated=annotated, profiles=profiles)
        job.record = replace(job.record, every=every)
        with self._submitting(job):
            yield job, job.folder / f"upload{suffix}"

    @contextmanager
    def _submitting(self, job: VideoJob) -> Iterator[None]:
        """Puts a job whose file is there into the queue; from then on it survives a crash."""
        try:
            yield
            job.save(job.record)
        except BaseException as error:
            # Whoever sent it is gone, it was too much, or there is no space: nothing of it stays.
            self.forget(job.record.id)
            if isinstance(error, OSError):
                raise OutputError(
                    f"{job.record.name}: cannot be kept: {error.strerror}",
                    hint="try again later, or tell whoever runs this",
                ) from error
            raise
        self._queue.put(job)

    def get(self, job_id: str, *, owner: str = "") -> VideoJob | None:
        """The owner's job of this id, if it is still kept."""
        job = self._jobs.get(job_id)
        return job if job is not None and job.record.owner == owner else None

    def of(self, owner: str) -> list[VideoJob]:
        """The owner's jobs, oldest first."""
        return [job for job in list(self._jobs.values()) if job.record.owner == owner]

    def unfinished(self) -> int:
        """How many jobs wait or are read."""
        return sum(not job.finished for job in list(self._jobs.values()))

    def waiting_before(self, job_id: str) -> int:
        """How many unfinished jobs come before this one."""
        before = 0
        for other, job in list(self._jobs.items()):
            if other == job_id:
                break
            before += not job.finished
        return before

    def forget(self, job_id: str) -> None:
        """Stops a job and removes its files: at once, or when its reader has stopped."""
        with self._lock:
            job = self._jobs.get(job_id)
            if job is not None:
                self._drop(job)

    def _drop(self, job: VideoJob) -> None:
        del self._jobs[job.record.id]
        job.cancel()
        if job.started is None or job.finished:
            shutil.rmtree(job.folder, ignore_errors=True)

    def close(self) -> None:
        """Stops reading. Jobs in a folder of the caller's go on when a board is made for it."""
        self._closing = True
        self._queue.put(None)
        with self._lock:
            if self._child is not None:
                self._child.kill()
        self._worker.join()
        if self._temporary is not None:
            self._temporary.cleanup()

    def _add(
        self,
        name: str,
        owner: str,
        upload: str | None,
        *,
        annotated: bool,
        profiles: Sequence[Path],
    ) -> VideoJob:
        self._forget_old()
        with self._lock:
            if self.unfinished() >= self._places.waiting:
                problem = f"{self._places.waiting} videos are waiting already"
                raise TooManyJobsError(problem, hint="try again in a while")
            if len(self._jobs) >= self._places.finished:
                problem = f"{self._places.finished} videos are kept already"
                raise TooManyJobsError(problem, hint="delete some, or wait until they are old")
            if not self._make_room():
                problem = "the videos that wait take all the space"
                raise TooManyJobsError(problem, hint="try again in a while")
            # Not to be guessed: whoever has the id sees the job.
            job_id = secrets.token_urlsafe(16)
            taught = tuple(map(str, profiles))
            record = JobRecord(job_id, owner, name, upload, annotated, time.time(), taught)
            job = VideoJob(record, self._folder / job_id)
            make_folder(job.folder, private=True)
            self._jobs[job_id] = job
        return job

    def _resume(self) -> None:
        """Takes up what a process before this one left, and clears away its half-made things."""
        make_folder(self._folder, private=True)
        found = []
        for folder in self._folder.iterdir():
            try:
                record = read_record(folder)
            except (OSError, ValueError, TypeError, KeyError):
                # It ended before its upload was whole.
                shutil.rmtree(folder, ignore_errors=True)
                continue
            found.append(VideoJob(record, folder))
        for job in sorted(found, key=lambda job: job.record.created):
            self._jobs[job.record.id] = job
            if job.finished:
                job.clean(upload=True)
            else:
                job.record = replace(job.record, state=JobState.WAITING)
                self._queue.put(job)

    def _work(self) -> None:
        while not self._closing:
            try:
                job = self._queue.get(timeout=_CLEAN_SECONDS)
            except queue.Empty:
                self._forget_old()
                continue
            if job is not None and not self._closing:
                self._read(job)

    def _read(self, job: VideoJob) -> None:
        with self._lock:
            if job.record.id not in self._jobs:
                return
            job.started = time.monotonic()
            before = job.record
            attempts = before.attempts + 1
            job.record = replace(before, state=JobState.READING, attempts=attempts)
        if job.stopped.is_set():
            self._end(job, replace(job.record, state=JobState.CANCELLED))
        elif attempts > _MAX_ATTEMPTS:
            error = f"{before.name}: ended its reader {_MAX_ATTEMPTS} times"
            self._end(job, replace(job.record, state=JobState.FAILED, error=error))
        else:
            try:
                job.clean(upload=False)
                job.save(job.record)
                ended = self._watch(job)
            except (RoomreadError, OSError) as error:
                # A full disk, or no room for another process.
                ended = replace(job.record, state=JobState.FAILED, error=_cannot_read(job, error))
            if ended is None:
                self._put_back(job, before)
            else:
                self._end(job, ended)

    def _put_back(self, job: VideoJob, before: JobRecord) -> None:
        """Leaves a job to the next process: a stop on purpose is no attempt that failed."""
        with self._lock:
            job.record = before
            if before.id not in self._jobs:
                shutil.rmtree(job.folder, ignore_errors=True)
            else:
                job.save(before)

    def _watch(self, job: VideoJob) -> JobRecord | None:
        """Lets the reader read; the job's record at its end, None where this process ends first."""
        child = WorkerProcess(self._reader)
        with self._lock:
            self._child = child
            if self._closing:
                child.kill()
        try:
            child.send(self._task(job))
            while (message := child.receive(self._limits.stall_seconds)) is not None:
                report = message[0]
                seconds, duration = report["seconds"], report["duration"]
                job.record = replace(job.record, seconds=seconds, duration=duration)
                if "finished" in report:
                    return replace(job.record, state=_state(report), error=report["error"])
                child.send({"go_on": not job.stopped.is_set()})
        finally:
            with self._lock:
                self._child = None
            child.close()
        if self._closing:
            return None
        why = "made no progress" if child.timed_out else "broke its reader"
        return replace(job.record, state=JobState.FAILED, error=f"{job.record.name}: {why}")

    def _task(self, job: VideoJob) -> dict[str, object]:
        record = job.record
        task: dict[str, object] = {
            "folder": str(job.folder),
            "name": record.name,
            "upload": record.upload,
        }
        task |= {"annotated": record.annotated, "profiles": record.profiles}
        task |= {"every": record.every}
        return task | asdict(self._limits)

    def _end(self, job: VideoJob, record: JobRecord) -> None:
        record = replace(record, ended=time.time(), attempts=0)
        with self._lock:
            if record.id not in self._jobs:
                shutil.rmtree(job.folder, ignore_errors=True)
            else:
                job.clean(upload=True)
                with contextlib.suppress(RoomreadError):
                    # A full disk: the job is read again after a restart.
                    job.save(record)
            # Last: who sees that it has ended finds everything in its place.
            job.record = record

    def _make_room(self) -> bool:
        """Forgets the oldest of the finished jobs while all take too much; whether that helped."""
        sizes = {job_id: job.size() for job_id, job in self._jobs.items()}
        over = sum(sizes.values()) - self._places.mb * 1_000_000
        finished = [job for job in self._jobs.values() if job.finished]
        for job in sorted(finished, key=lambda job: job.record.ended or 0.0):
            if over <= 0:
                break
            over -= sizes[job.record.id]
            self._drop(job)
        return over <= 0

    def _forget_old(self) -> None:
        now = time.time()
        for job_id, job in list(self._jobs.items()):
            if job.record.ended is not None and now - job.record.ended > self._places.seconds:
                self.forget(job_id)


def _state(report: dict[str, object]) -> JobState:
    if report["error"]:
        return JobState.FAILED
    return JobState.CANCELLED if report["cancelled"] else JobState.FINISHED


def _cannot_read(job: VideoJob, error: Exception) -> str:
    reason = getattr(error, "strerror", None) or "no space, or no permission"
    return f"{job.record.name}: could not be read: {reason}"
