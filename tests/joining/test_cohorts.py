from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from roomread.joining import COHORT, Cohorts


def cohorts() -> Cohorts:
    return Cohorts(Random(0))  # noqa: S311


def people(*numbers: int) -> frozenset[int]:
    return frozenset(numbers)


def test_no_person_counts_in_the_mood_until_there_are_five_people() -> None:
    room = cohorts()
    room.update(0.0, people(1, 2, 3, 4))
    assert room.counted == people()
    assert room.update(1.0, people(1, 2, 3, 4, 5)) == people(1, 2, 3, 4, 5)
    assert room.counted == people(1, 2, 3, 4, 5)
    assert not room.withheld


def test_newcomers_count_in_the_mood_only_once_there_are_five_newcomers() -> None:
    room = cohorts()
    room.update(0.0, people(*range(5)))
    for now in (10.0, 31.0, 99.0):
        room.update(now, people(*range(9)))
        assert room.counted == people(*range(5))
    assert room.update(100.0, people(*range(10))) == people(*range(5, 10))
    assert room.counted == people(*range(10))


def test_five_newcomers_count_in_the_mood_half_a_minute_after_the_last_change() -> None:
    room = cohorts()
    room.update(0.0, people(*range(5)))
    room.update(29.0, people(*range(10)))
    assert room.counted == people(*range(5))
    room.update(30.0, people(*range(10)))
    assert room.counted == people(*range(10))


def test_person_who_leaves_is_excluded_at_once_and_four_other_people_after_30_seconds() -> None:
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
    # The returning person and the four who were left out are five, so all of them count again.
    room.update(120.0, people(*range(12)))
    assert room.counted == people(*range(12))


def test_mood_is_shown_again_after_half_a_minute_if_a_person_left_and_returned() -> None:
    room = cohorts()
    room.update(0.0, people(*range(7)))
    room.update(50.0, people(*range(6)))
    room.update(60.0, people(*range(7)))
    assert room.withheld
    assert room.update(80.0, people(*range(7))) == people(6)
    assert not room.withheld
    assert room.counted == people(*range(7))


def test_room_of_seven_people_shows_no_mood_while_one_person_is_away() -> None:
    room = cohorts()
    room.update(0.0, people(*range(7)))
    for now in range(50, 400, 10):
        room.update(float(now), people(*range(6)))
        assert room.withheld


def test_six_newcomers_count_in_the_mood_after_everyone_else_has_left() -> None:
    room = cohorts()
    room.update(0.0, people(*range(6)))
    room.update(40.0, people())
    room.update(80.0, people())
    assert not room.withheld
    room.update(120.0, people(*range(10, 16)))
    assert room.counted == people(*range(10, 16))


def test_newcomer_does_not_replace_a_person_who_left_less_than_ten_minutes_ago() -> None:
    room = cohorts()
    room.update(0.0, people(*range(12)))
    for now in range(50, 600, 10):
        # One person has left and four are left out, who would be five with the newcomer.
        room.update(float(now), people(*range(1, 12), *((99,) if now > 100 else ())))
        assert 99 not in room.counted
    assert not room.withheld
    assert len(room.counted) == 7
    # The last mood with the person who left is now ten minutes old.
    room.update(660.0, people(*range(1, 12), 99))
    assert room.counted == people(*range(1, 12), 99)


def test_five_of_six_earlier_people_do_not_count_if_they_return_within_ten_minutes() -> None:
    room = cohorts()
    room.update(0.0, people(*range(6)))
    room.update(40.0, people())
    room.update(80.0, people())
    for now in range(120, 600, 40):
        room.update(float(now), people(*range(5)))
        assert room.counted == people()
    room.update(600.0, people(*range(6)))
    assert room.counted == people(*range(6))


@given(
    st.lists(
        st.tuples(st.floats(0.5, 200), st.frozensets(st.integers(1, 14))), min_size=1, max_size=60
    ),
    st.integers(0, 99),
)
def test_two_moods_within_ten_minutes_differ_by_zero_or_at_least_five_people(
    steps: list[tuple[float, frozenset[int]]], seed: int
) -> None:
    room, now = Cohorts(Random(seed)), 0.0  # noqa: S311
    shown: list[tuple[float, frozenset[int]]] = []
    for pause, able in steps:
        now += pause
        before = room.counted
        changed = room.update(now, able)
        assert room.counted <= able
        assert before ^ room.counted <= changed
        if room.withheld or not room.counted:
            continue
        assert len(room.counted) >= COHORT
        for time, earlier in shown:
            if now - time <= 600:
                for side in (earlier - room.counted, room.counted - earlier):
                    assert len(side) == 0 or len(side) >= COHORT
        shown.append((now, room.counted))
