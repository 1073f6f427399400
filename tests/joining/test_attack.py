"""No mood of a room lets an onlooker compute what one person showed."""

from __future__ import annotations

import pytest

from joining_attack import EVENTS, rates


@pytest.mark.parametrize(
    ("event", "people", "lessons"),
    [
        ("leaves", 12, 40),
        ("is replaced", 12, 40),
        *(
            pytest.param(event, people, 400, marks=pytest.mark.sweep)
            for event in EVENTS
            for people in (6, 12, 28)
        ),
    ],
)
def test_onlooker_guesses_an_expression_at_most_5_percentage_points_better_than_chance(
    event: str, people: int, lessons: int
) -> None:
    assert rates(event, people=people, lessons=lessons).gain <= 0.05


@pytest.mark.parametrize(
    "event", ["joins", *(pytest.param(event, marks=pytest.mark.sweep) for event in EVENTS[1:])]
)
def test_onlooker_guesses_an_expression_if_people_are_not_counted_in_groups_of_five(
    event: str,
) -> None:
    assert rates(event, people=12, lessons=200, cohorts=False).gain > 0.1
