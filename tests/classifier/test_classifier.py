from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from roomread.classifier import ExpressionClassifier, Head, open_model, softmax
from roomread.errors import ModelFileError

CLASSIFIER = ExpressionClassifier()


def noise(n: int) -> np.ndarray:
    return np.random.default_rng(n).integers(0, 256, (n, 48, 48), dtype=np.uint8)


def test_scores_are_probabilities_with_the_threshold_of_the_model_card() -> None:
    for scores in CLASSIFIER.classify(noise(3)):
        assert scores.probabilities.shape == (7,)
        assert scores.probabilities.sum() == pytest.approx(1, abs=1e-5)
        assert scores.threshold == CLASSIFIER.threshold


def test_batch_gives_the_same_result_as_single_pictures() -> None:
    crops = noise(70)  # more than one batch
    together = CLASSIFIER.classify(crops)
    for i in (0, 63, 64, 69):
        (alone,) = CLASSIFIER.classify(crops[i : i + 1])
        np.testing.assert_allclose(alone.probabilities, together[i].probabilities, atol=1e-5)


def test_empty_batch_of_crops_gives_no_scores() -> None:
    assert CLASSIFIER.classify(np.empty((0, 48, 48), np.uint8)) == []
    assert CLASSIFIER.predict(np.empty((0, 48, 48), np.uint8)).features.shape[0] == 0


def test_features_are_finite_with_one_row_per_face() -> None:
    predictions = CLASSIFIER.predict(noise(4))
    assert predictions.features.shape[0] == 4
    assert np.isfinite(predictions.features).all()


def test_each_head_returns_its_own_calibrated_probabilities() -> None:
    crops, card = noise(5), CLASSIFIER.model.card
    output = CLASSIFIER.predict(crops)
    taggers = softmax(output.logits, temperature=card.temperature)
    label = softmax(output.logits_fer2013, temperature=card.temperature_fer2013)
    assert np.abs(taggers - label).max() > 0.05
    both = (taggers + label) / 2
    expected: dict[Head, np.ndarray] = {
        Head.TAGGERS: taggers,
        Head.LABEL: label,
        Head.BOTH: both,
    }
    for head, probabilities in expected.items():
        scores = CLASSIFIER.with_head(head).classify(crops)
        np.testing.assert_allclose([s.probabilities for s in scores], probabilities, atol=1e-5)
    assert CLASSIFIER.head is Head.TAGGERS


def test_head_that_the_net_does_not_have_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    model = open_model()
    monkeypatch.setattr(type(model), "has_fer2013_head", False)
    assert ExpressionClassifier(model).head is Head.TAGGERS
    with pytest.raises(ModelFileError, match="has no head 'label'"):
        ExpressionClassifier(model, head=Head.LABEL)


@pytest.mark.parametrize("shape", [(2, 32, 32), (2, 48, 48, 3), (48, 48)])
def test_crops_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="crops are"):
        CLASSIFIER.predict(np.zeros(shape, np.uint8))


def test_float_crops_are_refused() -> None:
    with pytest.raises(ValueError, match="float32"):
        CLASSIFIER.predict(np.zeros((1, 48, 48), np.float32))


@given(hnp.arrays(np.float32, (3, 7), elements=st.floats(-80, 80, width=32)), st.floats(0.05, 20))
def test_softmax_sums_to_one_and_keeps_the_most_probable_class(
    logits: np.ndarray, temperature: float
) -> None:
    p = softmax(logits, temperature=temperature)
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-5)
    assert (p[np.arange(3), logits.argmax(axis=1)] >= p.max(axis=1) - 1e-6).all()
