"""Hold FER-2013 in memory: pictures, labels, FER+ votes, splits and copies.

FER-2013: Goodfellow et al. 2013, "Challenges in Representation Learning". FER+: Barsoum et al.
2016, "Training Deep Networks for Facial Expression Recognition with Crowd-Sourced Label
Distribution", arXiv:1608.01041.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from roomread.readings import Expression

SIDE = 48
VOTE_NAMES = (
    "neutral",
    "happiness",
    "surprise",
    "sadness",
    "anger",
    "disgust",
    "fear",
    "contempt",
    "unknown",
    "no_face",
)
# The column of each of the seven expressions among FER+'s ten vote columns.
_SEVEN_IN_VOTES = np.array([4, 5, 6, 1, 3, 2, 0])
# Label of contempt, FER+'s eighth class, which no head predicts.
CONTEMPT = len(Expression)


class Split(IntEnum):
    """The published splits, named as in the `Usage` column."""

    Training = 0
    PublicTest = 1
    PrivateTest = 2


@dataclass(frozen=True, slots=True, eq=False)
class FerData:
    """A data set of labelled pictures of faces.

    Attributes:
        images: uint8 [N, 48, 48] grey.
        labels: int64 [N], `Expression` values.
        splits: int8 [N], `Split` values.
        votes: int16 [N, 10] FER+ tagger counts in `VOTE_NAMES`' order, or None.
        rows: int64 [N], the index of the row in the file, or of the picture in the sorted folder.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    splits: NDArray[np.int8]
    votes: NDArray[np.int16] | None
    rows: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> FerData:
        """Return the rows selected by a mask [N] or by indices."""
        votes = self.votes[chosen] if self.votes is not None else None
        return FerData(
            self.images[chosen], self.labels[chosen], self.splits[chosen], votes, self.rows[chosen]
        )

    def split(self, split: Split) -> FerData:
        """Return the rows of one split."""
        return self.take(self.splits == split)

    def faces_only(self) -> FerData:
        """Return the rows without blank pictures and pictures that FER+ calls "no face"."""
        keep = self.images.reshape(len(self), -1).std(axis=1) > 1
        if self.votes is not None:
            keep &= self.votes.argmax(axis=1) != VOTE_NAMES.index("no_face")
        return self.take(keep)

    def without(self, withheld: Sequence[Expression]) -> FerData:
        """Return the data without some expressions.

        Pictures with such a label or FER+ majority, and votes for these expressions, are removed.
        """
        keep = ~np.isin(self.labels, withheld)
        if self.votes is None:
            return self.take(keep)
        keep &= ~np.isin(vote_majority(self.votes), withheld)
        rest, votes = self.take(keep), self.votes[keep]
        votes[:, _SEVEN_IN_VOTES[list(withheld)]] = 0
        return FerData(rest.images, rest.labels, rest.splits, votes, rest.rows)

    @property
    def digest(self) -> str:
        """A checksum of all pictures, labels, splits and votes: twelve hexadecimal digits."""
        state = hashlib.sha256()
        for array in (self.images, self.labels, self.splits, self.votes):
            if array is not None:
                state.update(np.ascontiguousarray(array).tobytes())
        return state.hexdigest()[:12]


def vote_distribution(votes: NDArray[np.int16]) -> NDArray[np.float32]:
    """Return FER+ votes [N, 10] as probabilities float32 [N, 7] in `Expression`'s order.

    Votes for contempt, "unknown" and "no face" are ignored. If fewer than half of the votes are for
    the seven expressions, the row is zero and the picture has no target.
    """
    seven = votes[:, _SEVEN_IN_VOTES].astype(np.float32)
    total = seven.sum(axis=1, keepdims=True)
    known = 2 * total >= votes.sum(axis=1, keepdims=True)
    return np.where(known & (total > 0), seven / np.maximum(total, 1), 0).astype(np.float32)


def vote_majority(votes: NDArray[np.int16]) -> NDArray[np.int64]:
    """Return the expression with the most votes, int64 [N].

    The value is -1 for a tie, for a picture without votes, and if a class that is not one of the
    seven expressions has the most votes.
    """
    top = votes.max(axis=1, keepdims=True)
    alone = (votes == top).sum(axis=1) == 1
    seven_of = np.full(len(VOTE_NAMES), -1, dtype=np.int64)
    seven_of[_SEVEN_IN_VOTES] = np.arange(len(Expression))
    return np.where(alone & (top[:, 0] > 0), seven_of[votes.argmax(axis=1)], -1)


def ferplus_label(votes: NDArray[np.int16]) -> NDArray[np.int64]:
    """Return the test label that FER+'s authors give each picture, int64 [N].

    Barsoum et al. 2016 (arXiv:1608.01041), as in the evaluation that they published: a single vote
    for a class is dropped as an outlier; the class with more than half of the remaining votes is
    the label; a picture without such a class, or whose class is "unknown" or "no face", is left out
    of the test.

    Args:
        votes: FER+ votes [N, 10] in `VOTE_NAMES`' order.

    Returns:
        An `Expression`, `CONTEMPT`, or -1 for a picture that is left out.
    """
    kept = np.where(votes > 1, votes, 0)
    class_of = np.full(len(VOTE_NAMES), -1, dtype=np.int64)
    class_of[_SEVEN_IN_VOTES] = np.arange(len(Expression))
    class_of[VOTE_NAMES.index("contempt")] = CONTEMPT
    clear = 2 * kept.max(axis=1) > kept.sum(axis=1)
    return np.where(clear, class_of[kept.argmax(axis=1)], -1)


@dataclass(frozen=True, slots=True)
class Copies:
    """Rows that contain the same picture, pixel for pixel.

    Attributes:
        rows: positions in the data set, ascending.
        splits: the split of each row.
        labels: the label of each row.
    """

    rows: tuple[int, ...]
    splits: tuple[Split, ...]
    labels: tuple[Expression, ...]

    @property
    def across_splits(self) -> bool:
        """Whether the copies are in more than one split."""
        return len(set(self.splits)) > 1


def find_copies(data: FerData) -> list[Copies]:
    """Return every group of identical pictures, in the order of their first rows."""
    groups: defaultdict[bytes, list[int]] = defaultdict(list)
    for position, image in enumerate(data.images):
        groups[image.tobytes()].append(position)
    return [
        Copies(
            tuple(rows),
            tuple(Split(data.splits[row]) for row in rows),
            tuple(Expression(data.labels[row]) for row in rows),
        )
        for rows in groups.values()
        if len(rows) > 1
    ]


def seen_in_training(data: FerData) -> NDArray[np.bool_]:
    """Return which rows outside Training have a copy in Training, bool [N]."""
    training = {image.tobytes() for image in data.images[data.splits == Split.Training]}
    return np.array(
        [
            split != Split.Training and image.tobytes() in training
            for image, split in zip(data.images, data.splits, strict=True)
        ],
        dtype=bool,
    )
