"""The faces from which episodes are drawn, with a net's outputs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from roomread.classifier import ExpressionClassifier, ModelFile
from roomread.fewshot.feature_statistics import FeatureStatistics, feature_statistics_of
from roomread.training.dataset import VOTE_NAMES, FerData, Split, find_copies
from roomread.training.feature_statistics import seen_labels


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """Faces with a net's outputs for them.

    Attributes:
        images: uint8 [N, 48, 48].
        labels: int64 [N], the expression with the most FER+ votes, or -1 if no single expression of
            the seven has the most votes; in a data set without votes, FER-2013's label.
        contempt: bool [N], whether most taggers chose contempt, which no head has.
        features: float32 [N, D].
        logits: float32 [N, 7].
        x: normalised features, float64 [N, D].
        statistics: the feature statistics of the net.
        temperature: the temperature of the net.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    contempt: NDArray[np.bool_]
    features: NDArray[np.float32]
    logits: NDArray[np.float32]
    x: NDArray[np.float64]
    statistics: FeatureStatistics
    temperature: float

    @classmethod
    def make(cls, model: ModelFile, data: FerData, split: Split) -> Pool:
        """Build the pool of a split, without copies of Training pictures or of earlier pictures."""
        keep = data.splits == split
        for group in find_copies(data):
            first_of_split = group.rows[0] if group.splits[0] is split else -1
            keep[[row for row in group.rows if row != first_of_split]] = False
        part = data.take(keep).faces_only()
        predictions = ExpressionClassifier(model).predict(part.images)
        statistics = feature_statistics_of(model)
        return cls(
            part.images,
            seen_labels(part),
            _saw_contempt(part),
            predictions.features,
            predictions.logits,
            statistics.normalise(predictions.features),
            statistics,
            model.card.temperature,
        )


def _saw_contempt(part: FerData) -> NDArray[np.bool_]:
    if part.votes is None:
        return np.zeros(len(part), dtype=bool)
    top = part.votes.max(axis=1, keepdims=True)
    alone = (part.votes == top).sum(axis=1) == 1
    saw: NDArray[np.bool_] = alone & (part.votes.argmax(axis=1) == VOTE_NAMES.index("contempt"))
    return saw
