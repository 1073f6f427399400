"""The mood of a class whose readings are right agrees with what its people show."""

from __future__ import annotations

import numpy as np
import pytest

from roomread.bench.known_class import (
    Shown,
    run_lesson,
    share_agreement,
    valence_agreement,
)
from roomread.readings import Box, Expression, Quality, Reading, Scores

HAPPY, SAD, NEUTRAL = Expression.HAPPY, Expression.SAD, Expression.NEUTRAL


def reading(expression: Expression) -> Reading:
    probabilities = np.full(7, 0.01, np.float32)
    probabilities[expression] = 0.94
    return Reading(
        source="made up",
        time=0.0,
        frame_index=0,
        box=Box(0, 0, 50, 50),
        detection_confidence=0.9,
        quality=Quality(50.0),
        scores=Scores(probabilities, 0.48),
    )


def chances(seconds: int, **shares: float) -> np.ndarray:
    row = np.zeros(7)
    for name, share in shares.items():
        row[Expression[name.upper()]] = share
    return np.tile(row, (seconds, 1))


RIGHT = [Shown(e, (reading(e), reading(e))) for e in (HAPPY, SAD, NEUTRAL)]
# Every smile is read as neutral.
BLIND = [Shown(e, (reading(NEUTRAL if e == HAPPY else e),)) for e in (HAPPY, SAD, NEUTRAL)]


def test_true_shares_of_a_correctly_read_class_are_within_the_reported_interval() -> None:
    lesson = run_lesson(RIGHT, chances(120, happy=0.5, neutral=0.3, sad=0.2))
    assert len(lesson.moods) == len(lesson.truth) > 100
    np.testing.assert_allclose(lesson.truth.sum(axis=1), 1)
    for found in (share_agreement(lesson, HAPPY), valence_agreement(lesson)):
        assert found.error < 0.08
        assert found.covered > 0.95
    assert lesson.alerts == []


def test_true_happy_share_is_outside_the_interval_if_smiles_are_read_as_neutral() -> None:
    lesson = run_lesson(BLIND, chances(60, happy=0.6, neutral=0.4))
    found = share_agreement(lesson, HAPPY)
    assert found.bias == pytest.approx(-found.error)
    assert found.error > 0.4
    assert found.covered < 0.1


def test_fall_of_the_valence_is_reported_once_after_it_happened() -> None:
    falls = np.concatenate(
        [chances(420, happy=0.7, neutral=0.3), chances(240, happy=0.1, neutral=0.4, sad=0.5)]
    )
    lesson = run_lesson(RIGHT, falls)
    assert len(lesson.alerts) == 1
    assert 420 < lesson.alerts[0] < 600


def test_faces_that_were_not_found_are_not_counted() -> None:
    pool = [Shown(HAPPY, (None,)), Shown(NEUTRAL, (reading(NEUTRAL),))]
    lesson = run_lesson(pool, chances(60, happy=0.5, neutral=0.5))
    assert max(mood.present for mood in lesson.moods) < 25
