"""Measure the statistics of a net's features on ordinary faces, for few-shot learning."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray

from roomread.classifier import ExpressionClassifier, ModelFile, open_model
from roomread.fewshot import FeatureStatistics
from roomread.fewshot.feature_statistics import FEATURE_STATISTICS_KEY
from roomread.media import atomic_path
from roomread.readings import Expression
from roomread.training.dataset import FerData, Split, vote_majority


def seen_labels(data: FerData) -> NDArray[np.int64]:
    """Return each picture's FER+ majority, or FER-2013's label if the data has no votes.

    See `vote_majority`.
    """
    return vote_majority(data.votes) if data.votes is not None else data.labels


def withheld_from(model: ModelFile) -> list[Expression]:
    """Return the expressions that a net was trained without, according to its card."""
    names = model.card.training.get("withhold", ())
    return [e for e in Expression if e.display_name in names]


def measure_feature_statistics(model: ModelFile, data: FerData) -> FeatureStatistics:
    """Measure the feature statistics on the Training split, without withheld expressions."""
    part = data.split(Split.Training).faces_only().without(withheld_from(model))
    labels = seen_labels(part)
    part, labels = part.take(labels >= 0), labels[labels >= 0]
    predictions = ExpressionClassifier(model).predict(part.images)
    name = f"fer2013 {data.digest}"
    return FeatureStatistics.measure(predictions.features, predictions.logits, labels, data=name)


def prepare(path: Path, data: FerData) -> ModelFile:
    """Write the feature statistics into a model file, which is unchanged after an error.

    Raises:
        ModelFileError: `path` is not a model file.
        OutputError: `path` cannot be written.
    """
    statistics = measure_feature_statistics(open_model(path), data)
    proto = onnx.load(path)
    metadata = {entry.key: entry.value for entry in proto.metadata_props}
    onnx.helper.set_model_props(proto, metadata | {FEATURE_STATISTICS_KEY: statistics.to_json()})
    with atomic_path(path) as draft:
        onnx.save(proto, draft)
    return open_model(path)
