"""Refit the head `logits`, whose predictions users see, on the features of a trained net.

Retraining the last layer on frozen features decouples it from the net's training, whose schedule
and augmentation suit the features more than the classifier (Kang et al. 2020, "Decoupling
Representation and Classifier for Long-Tailed Recognition", arXiv:1910.09217).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import helper, numpy_helper
from torch.nn import functional as F

from roomread.classifier import ExpressionClassifier, ModelCard, ModelFile, open_model, softmax
from roomread.classifier.model_file import CARD_KEY
from roomread.errors import DataError
from roomread.media import atomic_path
from roomread.readings import Expression
from roomread.training.calibrate import calibrate, fit_tau, fit_temperature
from roomread.training.dataset import FerData, Split, vote_majority
from roomread.training.evaluate import MAJORITY, Evaluation, evaluate, score
from roomread.training.workbench import with_figures

# The inverse strengths of the L2 penalty to try, defined as in scikit-learn's LogisticRegression.
PENALTIES = (0.02, 0.2, 2.0)
_STEPS = 200


@dataclass(frozen=True, slots=True, eq=False)
class LinearHead:
    """A linear classifier of features.

    Attributes:
        weight: float32 [7, D].
        bias: float32 [7].
    """

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]

    def logits(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the logits float32 [N, 7] of features [N, D]."""
        logits: NDArray[np.float32] = features @ self.weight.T + self.bias
        return logits


@dataclass(frozen=True, slots=True, eq=False)
class HalfResult:
    """The evaluations of the old and of the new head on one half of PublicTest."""

    before: Evaluation
    after: Evaluation


@dataclass(frozen=True, slots=True, eq=False)
class Refit:
    """The result of refitting a head.

    Attributes:
        head: the new head, with logit adjustment.
        penalty: the inverse strength of the L2 penalty that was chosen.
        tau: the strength of the logit adjustment, see `calibrate.fit_tau`.
        temperature: the temperature of the new head, fitted on all of PublicTest.
        threshold: the confidence below which the label of the new head is withheld, 0..1.
        chosen_on: the result on the half of PublicTest on which penalty and tau were chosen. The
            new head's temperature for both results was fitted on this half.
        confirmed_on: the result on the other half.
    """

    head: LinearHead
    penalty: float
    tau: float
    temperature: float
    threshold: float
    chosen_on: HalfResult
    confirmed_on: HalfResult

    @property
    def is_confirmed(self) -> bool:
        """Whether the new head is better on the half that was not used to choose the settings.

        Its accuracy must be higher and its macro-F1 must not be lower than the old head's.
        """
        before, after = self.confirmed_on.before, self.confirmed_on.after
        return (
            after.accuracy.value > before.accuracy.value
            and after.macro_f1.value >= before.macro_f1.value
        )


@dataclass(frozen=True, slots=True, eq=False)
class _PictureSet:
    """The features and logits of a split's pictures with a FER+ majority."""

    features: NDArray[np.float32]
    logits: NDArray[np.float32]
    labels: NDArray[np.int64]

    @classmethod
    def of(cls, model: ModelFile, data: FerData, split: Split) -> tuple[_PictureSet, FerData]:
        part = data.split(split).faces_only()
        if part.votes is None:
            raise DataError(
                "refitting a head needs FER+ votes, but the data set has none",
                hint="add the votes of fer2013new.csv",
            )
        labels = vote_majority(part.votes)
        part, labels = part.take(labels >= 0), labels[labels >= 0]
        missing = set(Expression) - set(labels.tolist())
        if missing:
            name = min(missing).display_name
            raise DataError(f"{split.name} has no picture whose FER+ majority is '{name}'")
        predictions = ExpressionClassifier(model).predict(part.images)
        return cls(predictions.features, predictions.logits, labels), part

    def take(self, rows: NDArray[np.bool_]) -> _PictureSet:
        return _PictureSet(self.features[rows], self.logits[rows], self.labels[rows])


def fit_linear_head(
    features: NDArray[np.float32], labels: NDArray[np.int64], penalty: float
) -> LinearHead:
    """Fit multinomial logistic regression to features [N, D] and labels [N] by L-BFGS.

    Args:
        features: the features, which are standardised for the fit, so that the penalty applies
            equally to all of them.
        labels: `Expression` values.
        penalty: the inverse strength of the L2 penalty on the weights, greater than 0.
    """
    mean, deviation = features.mean(axis=0), features.std(axis=0) + 1e-6
    x = torch.from_numpy((features - mean) / deviation)
    y = torch.from_numpy(labels)
    weight = torch.zeros(len(Expression), x.shape[1], requires_grad=True)
    bias = torch.zeros(len(Expression), requires_grad=True)
    optimizer = torch.optim.LBFGS(
        [weight, bias],
        max_iter=_STEPS,
        tolerance_grad=1e-6,
        tolerance_change=1e-10,
        history_size=20,
        line_search_fn="strong_wolfe",
    )

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        likelihood = F.cross_entropy(F.linear(x, weight, bias), y)
        loss = likelihood + 0.5 * weight.square().sum() / (penalty * len(y))
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimizer.step(closure)  # type: ignore[no-untyped-call]
    scaled = weight.detach().numpy() / deviation
    moved = bias.detach().numpy() - scaled @ mean
    return LinearHead(scaled, moved)


def split_in_halves(images: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return which pictures [N, S, S] are in the first half, bool [N].

    Copies of a picture are in the same half.
    """
    digests = [hashlib.sha256(image.tobytes()).digest()[0] for image in images]
    return np.array([digest % 2 == 0 for digest in digests], dtype=bool)


def refit_head(model: ModelFile, data: FerData, *, penalties: Sequence[float] = PENALTIES) -> Refit:
    """Refit the head `logits` to Training's FER+ majority; choose settings on half of PublicTest.

    The penalty and the strength of the logit adjustment maximise the sum of accuracy and macro-F1
    on the first half; the second half is used to confirm the gain. PrivateTest is not used.

    Args:
        model: a model file, in fp32 or int8, that computes the features.
        data: all splits, with FER+ votes.
        penalties: the inverse strengths of the penalty to try.

    Raises:
        DataError: the data set has no FER+ votes, or a split lacks an expression.
    """
    training, _ = _PictureSet.of(model, data, Split.Training)
    public, pictures = _PictureSet.of(model, data, Split.PublicTest)
    first = split_in_halves(pictures.images)
    choice, other = public.take(first), public.take(~first)
    prior = (np.bincount(training.labels) / len(training.labels)).astype(np.float32)
    candidates = [
        _adjusted(fit_linear_head(training.features, training.labels, penalty), choice, prior)
        for penalty in penalties
    ]
    results = [_compare(model, head, choice, choice, "first half") for head, _ in candidates]
    best = int(np.argmax([r.after.accuracy.value + r.after.macro_f1.value for r in results]))
    head, tau = candidates[best]
    logits = head.logits(public.features)
    temperature, threshold = calibrate(logits, public.labels)
    return Refit(
        head,
        penalties[best],
        tau,
        temperature,
        threshold,
        results[best],
        _compare(model, head, choice, other, "other half"),
    )


def _adjusted(
    head: LinearHead, choice: _PictureSet, prior: NDArray[np.float32]
) -> tuple[LinearHead, float]:
    """Subtract the best fraction of the log prior from the bias; return new head and fraction."""
    tau = fit_tau(head.logits(choice.features), choice.labels, prior)
    bias = (head.bias - tau * np.log(prior)).astype(np.float32)
    return LinearHead(head.weight, bias), tau


def _compare(
    model: ModelFile, head: LinearHead, choice: _PictureSet, part: _PictureSet, name: str
) -> HalfResult:
    """Evaluate the old and the new head on `part`; fit the new head's temperature on `choice`."""
    fitted = fit_temperature(head.logits(choice.features), choice.labels)
    signature = f"fer2013:{Split.PublicTest.name} | {name} | model:{model.digest}"

    def evaluation(logits: NDArray[np.float32], temperature: float) -> Evaluation:
        calibrated = softmax(logits, temperature=temperature)
        return score(
            f"{MAJORITY}, {name}",
            calibrated,
            part.labels,
            signature,
            uncalibrated=softmax(logits, temperature=1.0),
        )

    return HalfResult(
        evaluation(part.logits, model.card.temperature),
        evaluation(head.logits(part.features), fitted),
    )


def write_refit(path: Path, refit: Refit, data: FerData, out: Path) -> ModelFile:
    """Write a model file with the new head as float32, calibrated and measured on PublicTest.

    The feature statistics are left out, because they contain the old head's logits.

    Args:
        path: the model file that was passed to `refit_head`.
        refit: the result of `refit_head`.
        data: the same data set.
        out: the file, which is written atomically.

    Raises:
        ModelFileError: `path` is not a model file.
        OutputError: `out` cannot be written.
    """
    card = replace(
        open_model(path).card,
        temperature=refit.temperature,
        threshold=refit.threshold,
        tau=refit.tau,
        refit={"penalty": refit.penalty, "chosen_on": "half of PublicTest"},
    )
    return write_head(path, refit.head, card, data, out)


def write_head(
    path: Path, head: LinearHead, card: ModelCard, data: FerData, out: Path
) -> ModelFile:
    """Write a model file with a new head and a card that states the results on PublicTest.

    The feature statistics are left out, because they contain the old head's logits.

    Raises:
        OutputError: `out` cannot be written.
    """
    proto = onnx.load(path)
    replace_head(proto.graph, head)
    with atomic_path(out) as draft:
        _save(proto, card, draft)
        # A file cannot contain its own digest.
        measured = replace(open_model(draft), digest="this file")
        _save(proto, with_figures(card, evaluate(measured, data, Split.PublicTest)), draft)
    return open_model(out)


def _save(proto: onnx.ModelProto, card: ModelCard, path: Path) -> None:
    # This removes all other metadata, including the feature statistics.
    del proto.metadata_props[:]
    helper.set_model_props(proto, {CARD_KEY: card.to_json()})
    onnx.save(proto, path)


def replace_head(graph: onnx.GraphProto, head: LinearHead) -> None:
    """Replace the computation of `logits` by a linear layer of `features`, in 32 bits."""
    for node in [node for node in graph.node if "logits" in node.output]:
        graph.node.remove(node)
    # Remove the weights of an earlier refit first, because names in a graph must be unique.
    _remove_unused(graph)
    for name, values in (("refit.weight", head.weight), ("refit.bias", head.bias)):
        graph.initializer.append(numpy_helper.from_array(values.astype(np.float32), name))
    graph.node.append(
        helper.make_node(
            "Gemm", ["features", "refit.weight", "refit.bias"], ["logits"], "refit", transB=1
        )
    )


def _remove_unused(graph: onnx.GraphProto) -> None:
    """Remove the nodes and weights that no output of the graph needs."""
    needed = {output.name for output in graph.output}
    for node in reversed(list(graph.node)):
        if needed.isdisjoint(node.output):
            graph.node.remove(node)
        else:
            needed.update(node.input)
    for weight in [one for one in graph.initializer if one.name not in needed]:
        graph.initializer.remove(weight)
    noted = [info for info in graph.value_info if info.name not in needed]
    for info in noted:
        graph.value_info.remove(info)
