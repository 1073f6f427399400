from __future__ import annotations

from typing import cast

import numpy as np
import pytest
import torch

from fer_files import tiny_fer, with_clear_votes
from roomread.training.auxiliary_head import Turns
from roomread.training.batches import (
    MixedPictures,
    Pictures,
    TaughtPictures,
    training_batches,
    validation_batches,
)
from roomread.training.dataset import FerData, Split
from roomread.training.recipe import Imbalance, Recipe
from roomread.training.targets import Targets, make_targets
from roomread.training.views import TaughtViews, View

PLAIN = Recipe(label_smoothing=0.0)


def test_validation_batches_have_every_row_once_in_order() -> None:
    data = tiny_fer(votes=True).split(Split.PublicTest)
    labels = torch.cat([batch.labels for batch in validation_batches(data, PLAIN)])
    assert labels.tolist() == data.labels.tolist()


def rows_of(data: FerData, recipe: Recipe, epoch: int) -> list[list[int]]:
    loader = training_batches(data, make_targets(data, recipe), recipe)
    loader.sampler.set_epoch(epoch)  # type: ignore[attr-defined]
    return [rows.tolist() for rows in loader.sampler]


def test_order_of_batches_depends_only_on_seed_and_epoch() -> None:
    data = tiny_fer(each=4)
    recipe = Recipe(batch_size=5)
    assert rows_of(data, recipe, 3) == rows_of(data, recipe, 3)
    assert rows_of(data, recipe, 3) != rows_of(data, recipe, 4)
    batches = rows_of(data, recipe, 0)
    assert {len(rows) for rows in batches} == {5}
    assert len({row for rows in batches for row in rows}) == len(data) // 5 * 5


def test_balanced_sampling_draws_rare_classes_as_often_as_common_ones() -> None:
    data = tiny_fer(each=300)
    keep = (data.labels != 1) | (np.arange(len(data)) % 30 == 0)
    data = data.take(keep)
    recipe = Recipe(batch_size=10, imbalance=Imbalance.SAMPLING)
    drawn = np.bincount(data.labels[np.ravel(rows_of(data, recipe, 0))], minlength=7)
    assert drawn[1] > 0.8 * drawn.mean()
    plain = np.bincount(data.labels[np.ravel(rows_of(data, PLAIN, 0))], minlength=7)
    assert plain[1] < 0.1 * plain.mean()


def test_every_batch_is_divided_among_the_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    data = tiny_fer(each=4)
    recipe = Recipe(batch_size=6)
    whole = rows_of(data, recipe, 0)
    parts = []
    for rank in range(2):
        monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
        monkeypatch.setattr(torch.distributed, "get_rank", lambda rank=rank: rank)
        monkeypatch.setattr(torch.distributed, "get_world_size", lambda: 2)
        parts.append(rows_of(data, recipe, 0))
    assert [sorted(a + b) for a, b in zip(*parts, strict=True)] == [sorted(w) for w in whole]


def test_batch_has_no_auxiliary_columns_without_auxiliary_targets() -> None:
    data = tiny_fer().split(Split.PublicTest)
    (batch,) = validation_batches(data, PLAIN)
    assert batch.images.shape == (14, 1, 48, 48)
    assert batch.auxiliary.shape == (14, 0)
    assert batch.majority.tolist() == batch.labels.tolist()
    assert set(batch.fer2013.sum(dim=1).tolist()) == {1.0}


def test_majority_label_of_a_picture_without_votes_is_minus_one() -> None:
    data = with_clear_votes(tiny_fer()).split(Split.PublicTest)
    assert data.votes is not None
    data.votes[0] = 0
    (batch,) = validation_batches(data, PLAIN)
    assert batch.majority.tolist() == [-1, *data.labels[1:]]


def test_mixed_batch_has_the_labelled_pictures_first() -> None:
    labelled, unlabelled = tiny_fer(), tiny_fer(seed=1)
    parts = [Pictures(data, make_targets(data, PLAIN)) for data in (labelled, unlabelled)]
    batch = MixedPictures(*parts)[torch.tensor([45, 1, 42, 0])]
    expected = np.concatenate([labelled.images[[1, 0]], unlabelled.images[[3, 0]]])
    assert np.array_equal(batch.images.squeeze(1).numpy(), expected)


def test_numbers_of_draws_of_unlabelled_pictures_differ_by_at_most_one() -> None:
    data, few = tiny_fer(each=4), tiny_fer()
    few = few.take(np.arange(5))
    loader = training_batches(
        data,
        make_targets(data, PLAIN),
        Recipe(batch_size=8, unlabelled_share=0.5, unlabelled="faces", teachers=("compact",)),
        unlabelled=Pictures(few, make_targets(few, PLAIN)),
    )
    rows = np.ravel([batch.tolist() for batch in loader.sampler])
    drawn = np.bincount(rows[rows >= len(data)] - len(data), minlength=5)
    assert len(loader) == len(data) // 4
    assert drawn.sum() == 4 * len(loader)
    assert drawn.max() - drawn.min() <= 1


class FakeViews:
    """Views that are darker in each epoch, with one prediction for all pictures."""

    def __init__(self, images: np.ndarray) -> None:
        self._images = images

    def view_at(self, epoch: int) -> View:
        turns = Turns(torch.zeros(len(self._images)).bool(), torch.zeros(len(self._images)))
        return View(self._images // (epoch + 1), turns)

    def predictions_at(self, _epoch: int) -> Targets:
        even = torch.full((len(self._images), 7), 1 / 7)
        return Targets(even, even)


def test_distillation_batch_has_the_view_and_the_blended_targets_of_the_epoch() -> None:
    data = tiny_fer()
    plain = make_targets(data, PLAIN)
    pictures = TaughtPictures(
        data, plain, None, views=cast("TaughtViews", FakeViews(data.images)), share=0.7, outputs=()
    )
    for epoch in (0, 1, 1):
        pictures.set_epoch(epoch)
        batch = pictures[torch.arange(3)]
        assert np.array_equal(batch.images.squeeze(1).numpy(), data.images[:3] // (epoch + 1))
        torch.testing.assert_close(batch.fer2013, 0.3 * plain.fer2013[:3] + 0.1)
