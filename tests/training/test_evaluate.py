from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fer_files import SHARED_FER2013, tiny_fer
from roomread.classifier import open_model
from roomread.errors import DataError
from roomread.readings import Expression
from roomread.training.dataset import CONTEMPT, FerData, Split
from roomread.training.evaluate import Evaluation, evaluate, score, wilson_margin
from roomread.training.fer2013 import read_fer2013


def one_hot(labels: list[int], confidence: float = 0.94) -> np.ndarray:
    p = np.full((len(labels), 7), (1 - confidence) / 6, dtype=np.float32)
    p[np.arange(len(labels)), labels] = confidence
    return p


def test_metrics_of_known_predictions_equal_values_computed_by_hand() -> None:
    truth = np.array([0, 1, 2, 3, 4, 5, 6, 3])
    guesses = [0, 1, 2, 3, 4, 5, 6, 4]
    result = score("test", one_hot(guesses), truth, "made up")
    assert result.accuracy.value == pytest.approx(7 / 8)
    assert result.recall[Expression.HAPPY] == pytest.approx(0.5)
    assert result.confusion[Expression.HAPPY, Expression.SAD] == 1
    assert result.confusion.sum() == 8
    assert result.ece.value == pytest.approx(0.94 - 7 / 8, abs=1e-4)
    # Sad: one of two predictions is right; happy: one of two faces is found; the rest is perfect.
    assert result.macro_f1.value == pytest.approx((5 + 2 / 3 + 2 / 3) / 7, abs=1e-6)


def test_metric_is_printed_with_its_data_set_and_number_of_pictures() -> None:
    result = score("test", one_hot([0, 1]), np.array([0, 1]), "fer2013:PublicTest")
    assert "fer2013:PublicTest | n:2" in str(result.accuracy)


def test_wilson_margin_of_73_percent_of_3589_pictures_is_1_45_points() -> None:
    assert wilson_margin(0.73, 3589) == pytest.approx(0.0145, abs=2e-4)


@given(st.floats(0, 1), st.integers(1, 10_000))
def test_wilson_margin_narrows_with_more_pictures(share: float, n: int) -> None:
    assert wilson_margin(share, 4 * n) < wilson_margin(share, n) <= 1


def test_accuracy_without_copies_leaves_out_pictures_that_are_also_in_the_training_split() -> None:
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


def test_every_prediction_for_a_picture_of_contempt_counts_as_wrong() -> None:
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


def made_up(confidences: list[float], right: list[bool]) -> Evaluation:
    """Return the evaluation of predictions "angry" with these confidences, right or wrong."""
    p = np.zeros((len(right), 7), np.float32)
    p[:, 0] = confidences
    p[:, 6] = 1 - p[:, 0]
    labels = np.where(right, 0, 6)
    return score("test", p, labels, "made up")


def test_risk_coverage_curve_starts_with_the_most_confident_pictures() -> None:
    result = made_up([0.9, 0.6, 0.8, 0.7], [True, False, True, False])
    shares, accuracies = result.coverage(points=4)
    assert shares.tolist() == [0.25, 0.5, 0.75, 1.0]
    assert accuracies == pytest.approx([1, 1, 2 / 3, 1 / 2])


def test_reliability_curve_has_a_point_for_each_bin_with_pictures() -> None:
    result = made_up([0.91, 0.92, 0.61, 0.62], [True, True, True, False])
    points = result.reliability()
    assert [n for *_, n in points] == [2, 2]
    assert points[0][:2] == pytest.approx((0.615, 0.5), abs=1e-4)
    assert points[1][:2] == pytest.approx((0.915, 1.0), abs=1e-4)


def test_flip_evaluation_averages_each_picture_and_its_mirror_image_equally() -> None:
    data = tiny_fer(votes=True)
    model = open_model("compact")
    flipped = evaluate(model, data, Split.PublicTest, flip=True)[0]
    data.images[:] = data.images[:, :, ::-1]
    mirrored = evaluate(model, data, Split.PublicTest, flip=True)[0]
    np.testing.assert_allclose(flipped.probabilities, mirrored.probabilities, atol=1e-6)
    assert "tta:flip" in flipped.accuracy.signature


def test_empty_split_is_refused() -> None:
    data = tiny_fer()
    data = data.take(data.splits == Split.Training)
    with pytest.raises(DataError, match="no PrivateTest pictures"):
        evaluate(open_model("compact"), data, Split.PrivateTest)
