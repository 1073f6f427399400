from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial

import pytest

from roomread.errors import BusyError
from roomread.services.capacity import CameraSlots, ConcurrencyLimiter
from roomread.services.turns import acting_for

SECONDS = 30.0


def test_limiter_refuses_work_when_all_running_and_waiting_slots_are_taken() -> None:
    limiter = ConcurrencyLimiter(running=1, waiting=1)
    with limiter.slot(), limiter.slot():
        assert limiter.taken == 2
        with pytest.raises(BusyError, match="2 pictures"), limiter.slot():
            pass
    assert limiter.taken == 0
    with limiter.slot():
        assert limiter.taken == 1


def test_limiter_frees_a_slot_when_the_work_in_the_slot_fails() -> None:
    limiter = ConcurrencyLimiter(running=1, waiting=0)
    with pytest.raises(ValueError, match="broken"), limiter.slot():
        raise ValueError("broken")
    assert limiter.taken == 0


def test_limiter_never_runs_more_async_tasks_at_once_than_allowed() -> None:
    limiter = ConcurrencyLimiter(running=2, waiting=10)
    # Each task waits for another one, so the test passes only if two run at once.
    both = threading.Barrier(2, timeout=SECONDS)
    running, most, lock = 0, 0, threading.Lock()

    def work() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        both.wait()
        with lock:
            running -= 1

    async def run_six() -> None:
        await asyncio.gather(*(limiter.run(work) for _ in range(6)))

    asyncio.run(run_six())
    assert most == 2


def test_async_task_waits_while_a_thread_holds_the_only_slot_of_the_limiter() -> None:
    limiter = ConcurrencyLimiter(running=1, waiting=10)
    with ThreadPoolExecutor(1) as threads:
        with limiter.turn(patience=0.0):
            result = threads.submit(lambda: asyncio.run(limiter.run(lambda: "ran")))
            with pytest.raises(TimeoutError):
                result.result(timeout=0.1)
        assert result.result(timeout=SECONDS) == "ran"


def test_limiter_refuses_work_that_waits_too_long_for_its_turn() -> None:
    limiter = ConcurrencyLimiter(running=1, waiting=0, what="videos")
    with (
        limiter.turn(patience=0.0),
        pytest.raises(BusyError, match="videos are being processed for other users") as refused,
        limiter.turn(patience=0.0),
    ):
        pass
    assert refused.value.seconds == 60
    with limiter.turn(patience=0.0):
        pass


def test_result_and_error_of_async_work_reach_the_caller() -> None:
    limiter = ConcurrencyLimiter(running=1, waiting=0)
    assert asyncio.run(limiter.run(lambda: 7)) == 7

    def broken() -> None:
        raise ValueError("broken")

    other = ConcurrencyLimiter(running=1, waiting=0)
    with pytest.raises(ValueError, match="broken"):
        asyncio.run(other.run(broken))
    with other.turn(patience=0.0):
        pass


def test_camera_slots_are_limited_in_number_renewed_by_take_and_freed_when_idle() -> None:
    slots = CameraSlots(2, idle_seconds=15)
    assert slots.take("a", 0.0)
    assert slots.take("b", 0.0)
    assert not slots.take("c", 1.0)
    assert slots.take("a", 10.0)
    # Camera "b" has not called `take` for 16 s.
    assert slots.take("c", 16.0)
    assert not slots.take("b", 16.0)


def test_camera_slot_held_by_a_with_block_does_not_expire_before_the_end_of_the_block() -> None:
    slots = CameraSlots(1, idle_seconds=15)
    with slots.hold("socket", 0.0):
        assert slots.taken(3600.0) == 1
        assert not slots.take("page", 3600.0)
        with (
            pytest.raises(BusyError, match="all 1 camera slots are taken"),
            slots.hold("b", 3600.0),
        ):
            pass
    assert slots.taken(3600.0) == 0
    assert slots.take("page", 3600.0)


def test_limiter_counts_running_work_separately_for_each_user() -> None:
    limiter = ConcurrencyLimiter(running=1, waiting=0)
    with limiter.slot("greedy"), limiter.turn(patience=0.0, holder="greedy"):
        with pytest.raises(BusyError), limiter.slot("greedy"):
            pass
        with limiter.slot("b"), limiter.turn(patience=0.0, holder="b"):
            assert limiter.taken == 2
        assert asyncio.run(limiter.run(lambda: "ran", holder="b")) == "ran"


def test_limiter_slot_counts_for_the_user_on_whose_behalf_it_is_taken() -> None:
    limiter = ConcurrencyLimiter(running=1, waiting=0)
    with limiter.slot("key:1"):
        token = acting_for.set("key:1")
        with pytest.raises(BusyError), limiter.slot():
            pass
        acting_for.reset(token)
        with limiter.slot():
            pass


def test_user_with_most_cameras_loses_a_camera_slot_to_another_user() -> None:
    slots, ended = CameraSlots(3, idle_seconds=15), list[str]()
    with ExitStack() as held:
        for n in range(3):
            end = partial(ended.append, f"greedy {n}")
            held.enter_context(slots.hold(f"g{n}", 0.0, holder="greedy", end=end))
        assert not slots.take("g3", 1.0, holder="greedy")
        assert slots.take("page", 1.0, holder="anna")
        assert ended == ["greedy 0"]
        # "greedy" has only one camera more than "anna", so it keeps its slots.
        assert not slots.take("page 2", 1.0, holder="anna")
        assert slots.take("page 3", 1.0, holder="ben")
        assert ended == ["greedy 0", "greedy 1"]
        assert slots.taken(1.0) == 3
    assert slots.taken(1.0) == 2
