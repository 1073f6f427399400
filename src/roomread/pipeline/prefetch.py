"""Run stages of a pipeline concurrently."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
_END = object()


def ahead(items: Iterable[T], *, depth: int = 1) -> Generator[T]:
    """Yield the items; a thread produces the next items while earlier items are used.

    Close the generator if iteration stops early, so that the thread ends.

    Args:
        items: The items. An exception that is raised instead of an item is raised at its position.
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


async def in_thread(items: Iterator[T]) -> AsyncGenerator[T]:
    """Yield the items, each produced in a thread when it is requested.

    Args:
        items: The items. If they come from a generator, the thread closes that generator at the
            end, or when this generator is closed.
    """
    import asyncio  # noqa: PLC0415 (its import would double the time of `import roomread`)

    loop = asyncio.get_running_loop()
    pool = ThreadPoolExecutor(1, thread_name_prefix="stream")
    try:
        while (item := await loop.run_in_executor(pool, next, items, _END)) is not _END:
            yield item  # type: ignore[misc]
    finally:
        # After a cancellation, the thread may still be producing an item, so the thread itself
        # closes the generator.
        if isinstance(items, Generator):
            pool.submit(items.close)
        pool.shutdown(wait=False)
