from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomread.pipeline.prefetch import ahead


@given(st.lists(st.integers() | st.none()), st.integers(1, 5))
def test_items_are_the_same_in_the_same_order(items: list[int | None], depth: int) -> None:
    assert list(ahead(items, depth=depth)) == items


def test_only_the_next_items_are_made_while_one_is_used() -> None:
    made = threading.Semaphore(0)
    count = 0

    def items() -> Iterator[int]:
        nonlocal count
        for count in range(1, 100):
            made.release()
            yield count

    coming = ahead(items(), depth=2)
    assert next(coming) == 1
    # While the first is used here, two more are made elsewhere.
    for _ in range(3):
        assert made.acquire(timeout=30)
    assert not made.acquire(timeout=0.1)
    coming.close()
    assert count == 3


def test_error_comes_in_the_place_of_the_item_and_ends_the_iteration() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise OSError("the file ends here")

    coming = ahead(items())
    assert next(coming) == 1
    with pytest.raises(OSError, match="ends here"):
        next(coming)
    assert list(coming) == []


def test_closing_early_ends_the_thread() -> None:
    before = threading.active_count()
    coming = ahead(iter(range(1000)))
    next(coming)
    assert threading.active_count() > before
    coming.close()
    assert threading.active_count() == before
