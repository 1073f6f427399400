"""Find copies, blanks, non-faces and doubtful labels in a data set."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from roomread.classifier import ModelFile, open_model
from roomread.errors import DataError
from roomread.readings import Expression
from roomread.training.dataset import (
    VOTE_NAMES,
    FerData,
    Split,
    find_copies,
    vote_distribution,
    vote_majority,
)
from roomread.training.evaluate import predict, probabilities
from roomread.training.recipe import Recipe
from roomread.training.runs import Run
from roomread.training.workbench import train_model

# Correlation of thumbnails above which two pictures are versions of one photograph. Determined by
# looking at pairs of FER-2013: just below it, mirrored pairs begin to show two people.
NEAR = 0.96
_THUMBNAIL = 16
_BLOCK = 2048
# Minimum share of taggers who agree on another expression, to report a label as doubtful.
CLEAR = 0.7
# A net that was trained without the picture contradicts its label if the label's probability is at
# most the first value and that of another expression at least the second.
UNLIKELY, LIKELY = 0.02, 0.8


class Kind(StrEnum):
    """The kinds of findings in a data set, in the order in which they are listed."""

    COPY = "copy"
    NEAR_COPY = "near copy"
    MIRRORED_COPY = "mirrored copy"
    BLANK = "blank"
    NOT_A_FACE = "not a face"
    TAGGERS_DISAGREE = "taggers disagree"
    NET_DISAGREES = "net disagrees"


@dataclass(frozen=True, slots=True)
class Finding:
    """A possible error in one row.

    Attributes:
        kind: the kind of the finding.
        position: the row's position in the data set.
        other: the position of the picture of which this row is a copy; None for a finding that is
            not a copy.
        suggested: the expression that taggers or the net suggest instead of the label; None for a
            finding that is not about the label.
        strength: for near and mirrored copies, the correlation of the thumbnails; for findings of
            the taggers, the share of `suggested` in the votes for the seven expressions; for
            findings of the net, its probability of `suggested`; otherwise 1.
    """

    kind: Kind
    position: int
    other: int | None = None
    suggested: Expression | None = None
    strength: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Review:
    """All findings of a data set, and the brightness and contrast of its pictures.

    Attributes:
        findings: the findings in the order of `Kind`.
        brightness: the mean of each picture in 0..1, float [N].
        contrast: the standard deviation of each picture in 0..1, float [N].
    """

    findings: list[Finding]
    brightness: NDArray[np.float64]
    contrast: NDArray[np.float64]

    def of(self, kind: Kind) -> list[Finding]:
        """Return the findings of one kind."""
        return [finding for finding in self.findings if finding.kind is kind]


def review(data: FerData, predicted: NDArray[np.float32] | None = None) -> Review:
    """Look for copies, blanks, non-faces and doubtful labels.

    Args:
        data: all splits.
        predicted: probabilities, float [N, 7]; those of each row must come from a net that was not
            trained on that row, and zeros mean that there is no prediction. None to compare the
            labels with FER+ votes only.
    """
    flat = data.images.reshape(len(data), -1) / 255
    contrast = flat.std(axis=1)
    findings = [*_copies(data), *_near_copies(data)]
    findings += [Finding(Kind.BLANK, int(i)) for i in np.flatnonzero(contrast * 255 <= 1)]
    if data.votes is not None:
        findings += _contradicted_by_taggers(data, data.votes)
    if predicted is not None:
        findings += _contradicted_by_net(data, predicted)
    return Review(findings, flat.mean(axis=1), contrast)


def unseen_by(model: ModelFile, data: FerData) -> NDArray[np.float32]:
    """Return a model's probabilities [N, 7] for rows outside Training, and zeros for Training."""
    predicted = probabilities(model, predict(model, data.images), fer2013=True)
    predicted[data.splits == Split.Training] = 0
    return predicted


def out_of_fold(data: FerData, recipe: Recipe, folds: int, out: Path) -> NDArray[np.float32]:
    """Return probabilities [N, 7] for Training rows by cross-validation.

    The probabilities of each row come from a net that was not trained on that row (Northcutt,
    Jiang, Chuang 2021, "Confident Learning", arXiv:1911.00068). Copies of a picture are in the same
    fold. A fold that is finished in `out` is reused; an interrupted fold is resumed. Rows outside
    Training are zero.

    Raises:
        DataError: `folds` is below 2, or above the number of pictures of the rarest class.
    """
    training = np.flatnonzero(data.splits == Split.Training)
    rarest = np.bincount(data.labels[training], minlength=len(Expression)).min()
    if not 2 <= folds <= rarest:
        raise DataError(
            f"{folds} folds are too many or too few for a class with {rarest} pictures",
            hint=f"choose 2 to {rarest} folds",
        )
    random = np.random.default_rng(recipe.seed)
    fold = np.zeros(len(data), dtype=np.int64)
    for e in Expression:
        # Distribute each class separately over the folds, so that no net lacks a class.
        rows = random.permutation(np.flatnonzero(data.labels == e))
        fold[rows] = np.arange(len(rows)) % folds
    for group in find_copies(data):
        fold[list(group.rows)] = fold[group.rows[0]]
    predicted = np.zeros((len(data), len(Expression)), dtype=np.float32)
    for number in range(folds):
        held_out = training[fold[training] == number]
        others = np.setdiff1d(np.arange(len(data)), held_out)
        run = Run(out / f"fold{number}")
        if run.model.exists():
            model = open_model(run.model)
        else:
            started = run.last_checkpoint.exists()
            model = train_model(data.take(others), recipe, run.folder, resume=started)
        logits = predict(model, data.images[held_out])
        predicted[held_out] = probabilities(model, logits, fer2013=True)
    return predicted


def _copies(data: FerData) -> Iterator[Finding]:
    for group in find_copies(data):
        first, *others = group.rows
        for position in others:
            yield Finding(Kind.COPY, position, other=first)


def _near_copies(data: FerData) -> list[Finding]:
    """Return pairs of pictures whose thumbnails correlate highly, directly or after mirroring."""
    copies = {position for group in find_copies(data) for position in group.rows[1:]}
    spread = data.images.reshape(len(data), -1).std(axis=1)
    kept = np.array([i for i in range(len(data)) if i not in copies and spread[i] > 1])
    if not len(kept):
        return []
    pictures = torch.from_numpy(data.images[kept]).unsqueeze(1).float()
    straight, mirrored = _thumbnails(pictures), _thumbnails(pictures.flip(-1))
    found: dict[tuple[int, int], Finding] = {}
    for start in range(0, len(kept), _BLOCK):
        rows = slice(start, start + _BLOCK)
        for kind, others in ((Kind.NEAR_COPY, straight), (Kind.MIRRORED_COPY, mirrored)):
            # Compare each picture with later ones only, so that each pair is found once.
            correlation = (straight[rows] @ others[start:].T).triu(diagonal=1)
            for a, b in (correlation >= NEAR).nonzero().tolist():
                pair = (int(kept[start + a]), int(kept[start + b]))
                strength = min(float(correlation[a, b]), 1.0)
                best = found.get(pair)
                if best is None or strength > best.strength:
                    found[pair] = Finding(kind, pair[1], other=pair[0], strength=strength)
    return sorted(found.values(), key=lambda f: (f.kind, -f.strength))


def _thumbnails(pictures: torch.Tensor) -> torch.Tensor:
    """Return thumbnails as vectors [N, 256], scaled so that their products are correlations."""
    small = F.interpolate(pictures, (_THUMBNAIL, _THUMBNAIL), mode="area").flatten(1)
    return F.normalize(small - small.mean(dim=1, keepdim=True))


def _contradicted_by_taggers(data: FerData, votes: NDArray[np.int16]) -> Iterator[Finding]:
    top, total = votes.max(axis=1), np.maximum(votes.sum(axis=1), 1)
    no_face = votes.argmax(axis=1) == VOTE_NAMES.index("no_face")
    for position in np.flatnonzero(no_face & (top > 0)):
        share = float(top[position] / total[position])
        yield Finding(Kind.NOT_A_FACE, int(position), strength=share)
    majority, share_of = vote_majority(votes), vote_distribution(votes)
    wrong = (majority >= 0) & (majority != data.labels) & (top >= CLEAR * total)
    findings = [
        Finding(
            Kind.TAGGERS_DISAGREE,
            int(position),
            suggested=Expression(majority[position]),
            strength=float(share_of[position, majority[position]]),
        )
        for position in np.flatnonzero(wrong)
    ]
    yield from sorted(findings, key=lambda f: -f.strength)


def _contradicted_by_net(data: FerData, predicted: NDArray[np.float32]) -> list[Finding]:
    given = predicted[np.arange(len(data)), data.labels]
    wrong = (predicted.max(axis=1) >= LIKELY) & (given <= UNLIKELY)
    findings = [
        Finding(
            Kind.NET_DISAGREES,
            int(position),
            suggested=Expression(predicted[position].argmax()),
            strength=float(predicted[position].max()),
        )
        for position in np.flatnonzero(wrong)
    ]
    return sorted(findings, key=lambda f: -f.strength)
