from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import arbitrary
from roomread.readings import VALENCE, Expression
from roomread.room import Change, RoomMood
from roomread.room.mood_columns import MoodColumns
from roomread.room.rounding import (
    MoodRounding,
    rounded_change,
    rounded_columns,
    rounded_moods,
    rounded_scores,
    rounded_value,
)

shares = arbitrary.probabilities.map(lambda p: p.astype(np.float64) / p.astype(np.float64).sum())


@given(shares)
def test_rounded_shares_are_multiples_of_five_percent_and_sum_to_one(exact: np.ndarray) -> None:
    rounded = rounded_scores(exact)
    steps = rounded / 0.05
    assert np.allclose(steps, np.rint(steps), atol=1e-9)
    assert rounded.sum() == pytest.approx(1, abs=1e-12)
    # The largest remainder moves no share by a whole step.
    assert np.abs(rounded - exact).max() < 0.05
    assert np.array_equal(rounded_scores(rounded), rounded)


@given(shares)
def test_rounding_reverses_the_order_of_two_shares_by_at_most_five_percent(
    exact: np.ndarray,
) -> None:
    rounded = rounded_scores(exact)
    order = np.argsort(exact)
    assert (np.diff(rounded[order]) >= -0.05 - 1e-9).all()
    assert rounded[int(exact.argmax())] >= rounded.max() - 0.05 - 1e-9


def moods_of(valences: list[float | None], *, every: float = 5.0) -> list[RoomMood]:
    """Return moods with the given shares of happy faces; None gives a mood without scores."""
    moods = []
    for number, happy in enumerate(valences):
        scores = np.zeros(7)
        if happy is not None:
            scores[Expression.HAPPY], scores[Expression.NEUTRAL] = happy, 1 - happy
        moods.append(
            RoomMood(number * every, 8, 8 if happy is not None else 3, None, 0.1234)
            if happy is None
            else RoomMood(number * every, 8, 8, scores, 0.1234)
        )
    return moods


@given(st.lists(st.none() | st.floats(0, 1), min_size=1, max_size=160))
def test_baseline_is_the_median_of_the_earlier_rounded_valences(happy: list[float | None]) -> None:
    rounded = rounded_moods(moods_of(happy))
    for mood in rounded:
        old = [
            (each.time, each.valence)
            for each in rounded
            if each.valence is not None and 60 <= mood.time - each.time <= 600
        ]
        known = bool(old) and old[-1][0] - old[0][0] >= 120
        expected = float(np.median([v for _, v in old])) if known else None
        assert mood.baseline == (pytest.approx(expected) if expected is not None else None)
        if mood.scores is not None:
            assert mood.valence == pytest.approx(float(VALENCE @ mood.scores))


def test_rounding_moods_one_by_one_equals_rounding_all_at_once() -> None:
    moods = moods_of([0.13, 0.42, None, 0.98] * 40)
    feed = MoodRounding(moods[:100])
    assert [feed.add(mood) for mood in moods[100:]] == rounded_moods(moods)[100:]


def test_mood_columns_are_rounded_to_the_same_values_as_moods(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("roomread.room.rounding._AT_ONCE", 7)
    generator = np.random.default_rng(4)
    happy = [None if value < 0.1 else float(value) for value in generator.random(400)]
    moods = [
        replace(mood, states={"bored": 0.33 * n / 400}, looking_away=n / 400)
        if mood.scores is not None
        else mood
        for n, mood in enumerate(moods_of(happy, every=2.0))
    ]
    rounded = rounded_columns(MoodColumns.of(moods))
    assert any(mood.baseline is not None for mood in rounded)
    assert rounded == rounded_moods(moods)


def test_valences_before_and_after_a_change_are_rounded_to_five_percent() -> None:
    assert rounded_change(Change(60.0, 0.312, -0.021)) == Change(60.0, 0.3, 0.0)
    assert rounded_value(-0.333) == -0.35


def test_shares_of_states_and_of_looking_away_are_shown_in_steps_of_five_percent() -> None:
    exact = RoomMood(1.0, 7, 7, np.full(7, 1 / 7), states={"bored": 3 / 7}, looking_away=2 / 7)
    (shown,) = rounded_moods([exact])
    assert shown.states == {"bored": 0.45}
    assert shown.looking_away == 0.3
