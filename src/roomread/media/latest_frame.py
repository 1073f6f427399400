"""One place for the latest frame: what live sources hand over with."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class LatestFrame(Generic[T]):
    """Holds one item; a newer one replaces it, so that a slow reader is never behind.

    `put` and `close` are for the writing thread, `take` for the reading one.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._item: T | None = None
        self._closed = False
        self._error: Exception | None = None
        self._dropped = 0

    @property
    def dropped(self) -> int:
        """How many items were replaced before they were taken."""
        return self._dropped

    def put(self, item: T) -> None:
        """Leaves an item, in the place of one that was not taken."""
        with self._changed:
            self._dropped += self._item is not None
            self._item = item
            self._changed.notify()

    def close(self, error: Exception | None = None) -> None:
        """Says that nothing more will come, and why. The first call counts."""
        with self._changed:
            if not self._closed:
                self._closed, self._error = True, error
            self._changed.notify()

    def take(self, timeout: float) -> T | None:
        """The latest item, waited for; None once the mailbox is closed and empty.

        Raises:
            TimeoutError: nothing came within `timeout` seconds.
            Exception: what `close` was given, once the last item is taken.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._item is not None or self._closed, timeout):
                raise TimeoutError(f"nothing came in {timeout} s")
            item, self._item = self._item, None
            if item is None and self._error is not None:
                raise self._error
            return item
