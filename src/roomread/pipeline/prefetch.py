"""Stages of a pipeline at the same time."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
_END = object()


def ahead(items: Iterable[T], *, depth: int = 1) -> Generator[T]:
    """The same items, made by a thread of its own while earlier ones are used.

    Whoever leaves before the end closes it; the thread ends then.

    Args:
        items: an error in making them is raised where the item would be.
        depth: items that are made and wait, at most.
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
