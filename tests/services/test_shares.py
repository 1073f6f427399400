"""Several principals share the resources of one process."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from functools import partial

import pytest

from roomread.errors import BusyError
from roomread.services.shares import ByteBudget, FairSlots, SharedSlots, WeightedTurns


def test_byte_budget_limits_each_holder_to_its_share_and_all_holders_to_the_total() -> None:
    budget = ByteBudget(100, share=0.5)
    assert budget.take("a", 50)
    assert not budget.take("a", 1)
    assert budget.take("b", 50)
    assert not budget.take("c", 1)
    budget.give_back("a", 50)
    assert budget.take("c", 50)
    assert budget.taken == 100


def test_slot_beyond_the_share_of_a_holder_or_beyond_the_total_is_refused() -> None:
    slots = SharedSlots(3, share=0.7, what="requests")
    with ExitStack() as held:
        held.enter_context(slots.slot("a"))
        held.enter_context(slots.slot("a"))
        with pytest.raises(BusyError, match="this sender has 2 requests"), slots.slot("a"):
            pass
        held.enter_context(slots.slot("b"))
        with pytest.raises(BusyError, match="the service has 3 requests"), slots.slot("c"):
            pass
    with slots.slot("a"):
        pass


def test_new_holder_gets_the_oldest_slot_of_the_holder_with_the_most_slots() -> None:
    slots = FairSlots(4, what="cameras")
    ended: list[str] = []
    with ExitStack() as held:
        for n in range(4):
            held.enter_context(slots.slot("greedy", partial(ended.append, f"greedy {n}")))
        with pytest.raises(BusyError, match="all 4 cameras are taken"), slots.slot("greedy", print):
            pass
        held.enter_context(slots.slot("b", lambda: ended.append("b")))
        held.enter_context(slots.slot("c", lambda: ended.append("c")))
        assert ended == ["greedy 0", "greedy 1"]
        assert slots.taken == 4
        # "b" and "c" have fewer slots than "greedy", but not two fewer.
        with pytest.raises(BusyError), slots.slot("b", print):
            pass
        held.enter_context(slots.slot("d", print))
        assert ended == ["greedy 0", "greedy 1", "greedy 2"]
        with pytest.raises(BusyError), slots.slot("e", print):
            pass
    assert slots.taken == 0


async def run_weights(turns: WeightedTurns, work: list[tuple[str, int]]) -> list[str]:
    """Run tasks with the given holders and weights, and return the holders as their tasks end."""
    ended: list[str] = []

    async def one(holder: str, weight: int) -> None:
        async with turns.turn(holder, weight, patience=30):
            await asyncio.sleep(0)
            ended.append(holder)

    await asyncio.gather(*(one(*each) for each in work))
    return ended


def test_waiting_holders_take_turns() -> None:
    work = [("a", 10)] * 20 + [("b", 10)] * 2
    ended = asyncio.run(run_weights(WeightedTurns(10, share=10), work))
    # The first task of "a" started before "b" was waiting.
    assert ended[:5] == ["a", "a", "b", "a", "b"]


def test_task_heavier_than_the_share_of_a_holder_still_runs() -> None:
    ended = asyncio.run(run_weights(WeightedTurns(10, share=8), [("a", 1000), ("b", 2)]))
    assert sorted(ended) == ["a", "b"]


def test_task_that_waits_too_long_is_refused_and_gives_up_its_turn() -> None:
    turns = WeightedTurns(10, share=10)

    async def wait() -> None:
        async with turns.turn("b", 10, patience=0.01):
            raise AssertionError

    async def run() -> None:
        async with turns.turn("a", 10, patience=1):
            with pytest.raises(BusyError):
                await wait()
            cancelled = asyncio.ensure_future(wait())
            await asyncio.sleep(0)
            cancelled.cancel()
            await asyncio.gather(cancelled, return_exceptions=True)
        async with turns.turn("c", 10, patience=1):
            pass

    asyncio.run(run())
