from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from fer_files import tiny_fer
from roomread.classifier import open_model, softmax
from roomread.errors import DataError
from roomread.training import views
from roomread.training.batches import training_batches
from roomread.training.dataset import Split
from roomread.training.recipe import Recipe
from roomread.training.targets import make_targets
from roomread.training.views import TaughtViews, augmented_view, teacher_predictions

RECIPE = Recipe(teachers=("compact",), views=2, teacher_share=0.25, batch_size=7)
TRAINING = tiny_fer(votes=True).split(Split.Training)


def test_augmented_view_is_reproducible_and_differs_from_the_next_view() -> None:
    first, again, other = (augmented_view(TRAINING.images, n, cutout=0.5).images for n in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any(axis=(1, 2)).mean() > 0.9
    assert first.shape == TRAINING.images.shape
    assert first.dtype == np.uint8


def test_views_do_not_change_the_state_of_the_global_random_generator() -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    augmented_view(TRAINING.images, 0, cutout=0.5)
    assert torch.equal(torch.rand(3), expected)


def test_teacher_predictions_are_the_mean_of_a_picture_and_its_mirror_image() -> None:
    model = open_model("compact")
    predictions = teacher_predictions([model], TRAINING.images)
    assert predictions.shape == (len(TRAINING), 2, 7)
    mirrored = np.ascontiguousarray(TRAINING.images[:, :, ::-1])
    logits = [
        model.session.run(["logits"], {"faces": pictures[:, None]})[0]
        for pictures in (TRAINING.images, mirrored)
    ]
    expected = np.mean([softmax(z, temperature=model.card.temperature) for z in logits], axis=0)
    np.testing.assert_allclose(predictions[:, 0], expected, atol=1e-6)
    np.testing.assert_allclose(predictions.sum(axis=2), 1, atol=1e-5)


def test_epochs_cycle_through_the_views_and_their_predictions(tmp_path: Path) -> None:
    taught = TaughtViews(TRAINING.images, RECIPE, tmp_path)
    targets = make_targets(TRAINING, RECIPE)
    loader = training_batches(TRAINING, targets, RECIPE, views=taught)
    for epoch in (0, 1, 2):
        loader.sampler.set_epoch(epoch)  # type: ignore[attr-defined]
        rows = torch.cat(list(loader.sampler))
        batches = list(loader)
        images, _ = augmented_view(TRAINING.images, epoch % 2, cutout=RECIPE.cutout)
        view = torch.from_numpy(images)
        assert torch.equal(torch.cat([batch.images for batch in batches]).squeeze(1), view[rows])
        predictions = taught.predictions_at(epoch)
        expected = 0.75 * targets.seen + 0.25 * predictions.seen
        torch.testing.assert_close(torch.cat([batch.seen for batch in batches]), expected[rows])
    assert sorted(p.name for p in taught.folder.iterdir()) == ["view-000.npy", "view-001.npy"]


def test_cached_teacher_predictions_are_not_computed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = TaughtViews(TRAINING.images, RECIPE, tmp_path).predictions_at(0)
    monkeypatch.setattr(views, "teacher_predictions", lambda *_: pytest.fail("asked again"))
    # Views do not depend on the seed or the net of the student.
    other = Recipe(teachers=("compact",), views=2, seed=9, net="vgg")
    after = TaughtViews(TRAINING.images, other, tmp_path).predictions_at(0)
    assert torch.equal(before.seen, after.seen)
    assert torch.equal(before.fer2013, after.fer2013)


@pytest.mark.parametrize(
    "other", [Recipe(teachers=("compact",), views=2, cutout=0.9), Recipe(teachers=("compact",) * 2)]
)
def test_teacher_predictions_for_other_views_or_by_other_teachers_are_cached_separately(
    tmp_path: Path, other: Recipe
) -> None:
    folder = TaughtViews(TRAINING.images, RECIPE, tmp_path).folder
    assert TaughtViews(TRAINING.images, other, tmp_path).folder != folder
    assert TaughtViews(TRAINING.images[1:], RECIPE, tmp_path).folder != folder


def test_damaged_cache_of_teacher_predictions_is_refused(tmp_path: Path) -> None:
    taught = TaughtViews(TRAINING.images, RECIPE, tmp_path)
    taught.predictions_at(0)
    (file,) = taught.folder.iterdir()
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(DataError, match="predictions of teachers are damaged"):
        taught.predictions_at(0)
