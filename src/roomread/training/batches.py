"""Provide a split in batches, whose order depends only on the seed and the epoch."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from roomread.readings import Expression
from roomread.training.auxiliary_head import turned
from roomread.training.dataset import FerData, vote_majority
from roomread.training.recipe import Imbalance, Recipe
from roomread.training.targets import Targets, make_targets, predicted_targets
from roomread.training.views import TaughtViews


class Batch(NamedTuple):
    """The pictures and targets of one training or validation step.

    Attributes:
        images: uint8 [N, 1, 48, 48].
        labels: int64 [N], FER-2013's labels; -1 for an unlabelled picture.
        majority: int64 [N], the expression with the most votes, or -1 if no single expression of
            the seven has the most votes; in a data set without votes, the label.
        seen: float [N, 7], see `Targets`.
        fer2013: float [N, 7], see `Targets`.
        auxiliary: float [N, K], see `auxiliary_head.training_targets`.
    """

    images: Tensor
    labels: Tensor
    majority: Tensor
    seen: Tensor
    fer2013: Tensor
    auxiliary: Tensor


class Pictures(Dataset[Batch]):
    """A data set with the pictures of a split as tensors; indexing by several rows gives a batch.

    Args:
        data: the split.
        targets: the targets of its pictures.
        auxiliary: the auxiliary targets [N, K]; None for K = 0.
    """

    def __init__(self, data: FerData, targets: Targets, auxiliary: Tensor | None = None) -> None:
        self.images = torch.from_numpy(data.images).unsqueeze(1)
        self.labels = torch.from_numpy(data.labels)
        majority = vote_majority(data.votes) if data.votes is not None else data.labels
        self.majority = torch.from_numpy(majority)
        self.targets = targets
        self.auxiliary = torch.zeros(len(data), 0) if auxiliary is None else auxiliary

    def set_epoch(self, epoch: int) -> None:
        """Do nothing; a subclass whose pictures change with the epoch switches them here."""

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, rows: Tensor) -> Batch:
        return Batch(
            self.images[rows],
            self.labels[rows],
            self.majority[rows],
            self.targets.seen[rows],
            self.targets.fer2013[rows],
            self.auxiliary[rows],
        )


class TaughtPictures(Pictures):
    """Training pictures, augmented anew in each epoch, with the teachers' predictions for them.

    Args:
        data: the Training split.
        targets: the targets without the teachers' predictions.
        auxiliary: the auxiliary targets of the pictures before augmentation.
        views: the augmented copies of the pictures, with the teachers' predictions for them.
        share: the weight of the predictions in the targets, 0..1.
        outputs: the auxiliary outputs that the net learns.
    """

    def __init__(
        self,
        data: FerData,
        targets: Targets,
        auxiliary: Tensor | None,
        *,
        views: TaughtViews,
        share: float,
        outputs: Sequence[str],
    ) -> None:
        super().__init__(data, targets, auxiliary)
        self._views, self._share, self._outputs = views, share, outputs
        self._plain, self._upright = targets, self.auxiliary

    def set_epoch(self, epoch: int) -> None:
        """Switch to the augmented pictures and the predictions of an epoch."""
        view = self._views.view_at(epoch)
        self.images = torch.from_numpy(view.images).unsqueeze(1)
        self.targets = self._plain.blended_with(self._views.predictions_at(epoch), self._share)
        self.auxiliary = turned(self._upright, view.turns, self._outputs)


class MixedPictures(Dataset[Batch]):
    """A data set of labelled pictures, followed by unlabelled pictures.

    Args:
        labelled: the labelled pictures, whose rows come first.
        unlabelled: the unlabelled pictures, whose rows follow.
    """

    def __init__(self, labelled: Pictures, unlabelled: Pictures) -> None:
        self.labelled, self.unlabelled = labelled, unlabelled

    def set_epoch(self, epoch: int) -> None:
        """Switch both data sets to the pictures of an epoch."""
        self.labelled.set_epoch(epoch)
        self.unlabelled.set_epoch(epoch)

    def __getitem__(self, rows: Tensor) -> Batch:
        known = rows < len(self.labelled)
        parts = (self.labelled[rows[known]], self.unlabelled[rows[~known] - len(self.labelled)])
        return Batch(*(torch.cat(both) for both in zip(*parts, strict=True)))


class _Batches(Sampler[Tensor]):
    """A sampler of the rows of each batch; each of several devices gets its part of every batch."""

    def __init__(self, rows: int, size: int) -> None:
        self.rows, self.size = rows, size

    def _part(self, batch: Tensor) -> Tensor:
        if not torch.distributed.is_initialized():
            return batch
        return batch[torch.distributed.get_rank() :: torch.distributed.get_world_size()]

    def __len__(self) -> int:
        return math.ceil(self.rows / self.size)

    def __iter__(self) -> Iterator[Tensor]:
        for start in range(0, self.rows, self.size):
            rows = torch.arange(start, min(start + self.size, self.rows))
            yield self._part(rows)


class _ShuffledBatches(_Batches):
    """A sampler of random batches: a new order in each epoch, or pictures drawn by weights.

    Args:
        pictures: the pictures, labelled or mixed.
        rows: the number of labelled pictures.
        size: the number of labelled pictures in a batch.
        seed: the seed of the order.
        weights: the relative frequency of each labelled picture, float [rows]; None to draw each
            picture once per epoch.
        unlabelled: the number of all unlabelled pictures, and the number in each batch.
    """

    def __init__(
        self,
        pictures: Pictures | MixedPictures,
        *,
        rows: int,
        size: int,
        seed: int,
        weights: Tensor | None,
        unlabelled: tuple[int, int] = (0, 0),
    ) -> None:
        super().__init__(rows, size)
        self.pictures, self.seed, self.weights = pictures, seed, weights
        self.unlabelled = unlabelled
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Switch to the order and pictures of an epoch; Lightning calls this before each epoch."""
        self.epoch = epoch
        self.pictures.set_epoch(epoch)

    def __len__(self) -> int:
        # Drop a short last batch, which would disturb batch normalisation.
        return self.rows // self.size

    def __iter__(self) -> Iterator[Tensor]:
        generator = torch.Generator().manual_seed(self.seed * 100_003 + self.epoch)
        if self.weights is None:
            order = torch.randperm(self.rows, generator=generator)
        else:
            order = torch.multinomial(
                self.weights, self.rows, replacement=True, generator=generator
            )
        extra = self._unlabelled_order(generator)
        for batch, start in enumerate(range(0, len(self) * self.size, self.size)):
            yield self._part(torch.cat([order[start : start + self.size], extra[batch]]))

    def _unlabelled_order(self, generator: torch.Generator) -> Tensor:
        """Return the rows of unlabelled pictures of each batch, int64 [batches, n].

        The numbers of times that any two pictures are drawn differ by at most one.
        """
        count, each = self.unlabelled
        batches = len(self)
        if not each:
            return torch.empty(batches, 0, dtype=torch.long)
        turns = math.ceil(batches * each / count)
        orders = [torch.randperm(count, generator=generator) for _ in range(turns)]
        return self.rows + torch.cat(orders)[: batches * each].reshape(batches, each)


def training_batches(
    data: FerData,
    targets: Targets,
    recipe: Recipe,
    *,
    views: TaughtViews | None = None,
    auxiliary: Tensor | None = None,
    unlabelled: Pictures | None = None,
) -> DataLoader[Batch]:
    """Return shuffled batches of the recipe's size.

    The length of an epoch depends on the labelled pictures only, not on the number of unlabelled
    pictures.

    Args:
        data: the Training split.
        targets: the targets of its pictures.
        recipe: the recipe.
        views: augmented copies of the pictures, with the teachers' predictions for them; None to
            use the original pictures.
        auxiliary: the auxiliary targets of the pictures [N, K]; None for K = 0.
        unlabelled: pictures without labels, which fill the recipe's fraction of each batch; None to
            train on labelled pictures only.
    """
    weights = None
    if recipe.imbalance is Imbalance.SAMPLING:
        counts = torch.bincount(torch.from_numpy(data.labels), minlength=len(Expression))
        weights = counts.double().clamp(min=1)[data.labels] ** -recipe.imbalance_strength
    size = min(recipe.batch_size, len(data))
    pictures = Pictures(data, targets, auxiliary)
    if views is not None:
        pictures = TaughtPictures(
            data,
            targets,
            auxiliary,
            views=views,
            share=recipe.teacher_share,
            outputs=recipe.auxiliary_outputs,
        )
    seed = recipe.seed
    if unlabelled is None:
        sampler = _ShuffledBatches(pictures, rows=len(data), size=size, seed=seed, weights=weights)
        return DataLoader(pictures, sampler=sampler, batch_size=None)
    each = min(max(round(recipe.batch_size * recipe.unlabelled_share), 1), recipe.batch_size - 1)
    mixed = MixedPictures(pictures, unlabelled)
    sampler = _ShuffledBatches(
        mixed,
        rows=len(data),
        size=min(recipe.batch_size - each, len(data)),
        seed=seed,
        weights=weights,
        unlabelled=(len(unlabelled), each),
    )
    return DataLoader(mixed, sampler=sampler, batch_size=None)


def unlabelled_pictures(
    data: FerData, recipe: Recipe, *, views: TaughtViews | None, columns: int
) -> Pictures:
    """Return pictures without labels, whose target is the teachers' prediction alone.

    Args:
        data: the pictures, as `unlabelled.unlabelled_faces` returns them.
        recipe: the recipe; only its teachers are used.
        views: augmented copies of these pictures; None to use the original pictures.
        columns: the number K of auxiliary targets, all of which are NaN for these pictures.

    Raises:
        ModelFileError: a teacher cannot be opened.
    """
    unknown = torch.full((len(data), columns), torch.nan)
    if views is None:
        return Pictures(data, predicted_targets(data, recipe), unknown)
    nothing = torch.zeros(len(data), len(Expression))
    return TaughtPictures(
        data,
        Targets(nothing, nothing),
        unknown,
        views=views,
        share=1.0,
        outputs=recipe.auxiliary_outputs,
    )


def validation_batches(
    data: FerData, recipe: Recipe, *, auxiliary: Tensor | None = None
) -> DataLoader[Batch]:
    """Return batches of all pictures in order, whose targets have no label smoothing.

    Args:
        data: the PublicTest split.
        recipe: the recipe.
        auxiliary: the auxiliary targets of the pictures [N, K]; None for K = 0.
    """
    pictures = Pictures(data, make_targets(data, recipe, taught=False), auxiliary)
    return DataLoader(pictures, sampler=_Batches(len(data), 512), batch_size=None)
