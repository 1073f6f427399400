"""Run stages of a pipeline at the same time."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
_END = object()


def ahead(items: Iterable[T], *, depth: int = 1) -> Generator[T]:
    """Yield the same items, produced ahead by a thread while the previous one is used.

    Close the generator if iteration stops early, so that the thread ends.

    Args:
        items: The items. An exception while producing one is raised at its position.
        depth: The maximum number of items that are produced ahead.
    """
    source = iter(items)
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as pool:
        waiting = deque(pool.submit(next, source, _END) for _ in range(depth))
        try:
            while (item := waiting.popleft().result()) is not _END:
                waiting.append(pool.submit(next, source, _END))
                yield item  # type: ignore[misc]
        finally:
            for future in waiting:
                future.cancel()
