"""Compute the targets of each head, and the loss."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from roomread.classifier import open_model
from roomread.errors import DataError
from roomread.readings import Expression
from roomread.training.dataset import FerData, vote_distribution
from roomread.training.evaluate import predict, probabilities
from roomread.training.recipe import Imbalance, Recipe, Target


class MissingVotesError(DataError):
    """A recipe needs FER+ votes that the data set does not have."""


@dataclass(frozen=True, slots=True)
class Targets:
    """The target distribution of each picture for each head.

    Attributes:
        seen: float [N, 7] for `logits`; a row of zeros means no target.
        fer2013: float [N, 7] for `logits_fer2013`, or for the only head.
    """

    seen: Tensor
    fer2013: Tensor

    def __getitem__(self, rows: Tensor) -> Targets:
        return Targets(self.seen[rows], self.fer2013[rows])

    def blended_with(self, predictions: Targets, share: float) -> Targets:
        """Return the mean of these targets and predictions, weighted 1 - `share` and `share`."""
        return Targets(
            (1 - share) * self.seen + share * predictions.seen,
            (1 - share) * self.fer2013 + share * predictions.fer2013,
        )


def has_two_heads(data: FerData, recipe: Recipe) -> bool:
    """Return whether separate heads learn the FER+ votes and FER-2013's label."""
    return data.votes is not None and recipe.target is not Target.LABEL


def make_targets(data: FerData, recipe: Recipe, *, taught: bool = True) -> Targets:
    """Return the targets of a data set's pictures according to a recipe.

    Args:
        data: the pictures.
        recipe: the recipe, of which target, blend, label smoothing and teachers are used.
        taught: whether to include label smoothing and teachers; False for validation. With `views`
            in the recipe, the teachers' predictions are added in each epoch and not here.

    Raises:
        MissingVotesError: the recipe uses votes, but the data set has none.
        ModelFileError: a teacher cannot be opened.
    """
    if recipe.target is Target.BLEND and data.votes is None:
        raise MissingVotesError(
            "the recipe uses FER+ votes, but the data set has none",
            hint="add the votes of fer2013new.csv, or set target to 'label'",
        )
    classes = len(Expression)
    label = F.one_hot(torch.from_numpy(data.labels), classes).float()
    smooth = recipe.label_smoothing if taught else 0.0
    fer2013 = label * (1 - smooth) + smooth / classes
    seen = fer2013
    if data.votes is not None and recipe.target is not Target.LABEL:
        seen = torch.from_numpy(vote_distribution(data.votes))
        if recipe.target is Target.BLEND:
            known = seen.sum(dim=1, keepdim=True) > 0
            seen = torch.where(known, recipe.blend * seen + (1 - recipe.blend) * fer2013, fer2013)
    targets = Targets(seen, fer2013)
    if taught and recipe.teachers and not recipe.views:
        targets = targets.blended_with(predicted_targets(data, recipe), recipe.teacher_share)
    return targets


def predicted_targets(data: FerData, recipe: Recipe) -> Targets:
    """Return the mean predictions of a recipe's teachers for pictures without augmentation.

    Raises:
        ModelFileError: a teacher cannot be opened.
    """
    heads: tuple[list[NDArray[np.float32]], list[NDArray[np.float32]]] = ([], [])
    for name in recipe.teachers:
        model = open_model(name)
        logits = predict(model, data.images)
        for each, fer2013 in zip(heads, (False, True), strict=True):
            each.append(probabilities(model, logits, fer2013=fer2013))
    return Targets(*(torch.from_numpy(np.mean(each, axis=0)) for each in heads))


class ExpressionLoss:
    """Cross-entropy with target distributions, and with a recipe's treatment of rare classes.

    Args:
        recipe: the recipe, of which the imbalance and its strength are used.
        targets: float [N, 7] of the whole Training split, in which the classes are counted.
    """

    def __init__(self, recipe: Recipe, targets: Tensor) -> None:
        counts = targets.sum(dim=0)
        # Count a class without votes as one vote, because the logarithm and the power need positive
        # counts.
        share = counts.clamp(min=1) / counts.sum()
        kind, strength = recipe.imbalance, recipe.imbalance_strength
        self.gamma = strength if kind is Imbalance.FOCAL else 0.0
        self.offset = torch.zeros_like(share)
        if kind is Imbalance.LOGIT_ADJUSTMENT:
            self.offset = strength * share.log()
        self.weight = torch.ones_like(share)
        if kind is Imbalance.WEIGHTS:
            weight = share**-strength
            # Normalise the weights to a mean of 1, so that the learning rate need not change.
            self.weight = weight / (weight * share).sum()

    def __call__(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Return the mean loss of logits [N, 7] and targets [N, 7]; rows of zeros are ignored."""
        log_p = F.log_softmax(logits.float() + self.offset.to(logits.device), dim=1)
        each = targets * log_p * self.weight.to(logits.device)
        if self.gamma:
            each = each * (1 - log_p.exp()) ** self.gamma
        return -each.sum(dim=1).mean()
