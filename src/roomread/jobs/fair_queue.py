"""A queue in which owners take turns, however many items each of them has."""

from __future__ import annotations

import queue
import threading
from collections import OrderedDict, deque


class FairQueue:
    """A queue that serves its owners in rotation, each owner's oldest item first.

    Several threads may use it at once.
    """

    def __init__(self) -> None:
        self._items: OrderedDict[str, deque[str]] = OrderedDict()
        self._changed = threading.Condition()
        self._closed = False

    def put(self, item: str, *, owner: str) -> None:
        """Add an item of an owner."""
        with self._changed:
            self._items.setdefault(owner, deque()).append(item)
            self._changed.notify()

    def get(self, *, timeout: float) -> str | None:
        """Remove the next item and return it; return None if the queue is closed.

        Args:
            timeout: The maximum time to wait for an item, s.

        Raises:
            queue.Empty: No item was added within `timeout` seconds.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._items or self._closed, timeout):
                raise queue.Empty
            if self._closed:
                return None
            owner, items = next(iter(self._items.items()))
            item = items.popleft()
            if items:
                self._items.move_to_end(owner)
            else:
                del self._items[owner]
            return item

    def close(self) -> None:
        """Close the queue, so that `get` returns None from now on."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
