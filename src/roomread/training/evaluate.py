"""Evaluate a model file; every measured value states the data on which it was measured."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torchmetrics.functional.classification import (
    multiclass_calibration_error,
    multiclass_confusion_matrix,
    multiclass_f1_score,
    multiclass_recall,
)

from roomread._version import __version__
from roomread.classifier import ModelFile, softmax
from roomread.errors import DataError
from roomread.readings import Expression
from roomread.training.dataset import (
    FerData,
    Split,
    ferplus_label,
    seen_in_training,
    vote_majority,
)

# Names of the truths with which a head can be compared.
LABEL = "FER-2013 label"
MAJORITY = "FER+ majority"
AUTHORS_RULE = "FER+ authors' rule"

_BATCH = 256
_BINS = 15


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured value and the data that it was measured on.

    Attributes:
        value: the value, 0..1.
        margin: half the width of the value's 95 % interval; None if no interval was computed.
        signature: a text that identifies data, rows, head, model and version.
    """

    value: float
    margin: float | None
    signature: str

    def __str__(self) -> str:
        return f"{self.short} | {self.signature}"

    @property
    def short(self) -> str:
        """The value with its interval, without the signature."""
        margin = f" ± {self.margin:.3f}" if self.margin is not None else ""
        return f"{self.value:.3f}{margin}"


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """The predictions of one head compared with the true labels of a set of pictures.

    Attributes:
        name: the name of the comparison, as it is printed.
        labels: the truth, int64 [N]: an `Expression`, or `dataset.CONTEMPT`, which no head can
            predict.
        probabilities: the head's probabilities after the temperature, float32 [N, 7].
        accuracy: the accuracy with its 95 % interval (Wilson 1927).
        macro_f1: the mean F1 of the seven expressions, or of those that the truth contains.
        ece: expected calibration error, 15 bins (Naeini et al. 2015), after the temperature.
        ece_before: the expected calibration error without the temperature.
        recall: the recall of each expression, 0..1.
        confusion: int64 [7, 7], truth by row, without pictures of contempt.
    """

    name: str
    labels: NDArray[np.int64]
    probabilities: NDArray[np.float32]
    accuracy: Figure
    macro_f1: Figure
    ece: Figure
    ece_before: Figure
    recall: dict[Expression, float]
    confusion: NDArray[np.int64]

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as plain data, ready for JSON, without data of single pictures."""
        return {
            "name": self.name,
            "accuracy": self.accuracy.value,
            "accuracy_margin": self.accuracy.margin,
            "macro_f1": self.macro_f1.value,
            "ece": self.ece.value,
            "ece_before_temperature": self.ece_before.value,
            "recall": {e.display_name: value for e, value in self.recall.items()},
            "confusion": self.confusion.tolist(),
            "signature": self.accuracy.signature,
        }

    def coverage(self, points: int = 50) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the accuracy on the most confident pictures, for several fractions of the set.

        El-Yaniv and Wiener 2010, "On the Foundations of Noise-free Selective Classification".

        Returns:
            The fractions [points], in equal steps from 1/`points` to 1, and the accuracy on each.
        """
        order = np.argsort(-self.probabilities.max(axis=1), kind="stable")
        right = (self.probabilities.argmax(axis=1) == self.labels)[order]
        counts = np.ceil(np.linspace(1 / points, 1, points) * len(right)).astype(int)
        return counts / len(right), np.cumsum(right)[counts - 1] / counts

    def reliability(self) -> list[tuple[float, float, int]]:
        """Return the mean confidence, the accuracy and the number of pictures in each bin.

        The bins divide the confidence 0..1 into 15 equal parts. Empty bins are omitted.
        """
        confidence = self.probabilities.max(axis=1)
        right = self.probabilities.argmax(axis=1) == self.labels
        bins = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
        return [
            (float(confidence[bins == b].mean()), float(right[bins == b].mean()), int(n))
            for b, n in enumerate(np.bincount(bins, minlength=_BINS))
            if n
        ]


def wilson_margin(share: float, n: int) -> float:
    """Return half the width of the 95 % interval of a proportion of n samples (Wilson 1927)."""
    z = 1.959964
    return z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + (z / (2 * n)) ** 2)


Logits = dict[str, NDArray[np.float32]]


def predict(model: ModelFile, images: NDArray[np.uint8]) -> Logits:
    """Return the logits float32 [N, 7] of every head for pictures uint8 [N, 48, 48]."""
    heads = ["logits", "logits_fer2013"] if model.has_fer2013_head else ["logits"]
    parts = [
        model.session.run(heads, {"faces": images[start : start + _BATCH, None]})
        for start in range(0, len(images), _BATCH)
    ]
    return {head: np.concatenate([part[i] for part in parts]) for i, head in enumerate(heads)}


def fer2013_head(model: ModelFile) -> str:
    """Return the name of the output that is compared with FER-2013's labels."""
    return "logits_fer2013" if model.has_fer2013_head else "logits"


def probabilities(
    model: ModelFile, logits: Logits, *, fer2013: bool, calibrated: bool = True
) -> NDArray[np.float32]:
    """Return probabilities float32 [N, 7] of one head.

    Args:
        model: the model that computed the logits; its card has the temperatures.
        logits: as `predict` returned them.
        fer2013: whether to use the head for FER-2013's label, if there are two.
        calibrated: whether to divide by the card's temperature.
    """
    head = fer2013_head(model) if fer2013 else "logits"
    card = model.card
    temperature = card.temperature if head == "logits" else card.temperature_fer2013
    return softmax(logits[head], temperature=temperature if calibrated else 1.0)


def score(
    name: str,
    calibrated: NDArray[np.float32],
    labels: NDArray[np.int64],
    signature: str,
    *,
    uncalibrated: NDArray[np.float32] | None = None,
    count_absent: bool = True,
) -> Evaluation:
    """Compare probabilities [N, 7] with labels [N], as in `Evaluation`.

    Args:
        name: see `Evaluation`.
        calibrated: the probabilities after the temperature.
        labels: the truth.
        signature: the signature of the figures, to which the number of pictures is added.
        uncalibrated: the probabilities without the temperature; None if they are the same.
        count_absent: whether an expression that the truth does not contain counts as F1 = 0.

    Raises:
        DataError: there are no pictures.
    """
    n, classes = len(labels), len(Expression)
    if not n:
        raise DataError(
            f"{name}: has no pictures to evaluate on",
            hint="check that the data set contains the chosen split",
        )
    # Add a column of zeros for contempt, which no head predicts.
    p, y = _with_contempt(calibrated), torch.from_numpy(labels)
    raw = p if uncalibrated is None else _with_contempt(uncalibrated)
    signature = f"{signature} | n:{n}"
    accuracy = float((p.argmax(dim=1) == y).double().mean())
    recall = multiclass_recall(p, y, classes + 1, average="none")
    f1 = multiclass_f1_score(p, y, classes + 1, average="none")[:classes]
    if not count_absent:
        f1 = f1[torch.bincount(y, minlength=classes)[:classes] > 0]

    def figure(value: torch.Tensor) -> Figure:
        return Figure(float(value), None, signature)

    return Evaluation(
        name=name,
        labels=labels,
        probabilities=calibrated,
        accuracy=Figure(accuracy, wilson_margin(accuracy, n), signature),
        macro_f1=figure(f1.mean()),
        ece=figure(multiclass_calibration_error(p, y, classes + 1, n_bins=_BINS)),
        ece_before=figure(multiclass_calibration_error(raw, y, classes + 1, n_bins=_BINS)),
        recall={e: float(recall[e]) for e in Expression},
        confusion=multiclass_confusion_matrix(p, y, classes + 1).numpy()[:classes, :classes],
    )


def _with_contempt(probabilities: NDArray[np.float32]) -> torch.Tensor:
    return torch.nn.functional.pad(torch.from_numpy(probabilities), (0, 1))


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """The true labels of one split according to one rule.

    Attributes:
        name: `LABEL`, `MAJORITY` or `AUTHORS_RULE`.
        rows: bool [N], the pictures of the split that have this truth.
        labels: int64, the true labels of these pictures, as in `Evaluation`.
        clean: bool, False for each of these pictures that has a copy in Training.
    """

    name: str
    rows: NDArray[np.bool_]
    labels: NDArray[np.int64]
    clean: NDArray[np.bool_]

    @property
    def fer2013(self) -> bool:
        """Whether the labels are FER-2013's own, for which a net may have a second head."""
        return self.name == LABEL


def truths(data: FerData, split: Split) -> list[Truth]:
    """Return the true labels of a split according to each rule.

    The rules are FER-2013's label and, if the data has FER+ votes, the majority and the rule of
    FER+'s authors. A rule by which no picture has a label is omitted.
    """
    part = data.split(split)
    clean = ~seen_in_training(data)[data.splits == split]
    found = [Truth(LABEL, np.ones_like(clean), part.labels, clean)]
    if part.votes is not None:
        for name, rule in ((MAJORITY, vote_majority), (AUTHORS_RULE, ferplus_label)):
            labels = rule(part.votes)
            known = labels >= 0
            if known.any():
                found.append(Truth(name, known, labels[known], clean[known]))
    return found


def evaluate(
    model: ModelFile, data: FerData, split: Split, *, flip: bool = False
) -> list[Evaluation]:
    """Evaluate every head on the official split, and on its pictures without a copy in Training.

    Args:
        model: an opened model file.
        data: all splits; the Training split is needed to find copies.
        split: the split to measure on.
        flip: whether to average the logits of each picture and its mirror image (test-time
            augmentation).

    Raises:
        DataError: the split is empty.
    """
    images = data.split(split).images
    if not len(images):
        raise DataError(f"the data set has no {split.name} pictures to evaluate on")
    views = [images, np.ascontiguousarray(images[:, :, ::-1])] if flip else [images]
    logits = [predict(model, view) for view in views]
    results = []
    for truth in truths(data, split):
        p, raw = (
            _mean_probabilities(model, logits, truth, calibrated=calibrated)[truth.rows]
            for calibrated in (True, False)
        )
        head = fer2013_head(model) if truth.fer2013 else "logits"
        signature = (
            f"fer2013:{split.name} | head:{head} | tta:{'flip' if flip else 'none'} | "
            f"model:{model.digest} | seed:{model.card.seed} | v{__version__}"
        )
        parts: Mapping[str, NDArray[np.bool_]] = {
            "official": np.ones_like(truth.clean),
            "no copies": truth.clean,
        }
        for name, rows in parts.items():
            copies = "kept" if name == "official" else "dropped"
            results.append(
                score(
                    f"{truth.name}, {name}",
                    p[rows],
                    truth.labels[rows],
                    f"{signature} | copies:{copies}",
                    uncalibrated=raw[rows],
                )
            )
    return results


def _mean_probabilities(
    model: ModelFile, logits: list[Logits], truth: Truth, *, calibrated: bool
) -> NDArray[np.float32]:
    each = [probabilities(model, z, fer2013=truth.fer2013, calibrated=calibrated) for z in logits]
    mean: NDArray[np.float32] = np.mean(each, axis=0)
    return mean
