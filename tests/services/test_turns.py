"""Holders take turns, and a newcomer gets a turn immediately."""

from __future__ import annotations

from functools import partial

from roomread.services.turns import FairTurns, Turn


def ask(turns: FairTurns, holder: str, came: list[str]) -> Turn:
    return turns.ask(holder, partial(came.append, holder))


def test_turns_per_holder_are_limited_so_that_a_newcomer_gets_a_turn_immediately() -> None:
    turns, came = FairTurns(2), list[str]()
    for _ in range(5):
        ask(turns, "greedy", came)
    assert came == ["greedy", "greedy"]
    ask(turns, "b", came)
    assert came == ["greedy", "greedy", "b"]


def test_returned_turn_goes_to_the_holder_with_the_fewest_turns() -> None:
    turns, came = FairTurns(1), list[str]()
    first = ask(turns, "greedy", came)
    second = ask(turns, "b", came)
    for _ in range(3):
        ask(turns, "greedy", came)
    waiting = ask(turns, "c", came)
    assert came == ["greedy", "b"]
    turns.leave(second)
    assert came[2:] == ["c"]
    turns.leave(first)
    assert came[3:] == ["greedy"]
    turns.leave(waiting)
    turns.leave(waiting)
    # "greedy" has its maximum of one turn, and no other holder waits.
    assert came[4:] == []


def test_abandoned_request_for_a_turn_is_not_granted() -> None:
    turns, came = FairTurns(1), list[str]()
    first = ask(turns, "a", came)
    gone = ask(turns, "a", came)
    ask(turns, "a", came)
    turns.leave(gone)
    turns.leave(first)
    assert came == ["a", "a"]


def test_other_holders_get_turns_while_one_holder_has_its_maximum_of_turns() -> None:
    turns, came = FairTurns(1, in_all=3), list[str]()
    for holder in ("greedy", "greedy", "b", "c", "d"):
        ask(turns, holder, came)
    assert came == ["greedy", "b", "c"]
