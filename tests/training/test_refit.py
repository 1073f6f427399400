from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import onnx
import pytest

from fer_files import tiny_fer, with_clear_votes
from roomread import classifier
from roomread.classifier import ExpressionClassifier, open_model
from roomread.errors import DataError
from roomread.fewshot.feature_statistics import FEATURE_STATISTICS_KEY
from roomread.training.evaluate import score
from roomread.training.refit import (
    HalfResult,
    LinearHead,
    Refit,
    fit_linear_head,
    refit_head,
    split_in_halves,
    write_refit,
)

BUNDLED = Path(classifier.__file__).parent / "bundled" / "compact.onnx"


def separable(n: int = 700) -> tuple[np.ndarray, np.ndarray]:
    """Return features [n, 9] with one direction per expression, on very different scales."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 7, n)
    features = rng.normal(0, 1, (n, 9))
    features[np.arange(n), labels] += 4
    return (features * np.logspace(-2, 2, 9)).astype(np.float32), labels


def test_linear_head_separates_classes_of_features_with_very_different_scales() -> None:
    features, labels = separable()
    head = fit_linear_head(features, labels, penalty=1.0)
    assert (head.logits(features).argmax(axis=1) == labels).mean() > 0.98


def test_stronger_penalty_gives_smaller_weights() -> None:
    features, labels = separable()
    weak, strong = (fit_linear_head(features, labels, c).logits(features) for c in (1.0, 1e-4))
    assert strong.std() < weak.std() / 2


def test_duplicates_of_a_picture_are_in_the_same_half_of_the_data() -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (40, 48, 48), dtype=np.uint8)
    first = split_in_halves(np.concatenate([pictures, pictures]))
    assert (first[:40] == first[40:]).all()
    assert 10 < first[:40].sum() < 30


def test_refit_settings_are_chosen_on_one_half_of_the_data_and_measured_on_the_other_half() -> None:
    data = with_clear_votes(tiny_fer(each=12))
    refit = refit_head(open_model("compact"), data, penalties=(0.1, 1.0))
    assert refit.penalty in (0.1, 1.0)
    chosen, other = refit.chosen_on.after, refit.confirmed_on.after
    assert len(chosen.labels) + len(other.labels) == 7 * 12
    # Each class has a brightness of its own, which the features contain but the net never learnt.
    assert chosen.accuracy.value > refit.chosen_on.before.accuracy.value
    assert "other half" in other.accuracy.signature


def test_refitting_without_votes_is_refused() -> None:
    with pytest.raises(DataError, match=r"FER\+ votes"):
        refit_head(open_model("compact"), tiny_fer())


def halves(before: list[int], after: list[int]) -> HalfResult:
    truth = np.array([0, 1, 2, 3, 4, 5, 6, 6])
    scored = [
        score("half", np.eye(7, dtype=np.float32)[predictions], truth, "made up")
        for predictions in (before, after)
    ]
    return HalfResult(*scored)


WORSE, BETTER = [0, 1, 2, 3, 4, 5, 6, 0], [0, 1, 2, 3, 4, 5, 6, 6]
# As accurate as `WORSE`, but one expression is never predicted.
ONE_SIDED = [0, 1, 2, 3, 4, 6, 6, 6]


@pytest.mark.parametrize(
    ("before", "after", "confirmed"),
    [(WORSE, BETTER, True), (BETTER, WORSE, False), (WORSE, ONE_SIDED, False)],
)
def test_refitted_head_is_confirmed_only_if_it_is_better_on_the_half_not_used_for_choosing(
    before: list[int], after: list[int], *, confirmed: bool
) -> None:
    head = LinearHead(np.zeros((7, 4), np.float32), np.zeros(7, np.float32))
    refit = Refit(head, 1.0, 0.0, 1.0, 0.4, halves(WORSE, BETTER), halves(before, after))
    assert refit.is_confirmed is confirmed


def test_written_model_file_has_the_new_head_and_keeps_the_other_head(tmp_path: Path) -> None:
    data = with_clear_votes(tiny_fer(each=12))
    before = open_model(BUNDLED)
    refit = refit_head(before, data, penalties=(1.0,))
    after = write_refit(BUNDLED, refit, data, tmp_path / "refit.onnx")

    features = ExpressionClassifier(before).predict(data.images).features
    predictions = ExpressionClassifier(after).predict(data.images)
    np.testing.assert_array_equal(predictions.features, features)
    np.testing.assert_allclose(predictions.logits, refit.head.logits(features), atol=1e-4)
    faces = {"faces": data.images[:, None]}
    (kept,), (same,) = (m.session.run(["logits_fer2013"], faces) for m in (before, after))
    np.testing.assert_array_equal(kept, same)

    assert after.card.refit == {"penalty": 1.0, "chosen_on": "half of PublicTest"}
    assert after.card.temperature == refit.temperature
    assert after.card.temperature_fer2013 == before.card.temperature_fer2013
    assert "FER+ majority, official: accuracy" in after.card.figures
    # Statistics of the old head's logits must not describe the new one.
    metadata = {entry.key for entry in onnx.load(tmp_path / "refit.onnx").metadata_props}
    assert FEATURE_STATISTICS_KEY not in metadata
    names = [weight.name for weight in onnx.load(tmp_path / "refit.onnx").graph.initializer]
    assert not [name for name in names if re.match(r"net\.head\.", name)]
