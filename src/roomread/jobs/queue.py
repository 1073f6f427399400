"""Queue videos, which the processes of the service read in the background."""

from __future__ import annotations

import logging
import queue
import secrets
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path, PurePath
from typing import Any

from roomread.errors import DatabaseError, OutputError
from roomread.fewshot import Profile
from roomread.fewshot.store import write_profile
from roomread.jobs.admission import make_room
from roomread.jobs.fair_queue import FairQueue
from roomread.jobs.job_reader import WORKER, JobReader
from roomread.jobs.video_job import Limits, QueueLimits, VideoJob
from roomread.media import WRITABLE_VIDEO_SUFFIXES, make_folder
from roomread.store import JobRecord, JobState, LeaseRenewal, Leases, Store

_LOG = logging.getLogger("roomread.service")
# Maximum number of attempts at a video whose worker process or computer crashes.
_MAX_ATTEMPTS = 3
# Seconds between two searches for jobs of processes that have ended.
_ADOPT_SECONDS = 2.0
# Seconds after which a job of an ended process fails if no process can reach its files.
_GONE_SECONDS = 60.0
# Age, s, from which a folder without a job is stray. In a folder that several processes share, a
# younger one may be an upload that is still being written.
_UPLOAD_SECONDS = 3600.0


class JobQueue:
    """The jobs of one process, which reads one video at a time.

    Jobs are rows in the store; their files lie in a folder. A process has a lease for each of its
    jobs. If the process ends, another process with access to the folder finishes the jobs.

    Args:
        folder: The folder for the files of jobs, which survive this process; None for a temporary
            folder.
        store: The store of the jobs; None for a SQLite file in the folder.
        leases: The leases of this process, which the caller renews; None if the queue is to create
            and renew leases of its own.
        limits: The limits on each video.
        places: The limits on the number, age and size of jobs.
        worker: The command that starts the worker process.
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        store: Store | None = None,
        leases: Leases | None = None,
        limits: Limits | None = None,
        places: QueueLimits | None = None,
        worker: Sequence[str] = WORKER,
    ) -> None:
        self._owned = ExitStack()
        if folder is None:
            temporary = tempfile.TemporaryDirectory(prefix="roomread-")
            folder = Path(self._owned.enter_context(temporary))
        make_folder(folder, private=True)
        if store is None:
            store = Store(f"sqlite:///{folder / 'jobs.db'}")
            self._owned.callback(store.close)
        if leases is None:
            leases = store.leases()
            self._owned.callback(LeaseRenewal(leases).close)
        self._folder, self._store, self._leases = folder, store, leases
        self._places = places or QueueLimits()
        self._reader = JobReader(store.jobs, leases.holder, limits or Limits(), worker=worker)
        self._lock = threading.Lock()
        self._uploading: dict[str, VideoJob] = {}
        # The ids of queued jobs and of the one being read.
        self._held: set[str] = set()
        self._queue = FairQueue()
        self._closing = False
        self._remove_stray_folders()
        self._adopt()
        self._thread = threading.Thread(target=self._work, name="roomread-video", daemon=True)
        self._thread.start()

    @property
    def is_working(self) -> bool:
        """Whether the thread that reads the videos is running."""
        return self._thread.is_alive()

    @property
    def kept_seconds(self) -> float:
        """The time for which an ended job is stored, s; shorter if its space is needed."""
        return self._places.seconds

    def upload(
        self, name: str, content: bytes, *, owner: str, profiles: Sequence[Profile] = ()
    ) -> str:
        """Submit an uploaded video and return the job's id.

        Args:
            name: The video's name, as the owner gave it.
            content: The content of the video file.
            owner: The owner of the job.
            profiles: The profiles to apply to the readings.

        Raises:
            TooManyJobsError: The queue is full.
            OutputError: The file cannot be written.
            DatabaseError: The job cannot be stored.
        """
        with self.taking(name, owner=owner, profiles=profiles) as (job, file):
            file.write_bytes(content)
        return job.record.id

    def start(self, source: str, *, owner: str, profiles: Sequence[Profile] = ()) -> str:
        """Submit a path or URL and return the job's id; raises the same errors as `upload`."""
        record = _new_record(source, owner, annotated=True, profiles=len(profiles))
        with self._submitting(record, profiles):
            pass
        return record.id

    @contextmanager
    def taking(
        self,
        name: str,
        *,
        owner: str,
        annotated: bool = True,
        profiles: Sequence[Profile] = (),
        every: float | None = None,
    ) -> Iterator[tuple[VideoJob, Path]]:
        """Submit a video whose file the `with` block writes; if the block fails, nothing is kept.

        Args:
            name: The video's name, as the owner gave it.
            owner: The owner of the job.
            annotated: Whether to write an annotated copy.
            profiles: The profiles to apply to the readings.
            every: Seconds between two frames that are read; None for all frames.

        Yields:
            The job, and the path of the file to write.

        Raises:
            TooManyJobsError: The queue is full.
            OutputError: The file cannot be written.
            DatabaseError: The job cannot be stored.
        """
        suffix = PurePath(name).suffix.lower()
        upload = f"upload{suffix if suffix in WRITABLE_VIDEO_SUFFIXES else '.video'}"
        record = _new_record(
            name, owner, upload=upload, annotated=annotated, profiles=len(profiles), every=every
        )
        with self._submitting(record, profiles) as job:
            yield job, job.folder / upload

    @contextmanager
    def _submitting(self, record: JobRecord, profiles: Sequence[Profile]) -> Iterator[VideoJob]:
        """Reserve space for a job, let the `with` block write its files, and queue it."""
        self._delete_old()
        job = self._job(record)
        with self._lock:
            jobs = [self._job(each) for each in self._store.jobs.all()]
            make_room(record.owner, jobs, self._uploading.values(), self._places, self._delete)
            self._uploading[record.id] = job
        try:
            make_folder(job.folder, private=True)
            for path, profile in zip(job.profiles, profiles, strict=True):
                write_profile(path, profile)
            yield job
            # The row is written last; from then on the job survives a crash.
            self._held.add(record.id)
            self._leases.acquire(_resource(record.id))
            self._store.jobs.add(record)
        except BaseException as error:
            self._held.discard(record.id)
            shutil.rmtree(job.folder, ignore_errors=True)
            if isinstance(error, OSError):
                raise OutputError(
                    f"{record.name}: cannot be stored: {error.strerror}",
                    hint="try again later",
                ) from error
            raise
        finally:
            with self._lock:
                del self._uploading[record.id]
        self._queue.put(record.id, owner=record.owner)

    def get(self, job_id: str, *, owner: str) -> VideoJob | None:
        """Return a job in its present state, or None if the owner has no such job."""
        record = self._store.owned_by(owner).jobs.get(job_id)
        return self._job(record) if record is not None else None

    def of(self, owner: str) -> list[VideoJob]:
        """Return all jobs of an owner, oldest first."""
        return [self._job(record) for record in self._store.owned_by(owner).jobs.all()]

    def unfinished(self) -> int:
        """Return the number of unfinished jobs of all owners."""
        return len(self._store.jobs.unfinished())

    def waiting_before(self, job_id: str) -> int:
        """Return the number of unfinished jobs submitted before a job; 0 if the job has ended."""
        ids = [record.id for record in self._store.jobs.unfinished()]
        return ids.index(job_id) if job_id in ids else 0

    def cancel(self, job_id: str, *, owner: str) -> VideoJob | None:
        """Stop a job within a second; the results up to then are kept.

        Returns:
            The job in its new state, or None if the owner has no such job.
        """
        record = self._store.owned_by(owner).jobs.cancel(job_id, now=time.time())
        job = self._job(record) if record is not None else None
        if job is not None and job.finished:
            job.remove_upload()
        return job

    def forget(self, job_id: str, *, owner: str) -> None:
        """Delete a job and its files; a video that is being read is stopped first."""
        job = self.get(job_id, owner=owner)
        if job is not None and self._store.owned_by(owner).jobs.delete(job_id):
            self._remove_files(job)

    def close(self) -> None:
        """Stop reading; another process, or the next queue on this folder, continues the jobs."""
        self._closing = True
        self._queue.close()
        self._reader.close()
        self._thread.join()
        # Leases that cannot be released run out by themselves.
        with suppress(DatabaseError):
            for record in self._store.jobs.unfinished():
                self._leases.release(_resource(record.id))
        self._owned.close()

    def _job(self, record: JobRecord) -> VideoJob:
        return VideoJob(record, self._folder / record.id)

    def _delete_old(self) -> None:
        oldest = time.time() - self._places.seconds
        for record in self._store.jobs.all():
            if record.ended is not None and record.ended < oldest:
                self._delete(self._job(record))

    def _delete(self, job: VideoJob) -> None:
        self._store.jobs.delete([job.record.id])
        self._remove_files(job)

    def _remove_files(self, job: VideoJob) -> None:
        # The process that reads the job removes its files when the worker has ended.
        if job.record.state is not JobState.READING:
            shutil.rmtree(job.folder, ignore_errors=True)

    def _remove_stray_folders(self) -> None:
        """Remove the folders of uploads that were interrupted, and of deleted jobs."""
        known = {record.id for record in self._store.jobs.all()}
        oldest = time.time() - (_UPLOAD_SECONDS if self._store.is_shared else 0.0)
        for path in self._folder.iterdir():
            if path.is_dir() and path.name not in known and path.stat().st_mtime <= oldest:
                shutil.rmtree(path, ignore_errors=True)

    def _adopt(self) -> None:
        """Queue the unfinished jobs of ended processes; end the jobs whose files are lost."""
        for record in self._store.jobs.unfinished():
            if record.id in self._held:
                continue
            if record.is_ended:
                # The job's row is damaged, and was loaded as a failed job.
                self._end(self._job(record), state=JobState.FAILED, error=record.error)
                continue
            job, resource = self._job(record), _resource(record.id)
            if job.has_files:
                if self._leases.acquire(resource) is None:
                    self._held.add(record.id)
                    self._queue.put(record.id, owner=record.owner)
            elif self._leases.is_free(resource, seconds=_GONE_SECONDS):
                problem = f"{record.name}: its files were lost with the process that stored them"
                self._end(job, state=JobState.FAILED, error=problem)

    def _work(self) -> None:
        while not self._closing:
            try:
                job_id = self._queue.get(timeout=_ADOPT_SECONDS)
            except queue.Empty:
                with self._going_on():
                    self._adopt()
                    self._delete_old()
                continue
            if job_id is not None and not self._closing:
                with self._going_on(job_id):
                    self._read(job_id)
                self._held.discard(job_id)

    @contextmanager
    def _going_on(self, job_id: str | None = None) -> Iterator[None]:
        """Catch the exceptions of the `with` block, so that the thread continues with other jobs.

        Args:
            job_id: The job that the block reads; None if the block reads no job. Exceptions other
                than `DatabaseError` are logged, and the job is then marked as failed.
        """
        try:
            yield
        except DatabaseError:
            # The job stays unfinished, and is adopted again once the database responds.
            pass
        except Exception as error:  # noqa: BLE001 (a failure of one job must not stop the others)
            fields = {"error": type(error).__name__, "job": job_id}
            _LOG.error("a video failed", extra={"fields": fields})
            with suppress(DatabaseError):
                record = self._store.jobs.get(job_id) if job_id is not None else None
                if record is not None:
                    problem = f"{record.name}: could not be read because of an internal error"
                    self._end(self._job(record), state=JobState.FAILED, error=problem)

    def _read(self, job_id: str) -> None:
        before = self._store.jobs.get(job_id)
        if before is None or before.is_ended:
            return
        if before.cancelled:
            self._end(self._job(before), state=JobState.CANCELLED)
            return
        if before.attempts >= _MAX_ATTEMPTS:
            error = f"{before.name}: crashed the process that reads it {_MAX_ATTEMPTS} times"
            self._end(self._job(before), state=JobState.FAILED, error=error)
            return
        attempts, now = before.attempts + 1, time.time()
        record = self._store.jobs.change(
            job_id, state=JobState.READING, attempts=attempts, started=now
        )
        if record is None:
            return
        job = self._job(record)
        try:
            job.remove_results()
            ended = self._reader.read(job)
        except OSError as error:
            # For example, the disk is full, or there is no memory for another process.
            reason = error.strerror or "no space or no permission"
            ended = {"state": JobState.FAILED, "error": f"{record.name}: cannot be read: {reason}"}
        if ended is not None:
            self._end(job, **ended)
        else:
            self._stop(before)

    def _end(self, job: VideoJob, **values: Any) -> None:
        if job.has_files:
            job.remove_upload()
        record = self._store.jobs.change(job.record.id, ended=time.time(), attempts=0, **values)
        if record is None:
            shutil.rmtree(job.folder, ignore_errors=True)
        self._leases.release(_resource(job.record.id))

    def _stop(self, before: JobRecord) -> None:
        """Delete the files of a stopped job if it was deleted; else mark the job as waiting."""
        if self._store.jobs.get(before.id) is None:
            shutil.rmtree(self._folder / before.id, ignore_errors=True)
        elif self._leases.acquire(_resource(before.id)) is None:
            # A deliberate stop does not count as a failed attempt.
            self._store.jobs.change(
                before.id, state=JobState.WAITING, attempts=before.attempts, started=None
            )


def _new_record(
    name: str,
    owner: str,
    *,
    upload: str | None = None,
    annotated: bool,
    profiles: int,
    every: float | None = None,
) -> JobRecord:
    return JobRecord(
        secrets.token_urlsafe(16), owner, name, upload, annotated, time.time(), profiles, every
    )


def _resource(job_id: str) -> str:
    return f"job:{job_id}"
