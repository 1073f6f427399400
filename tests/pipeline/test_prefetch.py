from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import aclosing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomread.pipeline.prefetch import ahead, in_thread
from threads import running_threads


@given(st.lists(st.integers() | st.none()), st.integers(1, 5))
def test_prefetched_items_are_the_same_in_the_same_order(
    items: list[int | None], depth: int
) -> None:
    assert list(ahead(items, depth=depth)) == items


def test_thread_prefetches_only_the_given_number_of_items() -> None:
    made = threading.Semaphore(0)
    count = 0

    def items() -> Iterator[int]:
        nonlocal count
        for count in range(1, 100):
            made.release()
            yield count

    coming = ahead(items(), depth=2)
    assert next(coming) == 1
    # While the first item is used here, the thread produces two more.
    for _ in range(3):
        assert made.acquire(timeout=30)
    assert not made.acquire(timeout=0.1)
    coming.close()
    assert count == 3


def test_error_while_prefetching_is_raised_after_the_items_before_the_error() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise OSError("the file ends here")

    coming = ahead(items())
    assert next(coming) == 1
    with pytest.raises(OSError, match="ends here"):
        next(coming)
    assert list(coming) == []


def test_closing_the_iterator_early_ends_the_prefetch_thread() -> None:
    before = running_threads("ahead")
    coming = ahead(iter(range(1000)))
    next(coming)
    assert len(running_threads("ahead") - before) == 1
    coming.close()
    assert not running_threads("ahead") - before


def test_producing_items_in_a_thread_does_not_block_the_event_loop() -> None:
    asked = threading.Event()

    def items() -> Iterator[int]:
        yield 1
        # The event loop sets the event while the thread waits here.
        assert asked.wait(10)
        yield 2

    async def collected() -> list[int]:
        asyncio.get_running_loop().call_later(0.01, asked.set)
        return [item async for item in in_thread(items())]

    assert asyncio.run(collected()) == [1, 2]


def test_generator_is_closed_in_its_thread_when_iteration_stops() -> None:
    closed = threading.Event()

    def items() -> Iterator[int]:
        try:
            yield from range(10)
        finally:
            closed.set()

    async def first() -> int:
        async with aclosing(in_thread(items())) as made:
            async for item in made:
                return item
        raise AssertionError

    assert asyncio.run(first()) == 0
    assert closed.wait(10)


def test_error_of_the_thread_is_raised_where_the_item_is_awaited() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise ValueError("broken")

    async def collected() -> list[int]:
        return [item async for item in in_thread(items())]

    with pytest.raises(ValueError, match="broken"):
        asyncio.run(collected())
