from __future__ import annotations

import numpy as np
import pytest

from classes import showing
from roomread.readings import VALENCE, Expression
from roomread.room import Change, RoomMood
from roomread.room.stretches import fallen_stretches

HIGH, LOW = (float(VALENCE @ showing(e)) for e in (Expression.HAPPY, Expression.SAD))
SAD_FROM, SAD_UNTIL = 100.0, 200.0


def moods(end: int = 300) -> list[RoomMood]:
    """Return one mood a second of twenty people who are sad from 100 to 200 s."""
    return [
        RoomMood(
            float(second),
            20,
            20,
            showing(Expression.SAD if SAD_FROM <= second < SAD_UNTIL else Expression.HAPPY).astype(
                np.float64
            ),
        )
        for second in range(end)
    ]


def test_period_of_low_valence_lasts_from_the_fall_to_the_recovery() -> None:
    changes = [Change(SAD_FROM, HIGH, LOW), Change(SAD_UNTIL, LOW, HIGH)]
    (stretch,) = fallen_stretches(changes, moods())
    assert (stretch.start, stretch.end) == (SAD_FROM, SAD_UNTIL)
    assert stretch.before == HIGH
    assert stretch.during == pytest.approx(LOW)
    assert stretch.depth == pytest.approx(HIGH - LOW)
    assert stretch.share_below == 1.0


def test_period_of_low_valence_without_a_recovery_lasts_to_the_last_mood() -> None:
    (stretch,) = fallen_stretches([Change(SAD_FROM, HIGH, LOW)], moods(180))
    assert stretch.end == 179.0


def test_period_of_low_valence_continues_through_a_small_rise_and_a_deeper_fall() -> None:
    changes = [
        Change(100.0, 0.6, 0.0),
        Change(130.0, 0.0, 0.15),
        Change(160.0, 0.15, -0.4),
        Change(200.0, -0.4, 0.5),
    ]
    (stretch,) = fallen_stretches(changes, moods())
    assert (stretch.start, stretch.end) == (100.0, 200.0)


def test_deepest_period_of_low_valence_comes_first() -> None:
    changes = [
        Change(20.0, 0.9, 0.7),
        Change(60.0, 0.7, 0.9),
        Change(100.0, HIGH, LOW),
        Change(200.0, LOW, HIGH),
    ]
    assert [each.start for each in fallen_stretches(changes, moods())] == [100.0, 20.0]


def test_rise_without_an_earlier_fall_is_not_reported_as_a_period_of_low_valence() -> None:
    assert fallen_stretches([Change(100.0, LOW, HIGH)], moods()) == []
    assert fallen_stretches([], []) == []
