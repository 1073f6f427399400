"""Limit the work that one process does at once: pictures being read, and live cameras."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from anyio import CapacityLimiter, to_thread

from roomread.errors import BusyError

T = TypeVar("T")


class ConcurrencyLimiter:
    """Limit the number of tasks that run at once, and of those that wait for their turn.

    Threads and asynchronous code share one limiter.

    Args:
        running: The number of tasks that may run at once.
        waiting: The number of further tasks that may wait.
        what: The name of the tasks in messages, in the plural.
    """

    def __init__(self, *, running: int, waiting: int, what: str = "pictures") -> None:
        self._what, self._running, self._limit = what, running, running + waiting
        self._turns = threading.BoundedSemaphore(running)
        self._lock = threading.Lock()
        self._taken = 0
        self._threads: CapacityLimiter | None = None

    @property
    def taken(self) -> int:
        """The number of slots in use."""
        return self._taken

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Hold one of the slots for work that runs or waits.

        Raises:
            BusyError: All slots are held.
        """
        with self._lock:
            if self._taken >= self._limit:
                raise BusyError(f"{self._limit} {self._what} are being processed or waiting")
            self._taken += 1
        try:
            yield
        finally:
            with self._lock:
                self._taken -= 1

    @contextmanager
    def turn(self, *, patience: float) -> Iterator[None]:
        """Wait in this thread until the task may run, and hold its slot during the `with` block.

        Args:
            patience: The maximum time to wait, seconds.

        Raises:
            BusyError: The turn did not come in time.
        """
        if not self._turns.acquire(timeout=patience):
            raise BusyError(f"too many {self._what} are being processed for others", seconds=60)
        try:
            yield
        finally:
            self._turns.release()

    async def run(self, work: Callable[[], T]) -> T:
        """Run a blocking function in a thread when it is its turn, and return its result."""
        if self._threads is None:
            # Created here because a CapacityLimiter needs a running event loop.
            self._threads = CapacityLimiter(self._running)

        def in_turn() -> T:
            with self._turns:
                return work()

        return await to_thread.run_sync(in_turn, limiter=self._threads)


class CameraSlots:
    """Limit the number of live cameras that one process reads for all interfaces together.

    Args:
        count: The maximum number of cameras at once.
        idle_seconds: Seconds after which a slot is freed unless it is taken again.
    """

    def __init__(self, count: int, *, idle_seconds: float = 15.0) -> None:
        self.count = count
        self._idle_seconds = idle_seconds
        self._used: dict[str, float] = {}
        self._lock = threading.Lock()

    def take(self, camera: str, now: float) -> bool:
        """Return whether a camera may be read; call it every few seconds to keep the slot.

        Args:
            camera: The id of the camera.
            now: Seconds on a monotonic clock.
        """
        with self._lock:
            self._free_idle(now)
            if camera not in self._used and len(self._used) >= self.count:
                return False
            self._used[camera] = now
            return True

    @contextmanager
    def hold(self, camera: str, now: float) -> Iterator[None]:
        """Hold a slot for the duration of the `with` block.

        Raises:
            BusyError: All slots are taken.
        """
        if not self.take(camera, now):
            raise BusyError(f"all {self.count} camera slots are taken", seconds=60)
        with self._lock:
            self._used[camera] = math.inf
        try:
            yield
        finally:
            with self._lock:
                del self._used[camera]

    def taken(self, now: float) -> int:
        """Return the number of cameras being read."""
        with self._lock:
            self._free_idle(now)
            return len(self._used)

    def _free_idle(self, now: float) -> None:
        self._used = {
            camera: last for camera, last in self._used.items() if now - last < self._idle_seconds
        }
