from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from roomread.joining import COHORT, Cohorts


def cohorts() -> Cohorts:
    return Cohorts(Random(0))  # noqa: S311


def people(*numbers: int) -> frozenset[int]:
    return frozenset(numbers)


def test_no_person_counts_until_five_can() -> None:
    room = cohorts()
    room.update(0.0, people(1, 2, 3, 4))
    assert room.counted == people()
    assert room.update(1.0, people(1, 2, 3, 4, 5)) == people(1, 2, 3, 4, 5)
    assert room.counted == people(1, 2, 3, 4, 5)
    assert not room.withheld


def test_newcomers_wait_until_they_are_five_and_half_a_minute_has_passed() -> None:
    room = cohorts()
    room.update(0.0, people(*range(5)))
    for now in (10.0, 31.0, 99.0):
        room.update(now, people(*range(9)))
        assert room.counted == people(*range(5))
    assert room.update(100.0, people(*range(10))) == people(*range(5, 10))
    assert room.counted == people(*range(10))


def test_five_newcomers_wait_for_half_a_minute_since_the_last_change() -> None:
    room = cohorts()
    room.update(0.0, people(*range(5)))
    room.update(29.0, people(*range(10)))
    assert room.counted == people(*range(5))
    room.update(30.0, people(*range(10)))
    assert room.counted == people(*range(10))


def test_person_who_stops_is_left_out_at_once_with_four_others() -> None:
    room = cohorts()
    room.update(0.0, people(*range(12)))
    assert room.update(50.0, people(*range(1, 12))) == people(0)
    assert room.withheld
    assert 0 not in room.counted
    room.update(79.0, people(*range(1, 12)))
    assert room.withheld
    changed = room.update(80.0, people(*range(1, 12)))
    assert not room.withheld
    assert len(changed) == 4
    assert len(room.counted) == 7
    # With the one who returns, those who rested are five.
    room.update(120.0, people(*range(12)))
    assert room.counted == people(*range(12))


def test_figure_of_the_same_people_goes_on_after_half_a_minute() -> None:
    room = cohorts()
    room.update(0.0, people(*range(7)))
    room.update(50.0, people(*range(6)))
    room.update(60.0, people(*range(7)))
    assert room.withheld
    assert room.update(80.0, people(*range(7))) == people(6)
    assert not room.withheld
    assert room.counted == people(*range(7))


def test_small_room_has_no_figure_while_one_is_away() -> None:
    room = cohorts()
    room.update(0.0, people(*range(7)))
    for now in range(50, 400, 10):
        room.update(float(now), people(*range(6)))
        assert room.withheld


def test_room_that_all_have_left_withholds_nothing() -> None:
    room = cohorts()
    room.update(0.0, people(*range(6)))
    room.update(40.0, people())
    room.update(80.0, people())
    assert not room.withheld
    room.update(120.0, people(*range(10, 16)))
    assert room.counted == people(*range(10, 16))


@given(st.lists(st.frozensets(st.integers(1, 14)), min_size=1, max_size=60), st.integers(0, 99))
def test_two_figures_in_a_row_differ_by_five_people_or_more_on_each_side(
    steps: list[frozenset[int]], seed: int
) -> None:
    room, last = Cohorts(Random(seed)), frozenset[int]()  # noqa: S311
    for number, able in enumerate(steps):
        before = room.counted
        changed = room.update(11.0 * number, able)
        assert room.counted <= able
        assert before ^ room.counted <= changed
        if room.withheld:
            continue
        assert len(room.counted) == 0 or len(room.counted) >= COHORT
        for side in (last - room.counted, room.counted - last):
            assert len(side) == 0 or len(side) >= COHORT
        last = room.counted
