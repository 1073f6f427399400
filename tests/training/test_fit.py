from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from fer_files import tiny_fer
from roomread.classifier import ModelCard
from roomread.classifier.selfcheck import check_pictures
from roomread.errors import DataError
from roomread.readings import CropGeometry
from roomread.training.dataset import Split
from roomread.training.export import export
from roomread.training.expression_net import ExpressionNet
from roomread.training.fit import load_net, train
from roomread.training.from_model_file import net_from_model_file
from roomread.training.hardware import Hardware
from roomread.training.nets.compact import Compact
from roomread.training.nets.narrow import copy_strongest
from roomread.training.recipe import Imbalance, Optimizer, Recipe, Target
from roomread.training.runs import Run

RECIPE = Recipe(epochs=2, batch_size=8)


def outputs(net: ExpressionNet) -> np.ndarray:
    pictures = torch.from_numpy(check_pictures()).unsqueeze(1)
    with torch.no_grad():
        logits: np.ndarray = net(pictures).logits.numpy()
    return logits


def test_resumed_run_gives_the_same_net_as_an_uninterrupted_run(tmp_path: Path) -> None:
    data = tiny_fer(votes=True)
    whole = train(data, RECIPE, tmp_path / "whole")
    # Both runs follow the learning rate schedule of two epochs; only the loop stops early.
    train(data, RECIPE, tmp_path / "parts", stop_after=1)
    resumed = train(data, RECIPE, tmp_path / "parts", resume=True)
    np.testing.assert_allclose(outputs(resumed), outputs(whole), atol=1e-6)


def test_another_seed_gives_other_weights(tmp_path: Path) -> None:
    data = tiny_fer()
    a = train(data, replace(RECIPE, epochs=1), tmp_path / "a")
    b = train(data, replace(RECIPE, epochs=1, seed=1), tmp_path / "b")
    assert np.abs(outputs(a) - outputs(b)).max() > 1e-3


def test_a_folder_with_a_run_is_not_overwritten(tmp_path: Path) -> None:
    data = tiny_fer()
    train(data, replace(RECIPE, epochs=1), tmp_path / "run")
    with pytest.raises(DataError, match="already contains a run"):
        train(data, RECIPE, tmp_path / "run")


def test_run_is_not_resumed_with_another_recipe(tmp_path: Path) -> None:
    data = tiny_fer()
    train(data, RECIPE, tmp_path / "run", stop_after=1)
    with pytest.raises(DataError, match="another recipe"):
        train(data, replace(RECIPE, seed=3), tmp_path / "run", resume=True)


def test_resuming_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no finished epoch"):
        train(tiny_fer(), RECIPE, tmp_path / "run", resume=True)


def test_private_test_pictures_do_not_influence_training(tmp_path: Path) -> None:
    data = tiny_fer()
    changed = tiny_fer()
    changed.images[changed.splits == Split.PrivateTest] = 7
    a = train(data, replace(RECIPE, epochs=1), tmp_path / "a")
    b = train(changed, replace(RECIPE, epochs=1), tmp_path / "b")
    np.testing.assert_array_equal(outputs(a), outputs(b))


def test_training_data_without_pictures_of_a_class_is_refused(tmp_path: Path) -> None:
    data = tiny_fer()
    data = data.take((data.labels != 1) | (data.splits != Split.Training))
    with pytest.raises(DataError, match="no picture of 'disgust'"):
        train(data, RECIPE, tmp_path / "run")
    assert not (tmp_path / "run" / "recipe.json").exists()


def test_data_without_a_public_test_split_is_refused(tmp_path: Path) -> None:
    data = tiny_fer()
    with pytest.raises(DataError, match="no PublicTest"):
        train(data.take(data.splits != Split.PublicTest), RECIPE, tmp_path / "run")


def test_checkpoint_of_another_net_is_refused(tmp_path: Path) -> None:
    train(tiny_fer(), replace(RECIPE, epochs=1), tmp_path / "run")
    checkpoint = Run(tmp_path / "run").checkpoint
    with pytest.raises(DataError, match="not hold the weights of the net 'vgg'"):
        load_net(checkpoint, replace(RECIPE, net="vgg"))
    checkpoint.write_bytes(b"not a checkpoint")
    with pytest.raises(DataError, match="not a checkpoint"):
        load_net(checkpoint, RECIPE)


def test_best_epoch_is_chosen_among_epochs_with_full_picture_size(tmp_path: Path) -> None:
    recipe = replace(RECIPE, epochs=4, sides=(32, 48), patience=1)
    train(tiny_fer(votes=True), recipe, tmp_path / "run")
    best = torch.load(Run(tmp_path / "run").checkpoint, weights_only=True)
    assert best["epoch"] >= 2
    epochs = Run(tmp_path / "run").curves()
    assert {"train_loss", "val_loss", "train_accuracy", "val_accuracy"} <= set(epochs[0])
    assert [row["epoch"] for row in epochs[:3]] == [0, 1, 2]


@pytest.mark.parametrize(
    "change",
    [
        {"optimizer": Optimizer.ADAMW, "learning_rate": 0.002},
        {"mixup": 0.4, "target": Target.BLEND},
        {"imbalance": Imbalance.SAMPLING, "drop_test_copies": True},
    ],
    ids=str,
)
def test_changed_settings_change_the_weights_reproducibly(
    tmp_path: Path, change: dict[str, object]
) -> None:
    data = tiny_fer(votes=True)
    recipe = Recipe.from_dict(asdict(RECIPE) | {"epochs": 1} | change, source="test")
    plain = train(data, replace(RECIPE, epochs=1), tmp_path / "plain")
    one = train(data, recipe, tmp_path / "one")
    two = train(data, recipe, tmp_path / "two")
    np.testing.assert_array_equal(outputs(one), outputs(two))
    assert np.abs(outputs(one) - outputs(plain)).max() > 1e-4


def test_duplicates_of_test_pictures_can_be_left_out_of_training(tmp_path: Path) -> None:
    recipe = replace(RECIPE, epochs=1, drop_test_copies=True)
    nets = []
    for label in (0, 3):
        # The label of the copied picture must not influence the weights.
        data = tiny_fer(each=3)
        data.images[-1] = data.images[0]
        data.labels[0] = label
        nets.append(train(data, recipe, tmp_path / str(label)))
    np.testing.assert_array_equal(outputs(nets[0]), outputs(nets[1]))


def test_two_processes_train_one_net(tmp_path: Path) -> None:
    hardware = Hardware(accelerator="cpu", devices=2, threads=1)
    net = train(tiny_fer(), replace(RECIPE, epochs=1), tmp_path / "run", hardware=hardware)
    assert np.isfinite(outputs(net)).all()
    # 14 pictures in batches of 8: one step, of which each process took four.
    assert torch.load(Run(tmp_path / "run").checkpoint, weights_only=True)["global_step"] == 1


def test_run_starts_from_the_best_weights_of_another_run(tmp_path: Path) -> None:
    data = tiny_fer(votes=True)
    first = train(data, replace(RECIPE, epochs=1), tmp_path / "first")
    # A learning rate this low leaves the weights unchanged.
    still = replace(RECIPE, epochs=1, learning_rate=1e-12, seed=1)
    second = train(data, replace(still, start=str(tmp_path / "first")), tmp_path / "second")
    anew = train(data, still, tmp_path / "anew")
    torch.testing.assert_close(second.head.weight, first.head.weight)
    assert not torch.allclose(anew.head.weight, first.head.weight, atol=1e-3)


@pytest.mark.parametrize("as_file", [False, True], ids=["run", "model file"])
def test_run_starts_from_the_strongest_channels_of_a_wider_net(
    tmp_path: Path, *, as_file: bool
) -> None:
    data = tiny_fer(votes=True)
    start = tmp_path / "first"
    first = train(data, replace(RECIPE, epochs=1, net="compact-wide"), start)
    if as_file:
        start = tmp_path / "first.onnx"
        export(first).save(
            ModelCard(
                "compact-wide", 1.3, 0.4, CropGeometry(1.03, 0.0), "0", "none", 0, "Apache-2.0"
            ),
            start,
        )
        first = net_from_model_file(start, data.split(Split.Training).images)
    narrow = Compact()
    assert isinstance(first.backbone, Compact)
    kept = copy_strongest(first.backbone, narrow)
    # A learning rate this low leaves the weights unchanged.
    still = replace(RECIPE, epochs=1, learning_rate=1e-12, seed=1, start=str(start))
    second = train(data, still, tmp_path / "second")
    for name, weight in narrow.named_parameters():
        torch.testing.assert_close(second.backbone.get_parameter(name), weight)
    for name in ("head", "head_fer2013"):
        torch.testing.assert_close(
            getattr(second, name).weight, getattr(first, name).weight[:, kept]
        )
        torch.testing.assert_close(getattr(second, name).bias, getattr(first, name).bias)


def test_start_from_a_run_without_a_finished_epoch_is_refused(tmp_path: Path) -> None:
    (tmp_path / "first").mkdir()
    RECIPE.save(Run(tmp_path / "first").recipe_file)
    recipe = replace(RECIPE, start=str(tmp_path / "first"))
    with pytest.raises(DataError, match="is not a checkpoint of a run"):
        train(tiny_fer(votes=True), recipe, tmp_path / "second")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"start": "none"}, "none: is neither the folder of a run nor a model file"),
        ({"net": "mobilenet"}, "has another net"),
        ({"net": "compact-wide"}, "has another net"),
        ({"target": Target.LABEL}, "other heads"),
    ],
)
def test_start_from_a_run_without_the_net_and_heads_of_the_recipe_is_refused(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    data = tiny_fer(votes=True)
    train(data, replace(RECIPE, epochs=1), tmp_path / "first")
    recipe = replace(RECIPE, start=str(tmp_path / "first"))
    with pytest.raises(DataError, match=message):
        train(data, replace(recipe, **change), tmp_path / "second")
    assert not Run(tmp_path / "second").recipe_file.exists()


def test_resumed_distillation_with_cached_views_equals_an_uninterrupted_run(tmp_path: Path) -> None:
    data = tiny_fer(votes=True)
    recipe = replace(RECIPE, teachers=("compact",), views=2, jpeg=0.3)
    whole = train(data, recipe, tmp_path / "whole")
    stored = sorted((tmp_path / "views").glob("*/*.npy"))
    assert [file.name for file in stored] == ["view-000.npy", "view-001.npy"]
    train(data, recipe, tmp_path / "parts", stop_after=1)
    resumed = train(data, recipe, tmp_path / "parts", resume=True)
    np.testing.assert_allclose(outputs(resumed), outputs(whole), atol=1e-6)
    # The second run reused the predictions of the first.
    assert sorted((tmp_path / "views").glob("*/*.npy")) == stored
