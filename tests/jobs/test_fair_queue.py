from __future__ import annotations

import queue
import threading

import pytest

from roomread.jobs.fair_queue import FairQueue


def test_owners_take_turns_and_items_of_one_owner_keep_their_order() -> None:
    items = FairQueue()
    for n in range(3):
        items.put(f"a{n}", owner="a")
    for n in range(2):
        items.put(f"b{n}", owner="b")
    assert [items.get(timeout=0) for _ in range(5)] == ["a0", "b0", "a1", "b1", "a2"]


def test_empty_queue_raises_after_the_timeout() -> None:
    with pytest.raises(queue.Empty):
        FairQueue().get(timeout=0)


def test_closing_the_queue_ends_the_wait_for_an_item() -> None:
    items = FairQueue()
    closer = threading.Thread(target=items.close)
    closer.start()
    assert items.get(timeout=60) is None
    closer.join()
