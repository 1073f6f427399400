from __future__ import annotations

import numpy as np
import pytest

from roomread.classifier import softmax
from roomread.training.calibrate import abstention_threshold, calibrate, fit_tau, fit_temperature


def one_hot(labels: list[int], confidence: float = 0.94) -> np.ndarray:
    p = np.full((len(labels), 7), (1 - confidence) / 6, dtype=np.float32)
    p[np.arange(len(labels)), labels] = confidence
    return p


@pytest.mark.parametrize("temperature", [0.4, 1.0, 2.5])
def test_fitted_temperature_recovers_the_scale_of_the_logits(temperature: float) -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (6000, 7)).astype(np.float32)
    p = softmax(logits)
    labels = np.array([rng.choice(7, p=row / row.sum()) for row in p.astype(np.float64)])
    assert fit_temperature(logits * np.float32(temperature), labels) == pytest.approx(
        temperature, rel=0.08
    )


def test_threshold_is_the_confidence_at_which_half_of_the_predictions_are_wrong() -> None:
    rng = np.random.default_rng(0)
    confidence = rng.uniform(1 / 7, 1, 20_000)
    right = rng.random(20_000) < confidence
    p = np.stack([one_hot([0], c)[0] for c in confidence])
    labels = np.where(right, 0, 1)
    assert abstention_threshold(p, labels) == pytest.approx(0.5, abs=0.06)


def test_net_without_errors_never_abstains() -> None:
    assert abstention_threshold(one_hot([0] * 300), np.zeros(300, np.int64)) == 0


def test_tau_corrects_logits_for_a_skewed_class_prior() -> None:
    rng = np.random.default_rng(0)
    prior = np.array([0.02, 0.16, 0.16, 0.16, 0.16, 0.17, 0.17], np.float32)
    labels = rng.choice(7, 4000, p=prior / prior.sum())
    evidence = rng.normal(0, 1, (4000, 7)) + 2.5 * np.eye(7)[labels]
    # Logits that favour frequent classes too much, and logits that do not.
    leaning = (evidence + 1.5 * np.log(prior)).astype(np.float32)
    assert fit_tau(leaning, labels, prior) > 0.5
    assert fit_tau((evidence - 0.5 * np.log(prior)).astype(np.float32), labels, prior) == 0


def test_calibration_returns_the_temperature_and_the_threshold_of_scaled_probabilities() -> None:
    rng = np.random.default_rng(1)
    logits = rng.normal(0, 2, (2000, 7)).astype(np.float32)
    labels = np.where(rng.random(2000) < 0.6, logits.argmax(axis=1), rng.integers(0, 7, 2000))
    temperature, threshold = calibrate(logits, labels)
    assert temperature == round(fit_temperature(logits, labels), 4)
    scaled = softmax(logits, temperature=temperature)
    assert threshold == pytest.approx(abstention_threshold(scaled, labels), abs=0.001)
    assert 0 < threshold < 1
