"""Write the moods, alerts and readings of one source into a session, about once a second.

Writing continues after failures of the database.
"""

from __future__ import annotations

import time as clocks
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait

from roomread.errors import DatabaseError, SessionError, SessionNotFoundError
from roomread.pipeline.moment import Moment
from roomread.readings import Reading
from roomread.room import Attention, RoomMeter, RoomMood
from roomread.room.mood import BASELINE_FROM
from roomread.room.session import Mark, Session
from roomread.store.owner_store import OwnerStore
from roomread.store.pieces import Piece

# Seconds between two writes, and thus the maximum that a killed process loses.
_PIECE = 1.0
# The longest pause between retries, s; each pause is twice as long as the previous one.
_LONGEST_PAUSE = 10.0
# Maximum time of the source that may wait in memory for a failing database, s.
_MOST_WAITING = 3600.0
# Default time for which `add` waits for a slow database, s.
_PATIENCE = 1.0
# Maximum number of earlier readings that are loaded to resume a session, so that it resumes within
# about a second; they cover half an hour of a class of 28.
_MOST_RESUMED = 100_000


class Recorder:
    """A sink of a `RoomPipeline` that writes the `Moment`s of one source into a session.

    Every second a recorder writes the new data, a numbered `Piece`, in one transaction. If the
    connection is lost and it is unknown whether the piece arrived, the recorder sends the piece
    again, and the database ignores the rows that exist. While the database fails or does not
    respond, pieces wait in memory, `trouble` states the reason, and recording continues.

    Seats, moods and alerts come with the moments. To continue an interrupted session, start the
    pipeline with `resumed_at` and `places`, and restore its meter and rules with `resume`, as
    `roomread.services.recording.session_pipeline` does.

    A recorder is not thread-safe.

    Args:
        store: The store that has the session.
        session: A new session, or one that was interrupted.
        clock: The clock for waiting and retrying, seconds; independent of the times of the source.
        patience: Time for which `add` waits for a slow database, s; the write then continues in the
            background.
        writes_by_itself: Whether `add` writes every second. If not, only `flush` writes.

    Attributes:
        session: The session that is written.
        resumed_at: The time of the last mood or reading of an earlier recorder, seconds; None for a
            new session.
        places: The last face box at each seat, px, by seat number, from an earlier recorder.
        trouble: Why the database cannot be written at present, in one line; empty if there is no
            problem.
    """

    def __init__(
        self,
        store: OwnerStore,
        session: Session,
        *,
        clock: Callable[[], float] = clocks.monotonic,
        patience: float = _PATIENCE,
        writes_by_itself: bool = True,
    ) -> None:
        self._patience, self._writes_by_itself = patience, writes_by_itself
        self.session = session
        self.resumed_at = store.last_time(session.id)
        self.trouble = ""
        self._store, self._clock = store, clock
        self.places = store.readings(session.id).last_boxes()
        self._waiting: list[Piece] = []
        self._piece = Piece(store.next_piece(session.id))
        self._time = 0.0
        self._last_try, self._pause = clock(), _PIECE
        # A server that does not respond must not delay the frames, so a thread writes.
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="roomread-recorder")
        self._writing: Future[None] | None = None
        store.reopen(session.id)

    @property
    def waiting(self) -> float:
        """The duration of the part of the source that is not written yet, s."""
        starts = [piece.start for piece in self._waiting if piece.start is not None]
        return self._time - starts[0] if starts else 0.0

    def add(self, moment: Moment) -> None:
        """Add the next moment; a moment without people is recorded, too.

        Raises:
            SessionError: The session was deleted, or the database has failed for an hour.
        """
        self._time = moment.time
        if self._piece.start is None:
            self._piece.start = moment.time
        if moment.mood is not None:
            self._piece.moods.append(moment.mood)
        self._piece.alerts += moment.alerts
        if self.session.keeps_people:
            self._piece.readings += moment.readings
        if not self._writes_by_itself:
            return
        if self._writing is not None:
            self._settle(0.0)
        elif self._clock() - self._last_try >= self._pause:
            self._send()
            self._settle(self._patience)

    def resume(self, meter: RoomMeter, attention: Attention, *, continues: bool = True) -> None:
        """Restore the mood meter and the alert rules of a pipeline from the stored session.

        If the session does not store readings of people, only the active alerts and the past moods
        of the room are restored; the next mood and the rules about single people then use only new
        frames.

        Args:
            meter: The pipeline's meter, which has processed no frames yet.
            attention: The pipeline's alert rules, which have processed no moods yet.
            continues: Whether the times of the source continue those of the session. If not, only
                the active alerts are restored.

        Raises:
            SessionError: The session was deleted, or the database does not respond.
        """
        if self.resumed_at is None:
            return
        key = self.session.id
        alerts = self._store.alerts(key)
        if not continues:
            attention.resume(alerts)
            return
        past = max(BASELINE_FROM, attention.past)
        moods = self._store.moods(key, since=max(self.resumed_at - past, 0.0))
        frames = self._frames(moods, max(meter.window, attention.people_past))
        attention.resume(alerts, moods, frames)
        window = self.resumed_at - meter.window
        meter.resume(
            [mood for mood in moods if mood.time >= self.resumed_at - BASELINE_FROM],
            [frame for frame in frames if frame[0] >= window],
        )

    def _frames(
        self, moods: Sequence[RoomMood], seconds: float
    ) -> list[tuple[float, list[Reading]]]:
        """Return the frames of the last `seconds`; empty if no readings are stored.

        Each frame is the time and the readings of one moment.
        """
        if not self.session.keeps_people or self.resumed_at is None:
            return []
        since = max(self.resumed_at - seconds, 0.0)
        readings = self._store.readings(self.session.id).since(since)[-_MOST_RESUMED:]
        # A frame without a face has no readings, but may have a mood.
        frames: dict[float, list[Reading]] = {m.time: [] for m in moods if m.time >= since}
        for reading in readings:
            frames.setdefault(reading.time, []).append(reading)
        return sorted(frames.items())

    def mark(self, label: str, time: float) -> None:
        """Set a mark in the session.

        Args:
            label: The name of what begins, such as a slide or an activity.
            time: When it begins, seconds from the start of the source.

        Raises:
            SessionError: The mark cannot be written.
        """
        self._store.mark(self.session.id, [Mark(time, label)])

    def flush(self) -> bool:
        """Write everything that is waiting; return whether that succeeded.

        Raises:
            SessionError: The session was deleted, or the database has failed for an hour.
            SessionHeldError: Another process holds the lease of the session.
        """
        self._settle(None)
        self._prepare()
        # The caller waits anyway, so a thread would only cost time.
        written: Future[None] = Future()
        try:
            self._write(tuple(self._waiting))
        except Exception as error:  # noqa: BLE001 (raised or noted by `_settle`)
            written.set_exception(error)
        else:
            written.set_result(None)
        self._writing = written
        return self._settle(None)

    def close(self) -> None:
        """Write everything that is waiting, and end the session.

        Raises:
            SessionError: Not everything could be written; earlier pieces are kept.
        """
        if not self.flush():
            raise SessionError(
                f"{self.trouble}: the last {self.waiting:.0f} s could not be written",
                hint="everything before that is kept",
            )
        self._writer.shutdown()
        self._store.end(self.session.id)

    def _send(self) -> None:
        """Start writing everything that is waiting."""
        self._prepare()
        self._writing = self._writer.submit(self._write, tuple(self._waiting))

    def _prepare(self) -> None:
        """Queue the present piece for the next write, and begin a new piece."""
        if self._piece:
            self._waiting.append(self._piece)
            self._piece = Piece(self._piece.number + 1)

    def _settle(self, patience: float | None) -> bool:
        """Wait for the write that was started; return whether everything is written.

        Args:
            patience: The maximum time to wait, s; None for no limit.
        """
        writing = self._writing
        if writing is None:
            return True
        if not wait([writing], timeout=patience).done:
            self.trouble = f"{self._store.database}: does not respond"
            self._check_waiting(None)
            return False
        self._writing = None
        self._last_try = self._clock()
        try:
            writing.result()
        except DatabaseError as error:
            self.trouble = error.problem
            self._pause = min(2 * self._pause, _LONGEST_PAUSE)
            self._check_waiting(error)
            return False
        # No piece is added while a write is in progress.
        self._waiting.clear()
        self.trouble, self._pause = "", _PIECE
        return True

    def _check_waiting(self, error: Exception | None) -> None:
        if self.waiting > _MOST_WAITING:
            problem = f"{self.trouble}: nothing could be written for an hour"
            raise DatabaseError(
                problem, hint="free disk space, or start the database server"
            ) from error

    def _write(self, pieces: Sequence[Piece]) -> None:
        try:
            self._store.append(self.session.id, pieces)
        except SessionNotFoundError as error:
            problem = f"session {self.session.id} was deleted while it was recorded"
            raise SessionError(problem) from error
