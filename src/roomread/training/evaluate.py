"""What a model file is worth, on which pictures, and how sure that figure is."""

from __future__ import annotations

import math
from dataclasses import dataclass

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
from roomread.readings import Expression
from roomread.training.dataset import FerData, Split, seen_in_training, vote_majority

_BATCH = 256


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured value that carries what it was measured on.

    Attributes:
        value: 0..1.
        margin: half the width of its 95 % interval; None where none was computed.
        signature: data, rows, head, model, version.
    """

    value: float
    margin: float | None
    signature: str

    def __str__(self) -> str:
        margin = f" ± {self.margin:.3f}" if self.margin is not None else ""
        return f"{self.value:.3f}{margin} | {self.signature}"


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """One head against one truth on one set of pictures.

    Attributes:
        name: what was compared, for people.
        accuracy: with its 95 % interval (Wilson 1927).
        macro_f1: the mean F1 of the seven classes.
        ece: expected calibration error, 15 bins (Naeini et al. 2015), after the temperature.
        recall: of each class, 0..1.
        confusion: int64 [7, 7], truth by row.
    """

    name: str
    accuracy: Figure
    macro_f1: Figure
    ece: Figure
    recall: dict[Expression, float]
    confusion: NDArray[np.int64]


def wilson_margin(share: float, n: int) -> float:
    """Half the width of the 95 % interval of a share of n (Wilson 1927)."""
    z = 1.959964
    return z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + (z / (2 * n)) ** 2)


def predict(model: ModelFile, images: NDArray[np.uint8], head: str) -> NDArray[np.float32]:
    """Logits float32 [N, 7] of one head for pictures uint8 [N, 48, 48]."""
    parts = [
        model.session.run([head], {"faces": images[start : start + _BATCH, None]})[0]
        for start in range(0, len(images), _BATCH)
    ]
    logits: NDArray[np.float32] = np.concatenate(parts)
    return logits


def score(
    name: str, probabilities: NDArray[np.float32], labels: NDArray[np.int64], signature: str
) -> Evaluation:
    """Compares probabilities [N, 7] with labels [N]."""
    p, y = torch.from_numpy(probabilities), torch.from_numpy(labels)
    n, classes = len(labels), len(Expression)
    signature = f"{signature} | n:{n}"
    accuracy = float((p.argmax(dim=1) == y).double().mean())
    recall = multiclass_recall(p, y, classes, average="none")
    return Evaluation(
        name,
        Figure(accuracy, wilson_margin(accuracy, n), signature),
        Figure(float(multiclass_f1_score(p, y, classes, average="macro")), None, signature),
        Figure(float(multiclass_calibration_error(p, y, classes, n_bins=15)), None, signature),
        {e: float(recall[e]) for e in Expression},
        multiclass_confusion_matrix(p, y, classes).numpy(),
    )


def evaluate(model: ModelFile, data: FerData, split: Split) -> list[Evaluation]:
    """Every head on the official split and on the part of it that Training holds no copy of.

    `logits_fer2013` (or the only head) is compared with FER-2013's labels; with FER+ votes at
    hand, `logits` with what most taggers saw, where that is one of the seven.
    """
    part = data.split(split)
    clean = ~seen_in_training(data)[data.splits == split]
    head = "logits_fer2013" if model.has_fer2013_head else "logits"
    results = _evaluate(model, head, "FER-2013 label", (part, part.labels, clean), split)
    if part.votes is not None:
        majority = vote_majority(part.votes)
        known = majority >= 0
        truth = (part.take(known), majority[known], clean[known])
        results += _evaluate(model, "logits", "FER+ majority", truth, split)
    return results


def _evaluate(
    model: ModelFile,
    head: str,
    truth: str,
    rows: tuple[FerData, NDArray[np.int64], NDArray[np.bool_]],
    split: Split,
) -> list[Evaluation]:
    part, labels, clean = rows
    card = model.card
    temperature = card.temperature if head == "logits" else card.temperature_fer2013
    probabilities = softmax(predict(model, part.images, head), temperature=temperature)
    signature = (
        f"fer2013:{split.name} | head:{head} | tta:none | model:{model.digest} | "
        f"seed:{card.seed} | v{__version__}"
    )
    return [
        score(f"{truth}, official", probabilities, labels, f"{signature} | copies:kept"),
        score(
            f"{truth}, no copies",
            probabilities[clean],
            labels[clean],
            f"{signature} | copies:dropped",
        ),
    ]
