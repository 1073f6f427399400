"""Pass the latest item of a live source from one thread to another thread or an asyncio task."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class LatestFrame(Generic[T]):
    """A buffer for one item, which a newer item replaces, so that a slow reader never falls behind.

    Any thread may call `put` and `close`; only one reader may take items at a time.
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
        """Store an item, replacing a stored item that was not taken yet.

        Args:
            item: The new item.
            replacing: Called with the replaced item and `item`; returns the item to store. None to
                store `item`.
        """
        with self._changed:
            if self._item is not None:
                self._dropped += 1
                item = replacing(self._item, item) if replacing is not None else item
            self._item = item
            self._notify()

    def close(self, error: Exception | None = None) -> None:
        """Declare that no item will follow; only the first call has an effect.

        Args:
            error: Raised for the reader once the last item is taken; None for a normal end.
        """
        with self._changed:
            if not self._closed:
                self._closed, self._error = True, error
            self._notify()

    def take(self, timeout: float) -> T | None:
        """Wait for the latest item and return it; None once the buffer is closed and empty.

        Args:
            timeout: Maximum time to wait, seconds.

        Raises:
            TimeoutError: No item arrived within `timeout` seconds.
            Exception: The error given to `close`, once the last item is taken.
        """
        with self._changed:
            if not self._changed.wait_for(self._is_settled, timeout):
                raise TimeoutError(f"no item arrived within {timeout} s")
            return self._taken()

    def take_or_call(self, wake: Callable[[], object]) -> tuple[bool, T | None]:
        """Take the latest item without waiting, or register a callback for the next one.

        Args:
            wake: Called once, in the writer's thread, when an item is stored or the buffer is
                closed. It is registered only if there is nothing to take now, and replaces an
                earlier callback.

        Returns:
            Whether an item was taken or the buffer is closed, and the item; the item is None if
                there is none.

        Raises:
            Exception: The error given to `close`, once the last item is taken.
        """
        with self._changed:
            if self._is_settled():
                return True, self._taken()
            self._wake = wake
            return False, None

    def forget_call(self) -> None:
        """Cancel the callback that `take_or_call` registered."""
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
