"""Balance the head `logits` between the majority of FER+ votes and FER-2013's own label.

The taggers of FER+ often call mild anger or fear neutral, and so does a head that learnt their
votes. Balancing adds a fraction of the logits of the head for FER-2013's label, favours rare
expressions, and shifts the bias of "neutral", at a small cost in accuracy.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from roomread.classifier import ExpressionClassifier, ModelFile
from roomread.errors import DataError
from roomread.readings import Expression
from roomread.training.calibrate import calibrate
from roomread.training.dataset import FerData, Split, vote_majority
from roomread.training.evaluate import predict
from roomread.training.refit import LinearHead, split_in_halves

# The settings to try: the fraction of the other head's logits, the strength of the logit
# adjustment, and the bias that is added to "neutral".
SHARES = (0.0, 0.1, 0.2, 0.3, 0.4)
TAUS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
NEUTRAL_BIASES = tuple(step / 10 for step in range(-2, 11))
# Labels of pictures that taggers often call neutral.
_MISTAKEN = (Expression.ANGRY, Expression.DISGUST, Expression.FEAR)


class Measures(NamedTuple):
    """The quality of a head on one set of pictures, all values 0..1.

    Attributes:
        accuracy: the fraction of pictures whose top expression is the FER+ majority.
        recall: the mean recall of the seven expressions, with the FER+ majority as truth.
        label_recall: the mean recall of the seven expressions, with FER-2013's label as truth.
        called_neutral: among the pictures whose label is angry, disgust or fear and whose FER+
            majority is neutral, the fraction for which the head predicts neutral.
    """

    accuracy: float
    recall: float
    label_recall: float
    called_neutral: float

    @property
    def balance(self) -> float:
        """The value that is maximised: recall plus label recall minus `called_neutral`."""
        return self.recall + self.label_recall - self.called_neutral


@dataclass(frozen=True, slots=True, eq=False)
class Balanced:
    """The result of balancing a head.

    Attributes:
        head: the new head.
        share: the fraction of `logits_fer2013` that is added to `logits`, 0..1.
        tau: the strength of the logit adjustment, see `calibrate.fit_tau`.
        neutral_bias: the bias that is added to the logit of "neutral".
        temperature: the temperature of the new head, fitted on PublicTest.
        threshold: the confidence below which the label of the new head is withheld, 0..1.
        chosen_on: the measures of the old and the new head on the half of PublicTest on which the
            settings were chosen.
        confirmed_on: the measures of both heads on the other half.
    """

    head: LinearHead
    share: float
    tau: float
    neutral_bias: float
    temperature: float
    threshold: float
    chosen_on: tuple[Measures, Measures]
    confirmed_on: tuple[Measures, Measures]

    @property
    def card(self) -> dict[str, float | str]:
        """The value of `ModelCard.refit` for the new head."""
        return {
            "share_of_label_head": self.share,
            "neutral_bias": self.neutral_bias,
            "chosen_on": "half of PublicTest",
        }


def balance_head(model: ModelFile, data: FerData, *, lose: float) -> Balanced:
    """Adjust the head `logits` for the highest `Measures.balance`; accuracy may fall by `lose`.

    The adjustment is chosen on one half of PublicTest and measured on the other half.

    Args:
        model: a model file with two heads.
        data: all splits, with FER+ votes.
        lose: the loss of accuracy against the FER+ majority that is allowed on the first half,
            percentage points.

    Raises:
        DataError: the net has only one head, the data has no FER+ votes, or an expression has no
            picture in Training or in one half of PublicTest.
    """
    if not model.has_fer2013_head:
        raise DataError(
            f"{model.name}: has one head, but balancing adds the logits of a second head",
            hint="use a model that was trained with FER+ votes",
        )
    public = data.split(Split.PublicTest)
    if public.votes is None or data.votes is None:
        raise DataError(
            "balancing a head needs FER+ votes, but the data set has none",
            hint="add the votes of fer2013new.csv",
        )
    majority = vote_majority(public.votes)
    learnt = vote_majority(data.split(Split.Training).votes)  # type: ignore[arg-type]
    counts = np.bincount(learnt[learnt >= 0], minlength=len(Expression))
    if not counts.all():
        raise DataError(
            "for at least one expression, no Training picture has a majority of FER+ votes",
            hint="use the complete data set",
        )
    prior = counts / counts.sum()
    features = ExpressionClassifier(model).predict(public.images).features
    logits = predict(model, public.images)
    first = split_in_halves(public.images)

    def measured(predictions: NDArray[np.int64], rows: NDArray[np.bool_]) -> Measures:
        return measure(predictions[rows], majority[rows], public.labels[rows])

    before = logits["logits"].argmax(axis=1)
    least = measured(before, first).accuracy - lose / 100
    best, chosen = -np.inf, (0.0, 0.0, 0.0)
    for settings in itertools.product(SHARES, TAUS, NEUTRAL_BIASES):
        found = measured(_moved(logits, prior, settings).argmax(axis=1), first)
        if found.accuracy >= least and found.balance > best:
            best, chosen = found.balance, settings
    after = _moved(logits, prior, chosen)
    head = _linear(features, after)
    known = majority >= 0
    predictions = head.logits(features)
    temperature, threshold = calibrate(predictions[known], majority[known])
    top = predictions.argmax(axis=1)
    return Balanced(
        head,
        *chosen,
        temperature,
        threshold,
        (measured(before, first), measured(top, first)),
        (measured(before, ~first), measured(top, ~first)),
    )


def measure(
    predictions: NDArray[np.int64], majority: NDArray[np.int64], labels: NDArray[np.int64]
) -> Measures:
    """Measure predictions [N] against the FER+ majority [N] and FER-2013's labels [N].

    A majority of -1 means that no single expression of the seven has the most votes.

    Raises:
        DataError: an expression is the majority of no picture, or the label of no picture.
    """
    known = majority >= 0
    mistaken = np.isin(labels, _MISTAKEN) & (majority == Expression.NEUTRAL)
    neutral = predictions[mistaken] == Expression.NEUTRAL
    return Measures(
        float((predictions[known] == majority[known]).mean()),
        _mean_recall(predictions[known], majority[known]),
        _mean_recall(predictions, labels),
        float(neutral.mean()) if len(neutral) else 0.0,
    )


def _mean_recall(predictions: NDArray[np.int64], truth: NDArray[np.int64]) -> float:
    recalls = []
    for expression in Expression:
        shown = truth == expression
        if not shown.any():
            raise DataError(f"one of the halves of PublicTest has no picture of '{expression}'")
        recalls.append(float((predictions[shown] == expression).mean()))
    return float(np.mean(recalls))


def _moved(
    logits: dict[str, NDArray[np.float32]],
    prior: NDArray[np.float64],
    settings: tuple[float, float, float],
) -> NDArray[np.float32]:
    share, tau, bias = settings
    moved = logits["logits"] + share * logits["logits_fer2013"] - tau * np.log(prior)
    moved[:, Expression.NEUTRAL] += bias
    result: NDArray[np.float32] = moved.astype(np.float32)
    return result


def _linear(features: NDArray[np.float32], logits: NDArray[np.float32]) -> LinearHead:
    """Return the linear head that computes the given logits, which are linear in the features."""
    inputs = np.hstack([features, np.ones((len(features), 1))])
    solved, *_ = np.linalg.lstsq(inputs, logits.astype(np.float64), rcond=None)
    return LinearHead(solved[:-1].T.astype(np.float32), solved[-1].astype(np.float32))
