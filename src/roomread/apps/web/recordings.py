"""Sessions recorded in the background: the page may be closed and come back to them."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path, PurePath

from roomread import Analyzer
from roomread.apps.recording import new_session, record
from roomread.errors import RoomreadError, SessionError
from roomread.media import open_source
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

    def start(self, analyzer: Analyzer, source: str | Path, every: float) -> None:
        """Begins to read; a `Path` is an upload, which is deleted once it is read."""
        name = f"record {self.session.id}"
        work = (analyzer, source, every)
        self._thread = threading.Thread(target=self._run, args=work, name=name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends it after the frame that is being read."""
        self._stop.set()

    def wait(self) -> None:
        """Returns when the last frame is written."""
        if self._thread is not None:
            self._thread.join()

    def _run(self, analyzer: Analyzer, source: str | Path, every: float) -> None:
        try:
            try:
                with open_source(source, every=every) as opened:
                    self.duration, self.live = opened.duration, opened.live
                    for frame in record(analyzer, opened, self._recorder):
                        self.seconds = frame.time
                        if self._stop.is_set():
                            break
            finally:
                if isinstance(source, Path):
                    source.unlink(missing_ok=True)
                self._recorder.close()
        except RoomreadError as error:
            # Where an upload lies is nobody's business.
            self.error = str(error).replace(str(source), self._name)


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

    def start(
        self,
        source: str,
        name: str,
        *,
        upload: bytes | None,
        every: float,
        rules: str,
        consent: str,
    ) -> Session:
        """Begins a session on a place, or on an uploaded video called `source`.

        Raises:
            SessionError: as many run as this process takes, or it cannot be made.
            RulesError: the rules are none.
        """
        with self._lock:
            if sum(recording.running for recording in self._recordings.values()) >= self._most:
                problem = f"{self._most} sessions are being recorded already"
                raise SessionError(problem, hint="stop one of them")
            analyzer = self._analyzer()
            session = new_session(
                self.store, analyzer, name, source=source, rules=rules, consent=consent
            )
            recording = Recording(session, Recorder(self.store, session, every=every), source)
            place = source if upload is None else self._keep(source, upload)
            recording.start(analyzer, place, every)
            self._recordings[session.id] = recording
            return session

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
