"""No figure of a room lets an onlooker compute what one person showed."""

from __future__ import annotations

import pytest

from joining_attack import rates

OTHERS = ("joins", "pauses", "turns away", "reconnects")


@pytest.mark.parametrize(
    ("event", "people", "lessons"),
    [
        ("leaves", 12, 24),
        *(
            pytest.param(event, people, 150, marks=pytest.mark.sweep)
            for event in ("leaves", *OTHERS)
            for people in (12, 28)
        ),
    ],
)
def test_attack_finds_at_most_five_points_more_than_guessing(
    event: str, people: int, lessons: int
) -> None:
    found, guessed = rates(event, people=people, lessons=lessons)
    assert found <= guessed + 0.05


@pytest.mark.parametrize(
    "event", ["joins", *(pytest.param(event, marks=pytest.mark.sweep) for event in OTHERS[1:])]
)
def test_attack_succeeds_if_people_count_at_once(event: str) -> None:
    found, guessed = rates(event, people=12, lessons=24, cohorts=False)
    assert found > guessed + 0.1
