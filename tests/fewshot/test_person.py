from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomread.fewshot.feature_statistics import FeatureStatistics
from roomread.fewshot.person import PersonOffset, learn

RNG = np.random.default_rng(0)
LABELS = np.repeat(np.arange(7), 4)
ORDINARY = 3 * np.eye(7)


def statistics() -> FeatureStatistics:
    """Return statistics of a net whose logit of the true class is three above the others."""
    return FeatureStatistics(
        np.zeros(4), np.zeros((7, 4)), ORDINARY, np.full(7, 1 / 7), np.eye(4), "none"
    )


def references(*, plainly: float, off: float = 0.0, noise: float = 0.3) -> np.ndarray:
    """Return logits [n, 7] of LABELS, scaled by `plainly`, with `off` added to neutral."""
    shown = plainly * ORDINARY[LABELS] + RNG.normal(0, noise, (len(LABELS), 7))
    shown[:, 6] += off
    return shown.astype(np.float32)


def test_logit_shift_learned_from_ten_references_is_shrunk_to_half() -> None:
    own = learn(statistics(), references(plainly=1, off=2)[-10:], LABELS[-10:], temperature=1.0)
    assert own.shift[6] == pytest.approx(1, abs=0.3)
    assert np.abs(own.shift[:6]).max() < 0.3


def test_subtle_references_lower_and_noisy_references_raise_the_temperature() -> None:
    subtle = learn(statistics(), references(plainly=0.4, noise=0.05), LABELS, temperature=1.0)
    assert subtle.temperature < 0.9
    confusing = learn(statistics(), references(plainly=1, noise=4), LABELS, temperature=1.0)
    assert confusing.temperature > 1.1


def test_temperature_stays_1_with_references_of_one_expression() -> None:
    neutral = np.full(6, 6)
    logits = (0.3 * ORDINARY[neutral]).astype(np.float32)
    assert learn(statistics(), logits, neutral, temperature=1.0).temperature == 1.0


def test_person_offset_learned_without_references_leaves_logits_unchanged() -> None:
    own = learn(statistics(), np.zeros((0, 7), np.float32), np.zeros(0, np.int64), temperature=1.0)
    logits = references(plainly=1)
    np.testing.assert_array_equal(own.apply(logits), logits)


@given(st.floats(0.37, 2.7), st.integers(0, 2**32 - 1))
def test_temperature_does_not_change_the_expression(temperature: float, seed: int) -> None:
    logits = np.random.default_rng(seed).normal(0, 3, (5, 7)).astype(np.float32)
    without, with_it = (PersonOffset(np.ones(7), t).apply(logits) for t in (1.0, temperature))
    np.testing.assert_array_equal(without.argmax(axis=1), with_it.argmax(axis=1))
