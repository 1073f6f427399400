"""Run one room whose lease this process holds: its pipeline, students' and teachers' pages."""

from __future__ import annotations

import asyncio
import itertools
import json
import time as clocks
from collections.abc import Callable, Coroutine, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Any, Protocol, TypeVar

from anyio import CapacityLimiter, to_thread

from roomread.errors import DatabaseError, RoomreadError, SessionHeldError
from roomread.joining import OpenRoom, RoomFrame, RoomStatus, format_code
from roomread.joining.open_room import TICK_SECONDS
from roomread.joining.reports import ReportSample
from roomread.pipeline import RoomPipeline
from roomread.readings import Reading
from roomread.room import Alert, Attention, RoomMeter, RoomMood, parse_rules
from roomread.services.alerts import AlertSender
from roomread.services.board import BoardFeed
from roomread.services.ingest import ROOM_AND_SCREEN_SOURCE
from roomread.services.live_room import start_of
from roomread.store import OwnerStore, Recorder, RoomRecord, Session, Store

T = TypeVar("T")
# Seconds between two stored samples of the students' reports.
_SAMPLE_PERIOD = 5.0
# Seconds between two counts of the marks, which other requests and processes may write.
_COUNT_PERIOD = 2.0
# Time after which a room without students and boards is closed, s.
IDLE_SECONDS = 1800.0
# Number of seats (numbers for students) that are reserved at once, so that most students join
# without a database write.
_RESERVED_SEATS = 50
# Time limit for sending a message to the connections of all students, s.
_SLOW_SECONDS = 0.5
# Maximum number of events that wait for a slow board; the oldest is dropped.
_WAITING_EVENTS = 2


class RoomClose(IntEnum):
    """The WebSocket close code that states why a student's connection is closed.

    Attributes:
        TAKEN_OVER: The same student has opened a newer connection.
        OVER: The room is closed.
        LEFT: The student left the room.
        ELSEWHERE: This process no longer holds the room; the page may connect again.
    """

    TAKEN_OVER = 4001
    OVER = 4003
    LEFT = 4004
    ELSEWHERE = 1013


class SeatLink(Protocol):
    """The connection of one student."""

    async def send(self, message: dict[str, Any]) -> None:
        """Send a message within seconds; a no-op if the student has disconnected."""

    async def close(self, code: RoomClose) -> None:
        """Close the connection."""


@dataclass(slots=True)
class HeldRoom:
    """One room that is open in this process.

    Use its methods and attributes in the event loop's thread only. The `Moment`s of the room are
    written to the database in worker threads, one at a time.

    Args:
        store: The store of the service.
        owned: The sessions of the room's owner.
        record: The database record of the room.
        session: The session of the room.
        room: The students who have joined, with their latest readings and reports.
        recorder: The recorder of the session.
        limiter: The limit on the number of threads that write `Moment`s.
        background: The limit on the number of threads that write less urgent data, which must not
            delay the `Moment`s.
        clock: A function that returns seconds of a monotonic clock.
        sender: The sender of alerts to other programs; None to send no alerts.

    Attributes:
        links: The connections of students, by connection id.
        closed: Set once this process no longer holds the room.
    """

    store: Store
    owned: OwnerStore
    record: RoomRecord
    session: Session
    room: OpenRoom
    recorder: Recorder
    limiter: CapacityLimiter
    background: CapacityLimiter
    clock: Callable[[], float] = clocks.monotonic
    sender: AlertSender | None = None
    links: dict[int, SeatLink] = field(default_factory=dict)
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    _pipeline: RoomPipeline = field(init=False)
    _feed: BoardFeed = field(init=False)
    _boards: set[asyncio.Queue[str]] = field(init=False, default_factory=set)
    _ids: itertools.count[int] = field(init=False, default_factory=lambda: itertools.count(1))
    _start: float = field(init=False)
    _opened: float = field(init=False)
    _sampled: float = field(init=False)
    _used: float = field(init=False)
    _counted: float = field(init=False, default=float("-inf"))
    _marks: int = field(init=False, default=0)
    _samples: list[ReportSample] = field(init=False, default_factory=list)
    _presses: int = field(init=False, default=0)
    _storing: asyncio.Task[None] | None = field(init=False, default=None)
    _has_screen: bool = field(init=False, default=False)
    _mood: RoomMood | None = field(init=False, default=None)
    _turn: asyncio.Lock = field(init=False, default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        """Restore the state of an interrupted session; this waits for the database."""
        session = self.session
        self._opened = self._sampled = self._used = self.clock()
        self._start = start_of(session, self.recorder.resumed_at)
        meter = RoomMeter.for_interval(TICK_SECONDS)
        attention = Attention(parse_rules(session.rules), every=TICK_SECONDS)
        self.recorder.resume(meter, attention)
        self._pipeline = RoomPipeline(
            meter=meter,
            attention=attention,
            on_alerts=self.sender.of_session(session.id) if self.sender is not None else None,
        )
        self._feed = BoardFeed.of(self.owned, session, self._start)

    @property
    def time(self) -> float:
        """The present time, seconds from the start of the session."""
        return self._start + self.clock() - self._opened

    @property
    def mood(self) -> RoomMood | None:
        """The latest mood, rounded for display; None if there is no mood to show."""
        return self._mood

    @property
    def alerts(self) -> list[Alert]:
        """The active alerts."""
        return self._pipeline.alerts

    def status(self) -> RoomStatus:
        """Return the present counts of the room's people and reports."""
        return self.room.status(self.clock())

    def new_connection(self) -> int:
        """Return an unused id for a new connection."""
        return next(self._ids)

    async def reserve(self) -> None:
        """Reserve seat numbers in the database, so that no number is reused after a restart."""
        if self.room.next_seat >= self.record.next_seat:
            following = self.room.next_seat + _RESERVED_SEATS
            await self._in_thread(
                lambda: self.store.rooms.reserve_seats(self.session.id, following)
            )
            self.record = replace(self.record, next_seat=following)

    def note_code(self, code: str) -> None:
        """Show the room's new code, which is already stored, on all boards (teachers' pages)."""
        self.record = replace(self.record, code=code)

    async def pause(self, *, on: bool) -> None:
        """Pause or resume the room, and notify its students; the state survives a restart.

        Raises:
            DatabaseError: The state could not be stored, and the room is unchanged.
        """
        await self._in_thread(lambda: self.store.rooms.set_paused(self.session.id, on=on))
        self.room.pause(on=on)
        await self._tell({"k": "room", "paused": on})

    async def subscribe(self) -> asyncio.Queue[str]:
        """Return a queue of JSON events for a new board; the first event contains the history."""
        session_id = self.session.id
        history = await self._in_thread(lambda: self._feed.history(self.owned.marks(session_id)))
        self._marks = len(history["marks"])
        queue: asyncio.Queue[str] = asyncio.Queue(_WAITING_EVENTS)
        queue.put_nowait(json.dumps({"history": history} | self._state()))
        self._boards.add(queue)
        return queue

    def _state(self) -> dict[str, Any]:
        """Return the state that every event contains, because a slow board may miss events."""
        code = self.record.code
        return {
            "paused": self.room.paused,
            "code": format_code(code) if code is not None else None,
            "marks": self._marks,
        }

    def unsubscribe(self, queue: asyncio.Queue[str]) -> None:
        """Stop sending events to the board that reads from this queue."""
        self._boards.discard(queue)

    def publish(self, event: dict[str, Any]) -> None:
        """Send an event to all boards; a board that is too slow misses its oldest event."""
        text = json.dumps(event)
        for queue in self._boards:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(text)

    def show_screen(self, readings: Sequence[Reading]) -> None:
        """Replace the shared screen's readings; the room uses them until they are too old."""
        self._has_screen = True
        self.room.show_screen(self.clock(), readings)

    async def run(self) -> None:
        """Pass the latest readings to the pipeline twice a second, until the room is closed."""
        due = self.clock()
        while not self.closed.is_set():
            try:
                await self._step()
            except DatabaseError:
                # The recorder keeps the moments, and the next step writes them.
                pass
            except RoomreadError as error:
                held_elsewhere = isinstance(error, SessionHeldError)
                await self.dismiss(RoomClose.ELSEWHERE if held_elsewhere else RoomClose.OVER)
                return
            now = self.clock()
            # Do not make up for the steps that were missed while the computer was suspended.
            due = max(due + TICK_SECONDS, now)
            with suppress(TimeoutError):
                async with asyncio.timeout(max(due - now, 0.0)):
                    await self.closed.wait()

    async def _step(self) -> None:
        now, time = self.clock(), self.time
        frame, status = self.room.tick(now), self.room.status(now)
        if self.links or self._boards or status.people:
            self._used = now
        elif now - self._used > IDLE_SECONDS:
            await self.close()
            return
        self._presses += frame.lost
        if now - self._sampled >= _SAMPLE_PERIOD:
            self._sampled = now
            self._sample(time, status)
        counts = bool(self._boards) and now - self._counted >= _COUNT_PERIOD
        waits = self._samples or self._source_is_new or counts
        if waits and (self._storing is None or self._storing.done()):
            self._counted = now
            self._storing = asyncio.create_task(self._store())
        has_point = await self._in_thread(lambda: self._write(time, frame, status))
        if has_point:
            self._mood = self._feed.points[-1].mood
        if self._boards:
            event = self._feed.event(time, status, self.alerts, has_point=has_point)
            self.publish(event | self._state())

    def _sample(self, time: float, status: RoomStatus) -> None:
        if not status.people:
            return
        pressed = self._presses if status.reports is not None else None
        self._presses = 0
        self._samples.append(
            ReportSample(round(time, 3), status.people, status.taps, status.reports, pressed)
        )

    def _write(self, time: float, frame: RoomFrame, status: RoomStatus) -> bool:
        """Record one frame, and return whether the board's chart has a new point."""
        if self.closed.is_set():
            return False
        self._pipeline.forget(frame.changed)
        moment = self._pipeline.push_readings(time, frame.readings, withheld=frame.withheld)
        self.recorder.add(moment)
        return self._feed.add(time, status, moment.mood, frame.lost)

    async def _store(self) -> None:
        """Write a new source of the session and waiting report samples, and count the marks.

        The next event of the room does not wait for this method.
        """
        samples = list(self._samples)
        # If this fails, the samples are written together with the next ones.
        with suppress(DatabaseError):
            await to_thread.run_sync(lambda: self._write_waiting(samples), limiter=self.background)
            del self._samples[: len(samples)]
        # This fails if the session was deleted. The next write of a moment then ends the room.
        with suppress(RoomreadError):
            self._marks = await to_thread.run_sync(
                lambda: self.owned.count_marks(self.session.id), limiter=self.background
            )

    @property
    def _source_is_new(self) -> bool:
        return self._has_screen and self.session.source != ROOM_AND_SCREEN_SOURCE

    def _write_waiting(self, samples: Sequence[ReportSample]) -> None:
        """Write the session's source, if it is new, and the samples that are not stored yet."""
        if self._source_is_new:
            self.store.rooms.set_source(self.session.id, ROOM_AND_SCREEN_SOURCE)
            self.session = replace(self.session, source=ROOM_AND_SCREEN_SOURCE)
        if samples:
            self.store.rooms.add_reports(self.session.id, samples)

    def _write_last(self) -> None:
        # Write the remaining moments even if this fails.
        with suppress(DatabaseError):
            self._write_waiting(self._samples)

    @property
    def is_idle(self) -> bool:
        """Whether no student and no teacher's board is connected, and no student is in the room."""
        return not (self.links or self._boards or self.status().people)

    async def _tell(self, message: dict[str, Any]) -> None:
        """Send a message to all students at once."""
        await _at_once(link.send(message) for link in list(self.links.values()))

    async def close(self) -> None:
        """Close the room for good, and end its session.

        Raises:
            SessionError: The remaining data could not be written.
        """
        if not self.closed.is_set():
            # Store the presses since the last sample.
            self._sample(self.time, self.room.status(self.clock()))
        self.closed.set()
        await self._finish_storing()
        try:
            await self._in_thread(self._close)
        finally:
            await self.dismiss(RoomClose.OVER)

    async def _finish_storing(self) -> None:
        """Wait for the background task, which must not write after the room is released."""
        if self._storing is not None:
            await self._storing

    def _close(self) -> None:
        self._write_last()
        self.owned.rooms.replace_code(self.session.id, None)
        self.recorder.close()

    async def let_go(self) -> None:
        """Write the data that is not stored yet, and end all connections, to release the room."""
        self.closed.set()
        await self._finish_storing()
        await self._in_thread(self._write_rest)
        await self.dismiss(RoomClose.ELSEWHERE)

    def _write_rest(self) -> None:
        self._write_last()
        self.recorder.flush()

    async def dismiss(self, code: RoomClose) -> None:
        """Close the students' connections, notify all boards, and stop holding the room."""
        self.closed.set()
        self.publish({"over": code is RoomClose.OVER})
        if code is RoomClose.OVER:
            await self._tell({"k": "over"})
        await _at_once(link.close(code) for link in list(self.links.values()))

    async def _in_thread(self, work: Callable[[], T]) -> T:
        async with self._turn:
            return await to_thread.run_sync(work, limiter=self.limiter)


async def _at_once(sendings: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Run tasks for several students at once; cancel each task after `_SLOW_SECONDS`."""
    tasks = [asyncio.create_task(sending) for sending in sendings]
    if not tasks:
        return
    sent, slow = await asyncio.wait(tasks, timeout=_SLOW_SECONDS)
    for task in slow:
        task.cancel()
    if slow:
        await asyncio.wait(slow)
    for task in sent:
        task.result()
