"""Pass the latest item of a live source from one thread to another thread or an asyncio task."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class LatestFrame(Generic[T]):
    """Hold one item, which a newer one replaces, so that a slow reader never falls behind.

    Any thread may call `put` and `close`; one reader at a time takes items.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._item: T | None = None
        self._closed = False
        self._error: Exception | None = None
        self._dropped = 0
        self._wake: Callable[[], object] | None = None

    @property
    def dropped(self) -> int:
        """The number of items that were replaced before they were taken."""
        return self._dropped

    def put(self, item: T, *, replacing: Callable[[T, T], T] | None = None) -> None:
        """Store an item, replacing one that was not taken.

        Args:
            item: The item.
            replacing: Returns the item to store, from one that was not taken and `item`; None to
                store `item`.
        """
        with self._changed:
            if self._item is not None:
                self._dropped += 1
                item = replacing(self._item, item) if replacing is not None else item
            self._item = item
            self._notify()

    def close(self, error: Exception | None = None) -> None:
        """Declare that no item will follow; only the first call has an effect."""
        with self._changed:
            if not self._closed:
                self._closed, self._error = True, error
            self._notify()

    def take(self, timeout: float) -> T | None:
        """Wait for the latest item and return it; None once it is closed and empty.

        Args:
            timeout: Maximum time to wait, seconds.

        Raises:
            TimeoutError: No item came within `timeout` seconds.
            Exception: The error given to `close`, once the last item is taken.
        """
        with self._changed:
            if not self._changed.wait_for(self._is_settled, timeout):
                raise TimeoutError(f"no item came within {timeout} s")
            return self._taken()

    def take_or_call(self, wake: Callable[[], object]) -> tuple[bool, T | None]:
        """Return at once, and have `wake` called when there is something to take.

        Args:
            wake: It is called once, by the thread of the writer; a later call of this method or
                `forget_call` takes its place.

        Returns:
            Whether there was something to take, and the item: None if the object is closed and
                empty. `wake` is kept only where there was nothing.

        Raises:
            Exception: The error given to `close`, once the last item is taken.
        """
        with self._changed:
            if self._is_settled():
                return True, self._taken()
            self._wake = wake
            return False, None

    def forget_call(self) -> None:
        """Cancel the call of `wake`."""
        with self._changed:
            self._wake = None

    def _is_settled(self) -> bool:
        return self._item is not None or self._closed

    def _taken(self) -> T | None:
        item, self._item = self._item, None
        if item is None and self._error is not None:
            raise self._error
        return item

    def _notify(self) -> None:
        self._changed.notify()
        if self._wake is not None:
            # Wake the reader only once; it registers again before it waits again.
            wake, self._wake = self._wake, None
            wake()
