from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fer_files import SHARED_FER2013, tiny_fer
from roomread.classifier import open_model, softmax
from roomread.readings import Expression
from roomread.training.calibrate import abstention_threshold, fit_tau, fit_temperature
from roomread.training.dataset import CONTEMPT, FerData, Split
from roomread.training.evaluate import evaluate, score, wilson_margin
from roomread.training.fer2013 import read_fer2013


def one_hot(labels: list[int], confidence: float = 0.94) -> np.ndarray:
    p = np.full((len(labels), 7), (1 - confidence) / 6, dtype=np.float32)
    p[np.arange(len(labels)), labels] = confidence
    return p


def test_figures_equal_those_computed_by_hand_for_known_predictions() -> None:
    truth = np.array([0, 1, 2, 3, 4, 5, 6, 3])
    guesses = [0, 1, 2, 3, 4, 5, 6, 4]
    result = score("test", one_hot(guesses), truth, "made up")
    assert result.accuracy.value == pytest.approx(7 / 8)
    assert result.recall[Expression.HAPPY] == pytest.approx(0.5)
    assert result.confusion[Expression.HAPPY, Expression.SAD] == 1
    assert result.confusion.sum() == 8
    assert result.ece.value == pytest.approx(0.94 - 7 / 8, abs=1e-4)
    # Sad: one right of two calls; happy: one found of two; the others are perfect.
    assert result.macro_f1.value == pytest.approx((5 + 2 / 3 + 2 / 3) / 7, abs=1e-6)


def test_figure_is_printed_with_its_signature() -> None:
    result = score("test", one_hot([0, 1]), np.array([0, 1]), "fer2013:PublicTest")
    assert "fer2013:PublicTest | n:2" in str(result.accuracy)


def test_interval_of_the_official_test_equals_the_published_one() -> None:
    assert wilson_margin(0.73, 3589) == pytest.approx(0.0145, abs=2e-4)


@given(st.floats(0, 1), st.integers(1, 10_000))
def test_the_interval_narrows_with_more_pictures(share: float, n: int) -> None:
    assert wilson_margin(share, 4 * n) < wilson_margin(share, n) <= 1


@pytest.mark.parametrize("temperature", [0.4, 1.0, 2.5])
def test_fitted_temperature_is_the_one_that_scaled_the_logits(temperature: float) -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (6000, 7)).astype(np.float32)
    p = softmax(logits)
    labels = np.array([rng.choice(7, p=row / row.sum()) for row in p.astype(np.float64)])
    assert fit_temperature(logits * np.float32(temperature), labels) == pytest.approx(
        temperature, rel=0.08
    )


def test_threshold_is_the_confidence_at_which_half_the_labels_are_wrong() -> None:
    rng = np.random.default_rng(0)
    confidence = rng.uniform(1 / 7, 1, 20_000)
    right = rng.random(20_000) < confidence
    p = np.stack([one_hot([0], c)[0] for c in confidence])
    labels = np.where(right, 0, 1)
    assert abstention_threshold(p, labels) == pytest.approx(0.5, abs=0.06)


def test_net_without_errors_never_abstains() -> None:
    assert abstention_threshold(one_hot([0] * 300), np.zeros(300, np.int64)) == 0


def test_copies_of_training_pictures_are_left_out_of_the_clean_figure() -> None:
    data = tiny_fer(votes=True)
    images = data.images.copy()
    private = np.flatnonzero(data.splits == Split.PrivateTest)
    images[private[:4]] = images[:4]
    copied = FerData(images, data.labels, data.splits, data.votes, data.rows)
    official, clean, *seen = evaluate(open_model("compact"), copied, Split.PrivateTest)
    assert "n:14" in official.accuracy.signature
    assert "n:10" in clean.accuracy.signature
    assert [result.name for result in seen] == [
        "FER+ majority, official",
        "FER+ majority, no copies",
        "FER+ authors' rule, official",
        "FER+ authors' rule, no copies",
    ]


def test_contempt_is_counted_as_a_wrong_prediction() -> None:
    truth = np.array([Expression.HAPPY, Expression.SAD, CONTEMPT, CONTEMPT])
    result = score("test", one_hot([3, 4, 3, 6]), truth, "made up")
    assert result.accuracy.value == 0.5
    assert result.confusion.shape == (7, 7)
    assert result.confusion.sum() == 2
    # Happy: one right of two predictions; sad: perfect; the other five do not occur or are wrong.
    assert result.macro_f1.value == pytest.approx((2 / 3 + 1) / 7)
    assert result.ece.value == pytest.approx(0.94 - 0.5, abs=1e-4)


@pytest.mark.skipif(not SHARED_FER2013.exists(), reason="../shared/data is not here")
def test_the_bundled_model_reaches_69_percent_on_the_official_private_test() -> None:
    official, clean, *_ = evaluate(
        open_model("compact"), read_fer2013(SHARED_FER2013), Split.PrivateTest
    )
    assert official.accuracy.value >= 0.69
    assert clean.accuracy.value >= 0.67


def test_tau_corrects_logits_for_a_skewed_class_prior() -> None:
    rng = np.random.default_rng(0)
    prior = np.array([0.02, 0.16, 0.16, 0.16, 0.16, 0.17, 0.17], np.float32)
    labels = rng.choice(7, 4000, p=prior / prior.sum())
    evidence = rng.normal(0, 1, (4000, 7)) + 2.5 * np.eye(7)[labels]
    # A net that leans too much, and one that does not.
    leaning = (evidence + 1.5 * np.log(prior)).astype(np.float32)
    assert fit_tau(leaning, labels, prior) > 0.5
    assert fit_tau((evidence - 0.5 * np.log(prior)).astype(np.float32), labels, prior) == 0
