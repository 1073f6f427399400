"""Record sessions in background threads, which continue when their web page is closed."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from roomread.errors import MediaError, RoomreadError, SessionError
from roomread.formats.json_frames import read_json_lines
from roomread.identity import DlibResNet, FaceEmbedder
from roomread.jobs.queue import JobQueue
from roomread.jobs.video_job import VideoJob
from roomread.media import Source, open_source
from roomread.pipeline import Analyzer, Moment, RoomPipeline
from roomread.readings import Reading
from roomread.room import Alert, RoomMood
from roomread.services.alerts import AlertSender
from roomread.services.contents import Content, write_content
from roomread.services.recording import new_session, record, refuse_picture, session_pipeline
from roomread.store import OwnerStore, Recorder, Session, Store

# Seconds between two checks of a job's results.
_POLL_SECONDS = 1.0
# Seconds without a frame after which the recording of a browser's camera ends.
_MAX_SILENCE = 90.0
# Maximum number of moments that wait for a slow database: five minutes at two a second.
_MAX_WAITING = 600
# Maximum number of ended recordings that are remembered, so that pages can show how they ended.
_MAX_ENDED = 20


@dataclass(frozen=True, slots=True)
class RecordingRequest:
    """A request to record a session.

    Attributes:
        name: The title of the session.
        every: Seconds between two frames.
        rules: The alert rules, one per line; see `roomread.room.parse_rules`.
        consent: A text that records who consented and how; empty to store no individual readings.
        identity: Whether people are distinguished by their faces.
        notice: How the people were informed that their expressions are read.
        analyzer: The analyzer of this recording; None for the one that the queue was created with.
    """

    name: str
    every: float
    rules: str
    consent: str
    identity: bool = False
    notice: str = ""
    analyzer: Analyzer | None = None


class Recording:
    """A recording of one source into a session, in its own thread.

    Args:
        session: The session.
        recorder: The recorder of the session.
        pipeline: The pipeline whose `Moment`s are recorded.

    Attributes:
        session: The session.
        seconds: The time of the last recorded frame, seconds.
        duration: The duration of the source in seconds; None if it is unknown.
        live: Whether the source is a camera or a stream.
        error: The error that ended the recording early; None if there is no error.
    """

    def __init__(self, session: Session, recorder: Recorder, pipeline: RoomPipeline) -> None:
        self.session = session
        self.seconds = 0.0
        self.duration: float | None = None
        self.live = False
        self.error: RoomreadError | None = None
        self._recorder, self._pipeline = recorder, pipeline
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._fed_moments: deque[Moment] = deque(maxlen=_MAX_WAITING)
        self._moment_came = threading.Event()

    @property
    def running(self) -> bool:
        """Whether the recording is still running."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def has_ended(self) -> bool:
        """Whether the recording was started and has ended."""
        return self._thread is not None and not self._thread.is_alive()

    @property
    def mood(self) -> RoomMood | None:
        """The latest mood (the expressions of all people together); None before the first mood."""
        return self._pipeline.mood

    @property
    def alerts(self) -> list[Alert]:
        """The active alerts, oldest first."""
        return self._pipeline.alerts

    @property
    def trouble(self) -> str:
        """Why the database cannot be written to, in one line; empty if it can be written to."""
        return self._recorder.trouble

    def watch(self, source: Source) -> None:
        """Start recording a source that this computer opened.

        Args:
            source: An opened source, which the recording closes at its end.
        """
        self.duration, self.live = source.duration, source.live
        self._start(self._watched(source))

    def follow(self, job: VideoJob, jobs: JobQueue) -> None:
        """Start recording the results of a video job; the job is deleted at the end."""
        self._start(self._followed(job, jobs))

    def wait_for_moments(self, *, max_silence: float) -> None:
        """Start recording the `Moment`s that `feed` returns.

        Args:
            max_silence: Seconds without a frame after which the session ends.
        """
        self.live = True
        self._start(self._fed(max_silence))

    def feed(self, time: float, readings: Sequence[Reading]) -> Moment:
        """Add the readings of one frame, which were made elsewhere, without using the database.

        Args:
            time: Seconds from the start of the session.
            readings: The readings with the track ids of their source.

        Returns:
            The `Moment` that will be recorded. If the database has been slow for minutes, the
            oldest waiting `Moment` is discarded.
        """
        moment = self._pipeline.push_readings(time, readings)
        self._fed_moments.append(moment)
        self._moment_came.set()
        return moment

    def stop(self) -> None:
        """End the recording after the frame that is being read."""
        self._stop.set()
        self._moment_came.set()

    def wait(self) -> None:
        """Wait until the last frame is written."""
        if self._thread is not None:
            self._thread.join()

    def _start(self, times: Generator[float, None, None]) -> None:
        name = f"record {self.session.id}"
        self._thread = threading.Thread(target=self._run, args=(times,), name=name, daemon=True)
        self._thread.start()

    def _run(self, times: Generator[float, None, None]) -> None:
        try:
            try:
                with closing(times):
                    for time in times:
                        self.seconds = time
                        if self._stop.is_set():
                            break
            finally:
                self._recorder.close()
        except RoomreadError as error:
            self.error = error

    def _watched(self, source: Source) -> Generator[float, None, None]:
        with source:
            for frame in record(self._pipeline, source, self._recorder):
                yield frame.time

    def _fed(self, max_silence: float) -> Generator[float, None, None]:
        silence = 0.0
        while not self._stop.is_set() and silence < max_silence:
            if not self._moment_came.wait(_POLL_SECONDS):
                silence += _POLL_SECONDS
                # Keep the session's state "recording" while the camera reconnects.
                self._recorder.flush()
                continue
            silence = 0.0
            self._moment_came.clear()
            while self._fed_moments:
                moment = self._fed_moments.popleft()
                self._recorder.add(moment)
                yield moment.time

    def _followed(self, job: VideoJob, jobs: JobQueue) -> Generator[float, None, None]:
        try:
            with closing(_lines(job.folder / "readings.jsonl")) as lines:
                while not self._stop.is_set():
                    # Check for the end before reading the lines, so that the last lines are not
                    # missed.
                    job = jobs.get(job.record.id, owner=job.record.owner) or job
                    ended = job.finished
                    self.duration = job.record.duration
                    for line in iter(lines.__next__, ""):
                        (frame,) = read_json_lines([line])
                        moment = self._pipeline.push_readings(frame.time, frame.readings)
                        self._recorder.add(moment)
                        yield frame.time
                    if ended:
                        break
                    # Keep the session's state "recording" while the job waits for other jobs.
                    self._recorder.flush()
                    self._stop.wait(_POLL_SECONDS)
            if job.record.error:
                raise MediaError(job.record.error)
        finally:
            jobs.forget(job.record.id, owner=job.record.owner)


def _lines(path: Path) -> Generator[str, None, None]:
    """Yield the complete lines of a file that is being written; "" while there is no new line."""
    while not path.exists():
        yield ""
    with path.open(encoding="utf-8") as file:
        begun = ""
        while True:
            begun += file.readline()
            whole = begun.endswith("\n")
            yield begun if whole else ""
            if whole:
                begun = ""


class RecordingQueue:
    """The recordings of one process.

    Args:
        store: The store of the sessions.
        analyzer: A function that returns the analyzer; it is called when a recording begins.
        most: The maximum number of sources read at once. Uploads are not counted; they wait in the
            job queue.
        alerts: A function that returns the sender of alerts to other programs; it is called when a
            recording begins. By default no alerts are sent.
    """

    def __init__(
        self,
        store: Store,
        analyzer: Callable[[], Analyzer],
        *,
        most: int = 2,
        alerts: Callable[[], AlertSender | None] = lambda: None,
    ) -> None:
        self.store, self._alerts = store, alerts
        self._analyzer, self._most = analyzer, most
        self._recordings: dict[str, Recording] = {}
        self._watched: set[str] = set()
        self._lock = threading.Lock()

    def get(self, session_id: str) -> Recording | None:
        """Return the recording of a session; None if it was not started in this process."""
        return self._recordings.get(session_id)

    def start(self, source: str, request: RecordingRequest, store: OwnerStore) -> Session:
        """Open a source on this computer, and start recording it into a new session.

        Args:
            source: A path, the index of a camera or a URL.
            request: The recording request.
            store: The store of the owner.

        Raises:
            MediaError: The source cannot be opened; no session is created then.
            SessionError: Too many sources are being recorded, or the session cannot be created.
            RulesError: The alert rules are invalid.
            PurposeError: The purpose of this installation does not allow recording a class.
            MissingExtraError: The request sets `identity`, and its extra is not installed.
        """
        embedder = DlibResNet() if request.identity else None
        with ExitStack() as undo, self._lock:
            running = [
                session_id for session_id in self._watched if self._recordings[session_id].running
            ]
            if len(running) >= self._most:
                problem = f"{self._most} sessions are already being recorded"
                raise SessionError(problem, hint="stop one of them")
            opened = undo.enter_context(open_source(source, every=request.every))
            refuse_picture(opened)
            analyzer = request.analyzer or self._analyzer()
            recording = self._make(source, request, store, analyzer, embedder)
            self._watched.add(recording.session.id)
            recording.watch(opened)
            # From here on the recording closes the source.
            undo.pop_all()
            return recording.session

    def read(
        self,
        name: str,
        content: Content,
        request: RecordingRequest,
        store: OwnerStore,
        jobs: JobQueue,
    ) -> Session:
        """Start recording an uploaded video into a new session; another process reads the video.

        Args:
            name: The name of the video.
            content: The content of the video file, or the open file.
            request: The recording request.
            store: The store of the owner.
            jobs: The queue that reads the video.

        Raises:
            TooManyJobsError: The job queue is full.
            OutputError: The video cannot be written to disk.
            SessionError: The session cannot be created.
            RulesError: The alert rules are invalid.
            PurposeError: The purpose of this installation does not allow recording a class.
        """
        taking = jobs.taking(name, owner=store.owner, annotated=False, every=request.every)
        with taking as (job, file):
            write_content(content, file)
            recording = self._make(name, request, store, self._analyzer())
        recording.follow(job, jobs)
        return recording.session

    def start_fed(
        self,
        source: str,
        request: RecordingRequest,
        store: OwnerStore,
        *,
        max_silence: float = _MAX_SILENCE,
    ) -> Recording:
        """Start recording a source that the caller reads; see `Recording.feed`.

        Args:
            source: The name of the source in the session.
            request: The recording request.
            store: The store of the owner.
            max_silence: Seconds without a frame after which the session ends.

        Raises:
            SessionError: The session cannot be created.
            RulesError: The alert rules are invalid.
            PurposeError: The purpose of this installation does not allow recording a class.
        """
        recording = self._make(source, request, store, self._analyzer())
        recording.wait_for_moments(max_silence=max_silence)
        return recording

    def close(self) -> None:
        """Stop all recordings and close the store."""
        for recording in self._recordings.values():
            recording.stop()
        for recording in self._recordings.values():
            recording.wait()
        self.store.close()

    def _forget_ended(self) -> None:
        """Forget all ended recordings but the last `_MAX_ENDED`, whose pages may still be open."""
        ended = [key for key, recording in self._recordings.items() if recording.has_ended]
        for key in ended[:-_MAX_ENDED]:
            del self._recordings[key]
            self._watched.discard(key)

    def _make(
        self,
        source: str,
        request: RecordingRequest,
        store: OwnerStore,
        analyzer: Analyzer,
        embedder: FaceEmbedder | None = None,
    ) -> Recording:
        session = new_session(
            store,
            analyzer,
            request.name,
            source=source,
            rules=request.rules,
            consent=request.consent,
            notice=request.notice,
            embedder=embedder,
        )
        recorder = Recorder(store, session)
        pipeline = session_pipeline(
            recorder,
            analyzer,
            every=request.every,
            embedder=embedder,
            alerts=self._alerts(),
        )
        recording = Recording(session, recorder, pipeline)
        self._forget_ended()
        self._recordings[session.id] = recording
        return recording
