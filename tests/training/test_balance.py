from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fer_files import tiny_fer, with_clear_votes
from roomread import classifier
from roomread.classifier import ExpressionClassifier, open_model
from roomread.errors import DataError
from roomread.readings import Expression
from roomread.training.balance import Measures, balance_head, measure
from roomread.training.dataset import VOTE_NAMES, FerData
from roomread.training.refit import write_head

BUNDLED = Path(classifier.__file__).parent / "bundled" / "compact.onnx"


def mild() -> FerData:
    """Return pictures with clear votes, where a third of the angry pictures is called neutral."""
    data = with_clear_votes(tiny_fer(each=24))
    assert data.votes is not None
    votes = data.votes.copy()
    called = np.flatnonzero(data.labels == Expression.ANGRY)[::3]
    votes[called] = 0
    votes[called, VOTE_NAMES.index("neutral")] = 10
    return replace(data, votes=votes)


def test_fraction_of_mild_anger_disgust_and_fear_predicted_as_neutral_is_measured() -> None:
    labels = np.array([0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 0])
    majority = np.array([0, 1, 2, 3, 4, 5, 6, 6, 6, 6, -1])
    predictions = np.array([0, 1, 2, 3, 4, 5, 6, 6, 6, 2, 0])
    found = measure(predictions, majority, labels)
    assert found.called_neutral == pytest.approx(2 / 3)
    assert found.accuracy == pytest.approx(9 / 10)
    assert found.recall == pytest.approx((6 + 3 / 4) / 7)
    assert found.label_recall == pytest.approx((2 / 3 + 1 / 2 + 1 + 4) / 7)


def test_balance_score_rises_with_recall_and_falls_with_faces_misread_as_neutral() -> None:
    plain = Measures(0.8, 0.7, 0.5, 0.8)
    assert plain._replace(called_neutral=0.6).balance > plain.balance
    assert plain._replace(label_recall=0.6).balance > plain.balance


def test_measuring_a_head_without_pictures_of_an_expression_is_refused() -> None:
    predictions = np.array([0, 1, 2, 3, 4, 5])
    with pytest.raises(DataError, match="no picture of 'neutral'"):
        measure(predictions, predictions, predictions)


def test_balancing_a_head_improves_its_balance_score_within_the_allowed_loss_of_accuracy() -> None:
    found = balance_head(open_model(BUNDLED), mild(), lose=2.0)
    before, after = found.chosen_on
    assert after.balance >= before.balance
    assert after.accuracy >= before.accuracy - 0.02 - 1e-9
    assert found.card["share_of_label_head"] == found.share
    assert 0 <= found.threshold < 1


def test_model_file_of_a_balanced_head_outputs_the_shifted_logits(tmp_path: Path) -> None:
    data, before = mild(), open_model(BUNDLED)
    found = balance_head(before, data, lose=2.0)
    card = replace(before.card, temperature=found.temperature, refit=found.card)
    after = write_head(BUNDLED, found.head, card, data, tmp_path / "balanced.onnx")
    features = ExpressionClassifier(before).predict(data.images).features
    logits = ExpressionClassifier(after).predict(data.images).logits
    np.testing.assert_allclose(logits, found.head.logits(features), atol=1e-3)
    assert after.card.refit == found.card


def test_data_without_votes_is_refused() -> None:
    with pytest.raises(DataError, match=r"FER\+ votes"):
        balance_head(open_model(BUNDLED), tiny_fer(), lose=1.0)
