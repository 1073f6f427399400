"""Limit the number of pictures and live cameras that one process reads at once."""

from __future__ import annotations

import asyncio
import math
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TypeVar

from anyio import CapacityLimiter, to_thread

from roomread.errors import BusyError
from roomread.services.turns import FairTurns, acting_for

T = TypeVar("T")
# The number of principals that may use all of their slots at once.
_HOLDERS = 8


class ConcurrencyLimiter:
    """A limit on the number of tasks that run at once, and of tasks that wait for their turn.

    Threads and asynchronous code share one limiter. Each principal has slots of its own, and
    principals take turns, so that no principal delays another. If a method is called without a
    holder, the holder is the principal in the context variable `acting_for`.

    Args:
        running: The number of tasks of one principal that may run at once.
        in_all: The number of tasks of all principals that may run at once; None for one more than
            `running`.
        waiting: The number of further tasks of one principal that may wait.
        what: The name of the tasks in messages, in the plural.
    """

    def __init__(
        self, *, running: int, waiting: int, in_all: int | None = None, what: str = "pictures"
    ) -> None:
        self._what, self._limit = what, running + waiting
        self._turns = FairTurns(running, in_all=in_all)
        self._lock = threading.Lock()
        self._held: Counter[str] = Counter()

    @property
    def taken(self) -> int:
        """The number of slots in use."""
        return self._held.total()

    @contextmanager
    def slot(self, holder: str | None = None) -> Iterator[None]:
        """Hold a slot for a task that runs or waits during the `with` block.

        Raises:
            BusyError: All slots of the holder, or of all holders together, are in use.
        """
        holder = acting_for.get() if holder is None else holder
        with self._lock:
            if self._held[holder] >= self._limit:
                raise BusyError(f"{self._limit} {self._what} are being processed or waiting")
            if self._held.total() >= _HOLDERS * self._limit:
                raise BusyError(f"too many {self._what} are being processed or waiting")
            self._held[holder] += 1
        try:
            yield
        finally:
            with self._lock:
                self._held[holder] -= 1
                self._held = +self._held

    @contextmanager
    def turn(self, *, patience: float, holder: str | None = None) -> Iterator[None]:
        """Wait in this thread until the task may run, and keep its turn during the `with` block.

        Args:
            patience: The maximum time to wait, seconds.
            holder: The principal for which the task runs.

        Raises:
            BusyError: The turn did not come in time.
        """
        came = threading.Event()
        turn = self._turns.ask(acting_for.get() if holder is None else holder, came.set)
        try:
            if not came.wait(patience):
                problem = f"too many {self._what} are being processed for other users"
                raise BusyError(problem, seconds=60)
            yield
        finally:
            self._turns.leave(turn)

    async def run(self, work: Callable[[], T], holder: str | None = None) -> T:
        """Run a blocking function in a thread when it is its turn, and return its result."""
        loop = asyncio.get_running_loop()
        came = asyncio.Event()

        def granted() -> None:
            # The event loop is closed already if the service has stopped.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(came.set)

        turn = self._turns.ask(acting_for.get() if holder is None else holder, granted)
        try:
            await came.wait()
            # A limiter of its own, so that other users of the shared one cannot delay the start.
            return await to_thread.run_sync(work, limiter=CapacityLimiter(1))
        finally:
            self._turns.leave(turn)


@dataclass(slots=True)
class _CameraSlot:
    """The slot of one live camera.

    Attributes:
        holder: The principal that uses the camera.
        last: The time of the last `CameraSlots.take`, s; infinite during `CameraSlots.hold`.
        end: A function that is called when the slot is given to another principal.
    """

    holder: str
    last: float
    end: Callable[[], None] | None = None


class CameraSlots:
    """A limit on the number of live cameras that one process reads for all interfaces together.

    One principal may use all slots until another principal needs a slot. Then the oldest camera of
    the principal with the most cameras loses its slot.

    Args:
        count: The maximum number of cameras at once.
        idle_seconds: Seconds after which a slot is freed unless `take` is called again.
    """

    def __init__(self, count: int, *, idle_seconds: float = 15.0) -> None:
        self.count = count
        self._idle_seconds = idle_seconds
        # The slots by camera id, oldest first.
        self._used: dict[str, _CameraSlot] = {}
        self._lock = threading.Lock()

    def take(self, camera: str, now: float, *, holder: str = "") -> bool:
        """Take or keep a slot for a camera, and return whether the camera has a slot.

        Call this every few seconds, so that the slot is not freed.

        Args:
            camera: The id of the camera.
            now: Seconds on a monotonic clock.
            holder: The principal whose camera it is.
        """
        return self._take(camera, _CameraSlot(holder, now), now)

    @contextmanager
    def hold(
        self, camera: str, now: float, *, holder: str = "", end: Callable[[], None] | None = None
    ) -> Iterator[None]:
        """Hold a slot for the duration of the `with` block.

        Args:
            camera: The id of the camera.
            now: Seconds on a monotonic clock.
            holder: The principal whose camera it is.
            end: A function that is called, by any thread, when the slot is given to another
                principal; it must not block.

        Raises:
            BusyError: All slots are taken, and no slot can be taken from another principal.
        """
        if not self._take(camera, _CameraSlot(holder, math.inf, end), now):
            raise BusyError(f"all {self.count} camera slots are taken", seconds=60)
        try:
            yield
        finally:
            with self._lock:
                self._used.pop(camera, None)

    def taken(self, now: float) -> int:
        """Return the number of cameras being read."""
        with self._lock:
            self._free_idle(now)
            return len(self._used)

    def _take(self, camera: str, slot: _CameraSlot, now: float) -> bool:
        ended: _CameraSlot | None = None
        with self._lock:
            self._free_idle(now)
            if camera not in self._used and len(self._used) >= self.count:
                ended = self._take_away(slot.holder)
                if ended is None:
                    return False
            self._used[camera] = slot
        if ended is not None and ended.end is not None:
            ended.end()
        return True

    def _take_away(self, holder: str) -> _CameraSlot | None:
        """Free the oldest slot of the principal with the most slots, and return it.

        Return None if that principal has fewer than two slots more than `holder`: taking a slot
        away would only make `holder` the principal with the most slots.
        """
        held = Counter(slot.holder for slot in self._used.values())
        most, number = held.most_common(1)[0]
        if number <= held[holder] + 1:
            return None
        oldest = next(camera for camera, slot in self._used.items() if slot.holder == most)
        return self._used.pop(oldest)

    def _free_idle(self, now: float) -> None:
        self._used = {
            camera: slot
            for camera, slot in self._used.items()
            if now - slot.last < self._idle_seconds
        }
