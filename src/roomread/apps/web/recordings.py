"""Sessions recorded in the background: the page may be closed and come back to them."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path, PurePath

from roomread import Analyzer
from roomread.apps.recording import new_session, record
from roomread.errors import MediaError, RoomreadError, SessionError
from roomread.identity import DlibResNet
from roomread.media import Source, open_source
from roomread.readings import Frame
from roomread.room import Alert, RoomMood
from roomread.sessions import Recorder, Session, SessionStore


class Recording:
    """One source that is being read into a session, by a thread of its own.

    Attributes:
        session: what is recorded.
        seconds: how far.
        duration: of the source in seconds, or None where it does not say.
        live: whether it is a camera or a stream.
        error: why it ended early, in a line.
    """

    def __init__(self, session: Session, recorder: Recorder, name: str) -> None:
        self.session = session
        self.seconds = 0.0
        self.duration: float | None = None
        self.live = False
        self.error = ""
        self._recorder, self._name = recorder, name
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def running(self) -> bool:
        """Whether more will come."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def mood(self) -> RoomMood | None:
        """The latest."""
        return self._recorder.mood

    @property
    def alerts(self) -> list[Alert]:
        """Those that hold now."""
        return self._recorder.alerts

    @property
    def trouble(self) -> str:
        """Why nothing can be written at present; else empty."""
        return self._recorder.trouble

    def start(self, source: Source, frames: Iterator[Frame], upload: Path | None) -> None:
        """Begins to read.

        Args:
            source: opened; closed once it is read.
            frames: it, recorded frame by frame.
            upload: the file that it is and that is deleted then; None where it is not ours.
        """
        self.duration, self.live = source.duration, source.live
        name = f"record {self.session.id}"
        work = (source, frames, upload)
        self._thread = threading.Thread(target=self._run, args=work, name=name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends it after the frame that is being read."""
        self._stop.set()

    def wait(self) -> None:
        """Returns when the last frame is written."""
        if self._thread is not None:
            self._thread.join()

    def _run(self, source: Source, frames: Iterator[Frame], upload: Path | None) -> None:
        try:
            try:
                with source:
                    for frame in frames:
                        self.seconds = frame.time
                        if self._stop.is_set():
                            break
            finally:
                if upload is not None:
                    upload.unlink(missing_ok=True)
                self._recorder.close()
        except RoomreadError as error:
            # Where an upload lies is nobody's business.
            self.error = str(error).replace(source.name, self._name)


class RecordingBoard:
    """The recordings of one process.

    Args:
        store: where they are kept.
        analyzer: called when a recording begins.
        most: as many at once.
    """

    def __init__(
        self, store: SessionStore, analyzer: Callable[[], Analyzer], *, most: int = 2
    ) -> None:
        self.store = store
        self._analyzer, self._most = analyzer, most
        self._recordings: dict[str, Recording] = {}
        self._lock = threading.Lock()
        self._uploads = ExitStack()

    def get(self, number: str) -> Recording | None:
        """The recording of a session, if it was begun here."""
        return self._recordings.get(number)

    def start(  # noqa: PLR0913 (a session's fields)
        self,
        source: str,
        name: str,
        *,
        upload: bytes | None,
        every: float,
        rules: str,
        consent: str,
        identity: bool = False,
    ) -> Session:
        """Begins a session on a place, or on an uploaded video called `source`.

        Args:
            source: a path, a camera's number, a URL, or the upload's name.
            name: the session's.
            upload: the video's bytes.
            every: seconds from one frame to the next.
            rules: of attention.
            consent: who consented that people are kept, and how.
            identity: whether people are told apart by their faces.

        Raises:
            MediaError: the source cannot be opened; no session is made then.
            SessionError: it is a picture, as many run as this process takes, or the session
                cannot be made.
            RulesError: the rules are none.
            MissingExtraError: `identity` without its extra.
        """
        embedder = DlibResNet() if identity else None
        kept = self._keep(source, upload) if upload is not None else None
        with ExitStack() as undo, self._lock:
            if kept is not None:
                undo.callback(kept.unlink, missing_ok=True)
            self._find_room()
            opened = undo.enter_context(_open(kept or source, source, every))
            analyzer = self._analyzer()
            session = new_session(
                self.store,
                analyzer,
                name,
                source=source,
                rules=rules,
                consent=consent,
                embedder=embedder,
            )
            recorder = Recorder(self.store, session, every=every)
            recording = Recording(session, recorder, source)
            frames = record(analyzer, opened, recorder, embedder=embedder)
            recording.start(opened, frames, kept)
            self._recordings[session.id] = recording
            # What was opened is the recording's from here on.
            undo.pop_all()
        return session

    def _find_room(self) -> None:
        if sum(recording.running for recording in self._recordings.values()) >= self._most:
            problem = f"{self._most} sessions are being recorded already"
            raise SessionError(problem, hint="stop one of them")

    def close(self) -> None:
        """Stops all recordings and lets go of the store."""
        for recording in self._recordings.values():
            recording.stop()
        for recording in self._recordings.values():
            recording.wait()
        self._uploads.close()
        self.store.close()

    def _keep(self, name: str, content: bytes) -> Path:
        """An upload as a file; its folder goes with this process."""
        folder = Path(self._uploads.enter_context(tempfile.TemporaryDirectory(prefix="roomread-")))
        path = folder / f"upload{PurePath(name).suffix.lower()}"
        path.write_bytes(content)
        return path


def _open(place: str | Path, name: str, every: float) -> Source:
    """A video, camera or stream; `name` is what its errors call it.

    Raises:
        MediaError: it cannot be opened.
        SessionError: it is a picture.
    """
    try:
        opened = open_source(place, every=every)
    except MediaError as error:
        # Where an upload lies is nobody's business.
        raise MediaError(error.problem.replace(str(place), name), hint=error.hint) from error
    if opened.is_picture:
        opened.close()
        raise SessionError(f"{name}: is a picture", hint="the page Photo takes it")
    return opened
