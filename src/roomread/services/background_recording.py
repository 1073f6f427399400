"""Sessions recorded in the background: the page may be closed and come back to them."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from roomread.errors import MediaError, RoomreadError, SessionError
from roomread.formats.received import parse_frames
from roomread.identity import DlibResNet, FaceEmbedder
from roomread.jobs.queue import JobQueue
from roomread.jobs.video_job import VideoJob
from roomread.media import Source, open_source
from roomread.pipeline import Analyzer, Moment, RoomPipeline
from roomread.readings import Reading
from roomread.room import Alert, RoomMood
from roomread.services.recording import new_session, record, refuse_picture, session_pipeline
from roomread.store import OwnerStore, Recorder, Session, Store

# From one look at what a job has read to the next, s.
_LOOK = 1.0
# A fed recording without a moment for this long ends: the camera is gone. As long as the page Live
# tries to connect again, s.
_MAX_SILENCE = 90.0
# Moments that may wait for a slow database: five minutes of two a second.
_MAX_WAITING = 600


@dataclass(frozen=True, slots=True)
class Lesson:
    """What is to be recorded.

    Attributes:
        name: for people.
        every: seconds from one frame to the next.
        rules: of attention.
        consent: who consented, and how; empty where people are not kept.
        identity: whether people are told apart by their faces.
    """

    name: str
    every: float
    rules: str
    consent: str
    identity: bool = False


class Recording:
    """One source that is being read into a session, by a thread of its own.

    Attributes:
        session: what is recorded.
        seconds: how far.
        duration: of the source in seconds, or None where it does not say.
        live: whether it is a camera or a stream.
        error: why it ended early; None where it did not.
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
        """Whether more will come."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def mood(self) -> RoomMood | None:
        """The latest."""
        return self._pipeline.mood

    @property
    def alerts(self) -> list[Alert]:
        """Those that hold now."""
        return self._pipeline.alerts

    @property
    def trouble(self) -> str:
        """Why nothing can be written at present; else empty."""
        return self._recorder.trouble

    def watch(self, source: Source) -> None:
        """Begin to record a source of this computer.

        Args:
            source: An opened source; the recording closes it.
        """
        self.duration, self.live = source.duration, source.live
        self._start(self._watched(source))

    def follow(self, job: VideoJob, board: JobQueue) -> None:
        """Begins to take what a job reads, which is forgotten at the end."""
        self._start(self._followed(job, board))

    def wait_for_moments(self, *, max_silence: float) -> None:
        """Begin to record what `feed` is given.

        Args:
            max_silence: End the session after this long without a moment, seconds.
        """
        self.live = True
        self._start(self._fed(max_silence))

    def feed(self, time: float, readings: Sequence[Reading]) -> Moment:
        """Take the readings of a frame that was read elsewhere; never wait for the database.

        Args:
            time: Seconds from the start of the session.
            readings: With the track ids of their source.

        Returns:
            The moment as it is recorded. If the database has been slow for minutes, the oldest
            moment that waits is left out.
        """
        moment = self._pipeline.push_readings(time, readings)
        self._fed_moments.append(moment)
        self._moment_came.set()
        return moment

    def stop(self) -> None:
        """Ends it after the frame that is being read."""
        self._stop.set()
        self._moment_came.set()

    def wait(self) -> None:
        """Returns when the last frame is written."""
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
            if not self._moment_came.wait(_LOOK):
                silence += _LOOK
                # The session is still recorded while the camera connects again.
                self._recorder.flush()
                continue
            silence = 0.0
            self._moment_came.clear()
            while self._fed_moments:
                moment = self._fed_moments.popleft()
                self._recorder.add(moment)
                yield moment.time

    def _followed(self, job: VideoJob, board: JobQueue) -> Generator[float, None, None]:
        try:
            with closing(_lines(job.folder / "readings.jsonl")) as lines:
                while not self._stop.is_set():
                    # First, so that all it read is there when it has ended.
                    job = board.get(job.record.id, owner=job.record.owner) or job
                    ended = job.finished
                    self.duration = job.record.duration
                    for line in iter(lines.__next__, ""):
                        frame = parse_frames(line)[0]
                        readings = frame.readings(self.session.threshold)
                        self._recorder.add(self._pipeline.push_readings(frame.time, readings))
                        yield frame.time
                    if ended:
                        break
                    # Says that it goes on while other videos are read before this one.
                    self._recorder.flush()
                    self._stop.wait(_LOOK)
            if job.record.error:
                raise MediaError(job.record.error)
        finally:
            board.forget(job.record.id, owner=job.record.owner)


def _lines(path: Path) -> Generator[str, None, None]:
    """Whole lines of a file that is being written; empty whenever there is none yet."""
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
        store: where they are kept.
        analyzer: called when a recording begins.
        most: as many places at once; uploads wait among the jobs.
    """

    def __init__(self, store: Store, analyzer: Callable[[], Analyzer], *, most: int = 2) -> None:
        self.store = store
        self._analyzer, self._most = analyzer, most
        self._recordings: dict[str, Recording] = {}
        self._watched: set[str] = set()
        self._lock = threading.Lock()

    def get(self, session_id: str) -> Recording | None:
        """The recording of a session, if it was begun here."""
        return self._recordings.get(session_id)

    def start(self, source: str, asked: Lesson, store: OwnerStore) -> Session:
        """Begins a session on a place: a path, a camera's number, a URL.

        Raises:
            MediaError: it cannot be opened; no session is made then.
            SessionError: as many run as this process takes, or it cannot be made.
            RulesError: the rules are none.
            MissingExtraError: `identity` without its extra.
        """
        embedder = DlibResNet() if asked.identity else None
        with ExitStack() as undo, self._lock:
            running = [
                session_id for session_id in self._watched if self._recordings[session_id].running
            ]
            if len(running) >= self._most:
                problem = f"{self._most} sessions are being recorded already"
                raise SessionError(problem, hint="stop one of them")
            opened = undo.enter_context(open_source(source, every=asked.every))
            refuse_picture(opened, hint="the page Photo takes it")
            analyzer = self._analyzer()
            recording = self._make(source, asked, store, analyzer, embedder)
            self._watched.add(recording.session.id)
            recording.watch(opened)
            # What was opened is the recording's from here on.
            undo.pop_all()
            return recording.session

    def read(
        self, name: str, content: bytes, asked: Lesson, store: OwnerStore, jobs: JobQueue
    ) -> Session:
        """Begins a session on an uploaded video, which a process of its own reads.

        Raises:
            TooManyJobsError: as many videos wait as may.
            OutputError: it cannot be kept.
            SessionError: it cannot be made.
            RulesError: the rules are none.
        """
        taking = jobs.taking(name, owner=store.owner, annotated=False, every=asked.every)
        with taking as (job, file):
            file.write_bytes(content)
            recording = self._make(name, asked, store, self._analyzer())
        recording.follow(job, jobs)
        return recording.session

    def start_fed(
        self,
        source: str,
        asked: Lesson,
        store: OwnerStore,
        *,
        max_silence: float = _MAX_SILENCE,
    ) -> Recording:
        """Begin a session on a source that is read elsewhere; see `Recording.feed`.

        Args:
            source: What the session calls its source.
            asked: What is to be recorded.
            store: The store of the owner.
            max_silence: End the session after this long without a moment, seconds.

        Raises:
            SessionError: The session cannot be made.
            RulesError: The rules of attention cannot be understood.
        """
        recording = self._make(source, asked, store, self._analyzer())
        recording.wait_for_moments(max_silence=max_silence)
        return recording

    def close(self) -> None:
        """Stops all recordings and lets go of the store."""
        for recording in self._recordings.values():
            recording.stop()
        for recording in self._recordings.values():
            recording.wait()
        self.store.close()

    def _make(
        self,
        source: str,
        asked: Lesson,
        store: OwnerStore,
        analyzer: Analyzer,
        embedder: FaceEmbedder | None = None,
    ) -> Recording:
        session = new_session(
            store,
            analyzer,
            asked.name,
            source=source,
            rules=asked.rules,
            consent=asked.consent,
            embedder=embedder,
        )
        recorder = Recorder(store, session)
        pipeline = session_pipeline(recorder, analyzer, every=asked.every, embedder=embedder)
        recording = Recording(session, recorder, pipeline)
        self._recordings[session.id] = recording
        return recording
