from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from roomread.classifier import ModelFile, open_model
from roomread.fewshot import FeatureStatistics, NotPreparedError, feature_statistics_of
from roomread.fewshot.feature_statistics import FEATURE_STATISTICS_KEY
from small_net import small_statistics


def test_net_without_feature_statistics_is_refused() -> None:
    session: Any = SimpleNamespace(get_metadata=dict)
    with pytest.raises(NotPreparedError, match="was not prepared for few-shot learning"):
        feature_statistics_of(replace(open_model(), session=session))


def test_feature_statistics_are_nearly_unchanged_after_writing_and_reading() -> None:
    statistics = feature_statistics_of(open_model())
    again = FeatureStatistics.from_json(statistics.to_json())
    assert np.allclose(again.covariance, statistics.covariance)
    assert np.allclose(again.covariance, again.covariance.T)
    assert again.share.sum() == pytest.approx(1)


def test_measured_statistics_are_the_means_of_each_expression() -> None:
    features = np.array([[2, 0], [0, 2], [4, 4]], np.float32)
    labels = np.array([0, 0, 3])
    logits = np.eye(7, dtype=np.float32)[labels]
    measured = FeatureStatistics.measure(features, logits, labels, data="made up")
    np.testing.assert_allclose(measured.mean, [2, 2])
    np.testing.assert_allclose(measured.share, np.array([2, 0, 0, 1, 0, 0, 0]) / 3)
    np.testing.assert_allclose(measured.logits[3], np.eye(7)[3])
    # An expression without a picture has zeros.
    assert not measured.prototypes[1].any()
    assert not measured.logits[1].any()
    np.testing.assert_allclose(measured.prototypes[3], [np.sqrt(0.5)] * 2)


def test_normalised_features_have_length_one_and_the_mean_has_length_zero() -> None:
    features = np.array([[3, 4, 0, 0], [0, 0, 0, 0]], np.float32)
    lengths = np.linalg.norm(small_statistics().normalise(features), axis=1)
    np.testing.assert_allclose(lengths, [1, 0])


def test_synthetic_features_of_ordinary_faces_are_the_same_in_every_call() -> None:
    first, again = small_statistics().ordinary(), small_statistics().ordinary()
    np.testing.assert_array_equal(first, again)
    np.testing.assert_allclose(np.linalg.norm(first, axis=1), 1)


def with_changed(name: str, change: Callable[[np.ndarray], None]) -> str:
    statistics = small_statistics()
    change(getattr(statistics, name))
    return statistics.to_json()


def not_a_number(values: np.ndarray) -> None:
    values.flat[0] = np.nan


def negative(values: np.ndarray) -> None:
    values[0] = -1


def nothing(values: np.ndarray) -> None:
    values[:] = 0


GOOD = json.loads(small_statistics().to_json())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        json.dumps(GOOD | {"mean": 3}),
        json.dumps(GOOD | {"mean": "%%%"}),
        json.dumps(GOOD | {"mean": ""}),
        json.dumps(GOOD | {"covariance": GOOD["mean"]}),
        with_changed("mean", not_a_number),
        with_changed("covariance", not_a_number),
        with_changed("share", negative),
        with_changed("share", nothing),
    ],
)
def test_error_for_damaged_statistics_names_the_model_file(text: str) -> None:
    session = SimpleNamespace(get_metadata=lambda: {FEATURE_STATISTICS_KEY: text})
    model = cast("ModelFile", SimpleNamespace(name="mine.onnx", session=session))
    with pytest.raises(NotPreparedError, match=r"mine\.onnx"):
        feature_statistics_of(model)
