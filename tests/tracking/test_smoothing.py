from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomread.readings import (
    Box,
    Expression,
    Quality,
    Reading,
    Scores,
    StateScore,
    Unreadable,
)
from roomread.tracking import ScoreSmoother

HAPPY, SAD = Expression.HAPPY, Expression.SAD


def reading(expression: Expression | None, time: float, *, track_id: int | None = 1) -> Reading:
    scores = None
    if expression is not None:
        p = np.zeros(7, dtype=np.float32)
        p[expression] = 1
        scores = Scores(p, 0.3)
    reason = None if scores else Unreadable.BLURRED
    quality = Quality(100, 1, 0.5, 0.2, 1, None, reason)
    return Reading("clip", time, 0, Box(0, 0, 100, 100), 1.0, quality, scores, track_id)


def test_one_outlier_frame_does_not_change_the_label() -> None:
    smoother = ScoreSmoother()
    for n in range(10):
        smoother.update(reading(HAPPY, n / 25))
    assert smoother.update(reading(SAD, 10 / 25)).expression is HAPPY


def test_lasting_change_of_expression_is_shown_within_a_second() -> None:
    smoother = ScoreSmoother()
    smoother.update(reading(HAPPY, 0.0))
    last = [smoother.update(reading(SAD, n / 25)) for n in range(1, 26)][-1]
    assert last.expression is SAD


def test_smoothing_does_not_depend_on_the_frame_rate() -> None:
    slow, fast = ScoreSmoother(), ScoreSmoother()
    slow.update(reading(HAPPY, 0.0))
    fast.update(reading(HAPPY, 0.0))
    for n in range(1, 10):
        fast.update(reading(SAD, n / 20))
    a = fast.update(reading(SAD, 0.5)).scores
    b = slow.update(reading(SAD, 0.5)).scores
    assert a is not None
    assert b is not None
    np.testing.assert_allclose(a.probabilities, b.probabilities, atol=1e-5)


def test_tracks_are_smoothed_separately() -> None:
    smoother = ScoreSmoother()
    smoother.update(reading(HAPPY, 0.0, track_id=1))
    other = smoother.update(reading(SAD, 0.0, track_id=2))
    assert other.scores is not None
    assert other.scores[SAD] == 1


def test_unreadable_face_gets_no_scores_from_earlier_frames() -> None:
    smoother = ScoreSmoother()
    smoother.update(reading(HAPPY, 0.0))
    assert smoother.update(reading(None, 0.04)).scores is None


def test_reading_without_a_track_is_not_smoothed() -> None:
    smoother = ScoreSmoother()
    smoother.update(reading(HAPPY, 0.0, track_id=None))
    alone = smoother.update(reading(SAD, 0.01, track_id=None))
    assert alone.expression is SAD


def test_smoothing_restarts_after_a_long_gap() -> None:
    smoother = ScoreSmoother()
    smoother.update(reading(HAPPY, 0.0))
    later = smoother.update(reading(SAD, 60.0))
    assert later.scores is not None
    assert later.scores[SAD] == 1


@given(st.lists(st.tuples(st.sampled_from(Expression), st.floats(0, 3)), max_size=20))
def test_smoothed_scores_are_probabilities(steps: list[tuple[Expression, float]]) -> None:
    smoother, time = ScoreSmoother(), 0.0
    for expression, gap in steps:
        time += gap
        scores = smoother.update(reading(expression, time)).scores
        assert scores is not None
        assert scores.probabilities.sum() == pytest.approx(1, abs=1e-5)
        assert (scores.probabilities >= 0).all()


def test_memory_does_not_grow_with_people_who_left() -> None:
    smoother = ScoreSmoother()
    for n in range(200):
        smoother.update(reading(HAPPY, n * 1.0, track_id=n))
    assert len(smoother._states) <= 3


def test_taught_state_in_a_single_frame_is_hidden_and_a_lasting_state_is_shown() -> None:
    smoother = ScoreSmoother()
    for n in range(10):
        seen = replace(reading(SAD, n / 25), states=(StateScore("bored", 0.5, 0.98),))
        smoother.update(seen)
    odd = replace(reading(SAD, 10 / 25), states=(StateScore("bored", 1.0, 0.98),))
    assert smoother.update(odd).shown_states == []
    for n in range(11, 60):
        last = smoother.update(replace(odd, time=n / 25))
    assert last.shown_states == ["bored"]
