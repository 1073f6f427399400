from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from fer_files import tiny_fer
from roomread.errors import DataError
from roomread.training import unlabelled
from roomread.training.batches import training_batches, unlabelled_pictures
from roomread.training.dataset import Split
from roomread.training.fit import train
from roomread.training.recipe import Recipe
from roomread.training.runs import Run
from roomread.training.targets import make_targets, predicted_targets
from roomread.training.unlabelled import NO_LABEL, unlabelled_faces

PORTRAIT = Path(__file__).parents[2] / "examples" / "astronaut.jpg"
TRAINING = tiny_fer(votes=True).split(Split.Training)


@pytest.fixture
def recipe(tmp_path: Path) -> Recipe:
    """A recipe with seven unlabelled face crops in a nested folder."""
    folder = tmp_path / "crops" / "part"
    folder.mkdir(parents=True)
    for number, image in enumerate(tiny_fer(each=1, seed=1).split(Split.Training).images):
        Image.fromarray(image).save(folder / f"{number}.png")
    return Recipe(
        net="mobilenet",
        epochs=2,
        batch_size=8,
        teachers=("compact",),
        unlabelled=str(tmp_path / "crops"),
        unlabelled_crops=True,
        unlabelled_share=0.4,
    )


def test_recipe_with_unlabelled_pictures_but_without_teachers_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="needs teacher nets"):
        Recipe(unlabelled=str(tmp_path))


def test_faces_are_cut_out_once_and_cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    shutil.copy(PORTRAIT, photos / "a.jpg")
    Image.fromarray(np.zeros((200, 300), dtype=np.uint8)).save(photos / "black.png")
    (photos / "notes.txt").write_text("no picture")
    recipe = Recipe(teachers=("compact",), unlabelled=str(photos))
    first = unlabelled_faces(recipe, tmp_path / "faces")
    assert first is not None
    assert (len(first), first.labels.tolist()) == (1, [NO_LABEL])
    monkeypatch.setattr(unlabelled, "cut_faces", lambda *_, **__: pytest.fail("cut again"))
    again = unlabelled_faces(recipe, tmp_path / "faces")
    assert again is not None
    np.testing.assert_array_equal(again.images, first.images)
    monkeypatch.undo()
    shutil.copy(PORTRAIT, photos / "b.jpg")
    more = unlabelled_faces(recipe, tmp_path / "faces")
    assert more is not None
    assert len(more) == 2


@pytest.mark.parametrize(
    ("files", "problem"),
    [(None, "no such folder"), ((), "no picture with a readable face")],
    ids=["missing", "empty"],
)
def test_folder_without_faces_is_refused(
    tmp_path: Path, files: tuple[str, ...] | None, problem: str
) -> None:
    if files is not None:
        (tmp_path / "photos").mkdir()
    recipe = Recipe(teachers=("compact",), unlabelled=str(tmp_path / "photos"))
    with pytest.raises(DataError, match=problem):
        unlabelled_faces(recipe, tmp_path / "faces")


def test_damaged_cache_of_faces_is_refused(tmp_path: Path, recipe: Recipe) -> None:
    unlabelled_faces(recipe, tmp_path / "faces")
    (stored,) = (tmp_path / "faces").iterdir()
    stored.write_bytes(stored.read_bytes()[:100])
    with pytest.raises(DataError, match="stored faces are damaged"):
        unlabelled_faces(recipe, tmp_path / "faces")


def test_batches_have_the_given_fraction_of_unlabelled_pictures_with_teacher_targets(
    tmp_path: Path, recipe: Recipe
) -> None:
    faces = unlabelled_faces(recipe, tmp_path / "faces")
    assert faces is not None
    extra = unlabelled_pictures(faces, recipe, views=None, columns=2)
    auxiliary = torch.zeros(len(TRAINING), 2)
    loader = training_batches(
        TRAINING,
        make_targets(TRAINING, recipe),
        recipe,
        auxiliary=auxiliary,
        unlabelled=extra,
    )
    batches = list(loader)
    # Three of eight pictures have no label; the 14 labelled ones fill two batches of five.
    assert [(batch.labels == NO_LABEL).sum() for batch in batches] == [3, 3]
    assert [len(batch.images) for batch in batches] == [8, 8]
    images = torch.cat([batch.images for batch in batches]).squeeze(1)
    without = torch.cat([batch.labels for batch in batches]) == NO_LABEL
    drawn = [
        int((torch.from_numpy(faces.images) == image).all(dim=(1, 2)).nonzero())
        for image in images[without]
    ]
    assert len(set(drawn)) == 6
    seen = torch.cat([batch.seen for batch in batches])[without]
    torch.testing.assert_close(seen, predicted_targets(faces, recipe).seen[drawn])
    assert torch.cat([batch.auxiliary for batch in batches])[without].isnan().all()
    assert len(torch.unique(torch.cat([b.labels for b in batches])[~without])) > 1


@pytest.mark.parametrize("views", [0, 2])
def test_resumed_run_with_unlabelled_pictures_equals_an_uninterrupted_run(
    tmp_path: Path, recipe: Recipe, views: int
) -> None:
    data = tiny_fer(votes=True)
    recipe = replace(recipe, views=views)
    whole = train(data, recipe, tmp_path / "runs" / "whole")
    train(data, recipe, tmp_path / "runs" / "parts", stop_after=1)
    resumed = train(data, recipe, tmp_path / "runs" / "parts", resume=True)
    torch.testing.assert_close(resumed.head.weight, whole.head.weight, atol=1e-6, rtol=1e-5)
    plain = replace(recipe, unlabelled="", epochs=1)
    other = train(data, plain, tmp_path / "runs" / "plain")
    assert not torch.allclose(other.head.weight, whole.head.weight, atol=1e-4)
    # Views of labelled pictures have the same predictions in both runs.
    cached = list(Run(tmp_path / "runs" / "whole").views.glob("*"))
    assert len(cached) == (2 if views else 0)


def test_error_for_a_refused_recipe_contains_its_hint_once() -> None:
    with pytest.raises(DataError) as refused:
        Recipe.from_dict({"unlabelled": "photos"}, source="mine.toml")
    assert str(refused.value).count("name a model file as teacher") == 1
