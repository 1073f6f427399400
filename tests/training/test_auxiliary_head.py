from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import kornia
import numpy as np
import pytest
import torch

from auxiliary_table import DATA, table, write
from fer_files import tiny_fer
from roomread.classifier import ExpressionClassifier
from roomread.errors import DataError
from roomread.training.augment import Augmentation, augmentation
from roomread.training.auxiliary_head import AuxiliaryHead, Turns, training_targets, turned
from roomread.training.auxiliary_targets import UNITS
from roomread.training.expression_net import ExpressionNet
from roomread.training.fit import load_net, train
from roomread.training.nets import make_net
from roomread.training.nets.mobilenet import MobileNet
from roomread.training.quantise import quantise
from roomread.training.recipe import AUXILIARY_OUTPUTS, Recipe
from roomread.training.runs import Run
from roomread.training.workbench import finish, train_model

JAW = list(UNITS).index("AU26")


# An epoch of either data set is a single step.
FEW = tiny_fer()
SOME = tiny_fer(each=5)


@pytest.fixture
def recipe(tmp_path: Path) -> Recipe:
    path = write(tmp_path / "targets.parquet", table(FEW))
    return Recipe(net="mobilenet", epochs=1, batch_size=20, auxiliary=str(path))


def test_mirroring_and_clockwise_rotation_are_derived_from_a_transformation_matrix() -> None:
    mirror = torch.tensor([[-1.0, 0, 47], [0, 1, 0], [0, 0, 1]])
    # Kornia rotates anticlockwise by a positive angle.
    (rotation,) = kornia.geometry.transform.get_rotation_matrix2d(
        torch.tensor([[23.5, 23.5]]), torch.tensor([-10.0]), torch.full((1, 2), 1.1)
    )
    rotation = torch.cat([rotation, torch.tensor([[0.0, 0, 1]])])
    turns = Turns.of(torch.stack([torch.eye(3), mirror, rotation, rotation @ mirror]))
    assert turns.mirrored.tolist() == [False, True, False, True]
    torch.testing.assert_close(turns.degrees, torch.tensor([0.0, 0, 10, 10]), atol=1e-3, rtol=0)


def test_recorded_rotations_match_the_augmented_pictures() -> None:
    torch.manual_seed(0)
    images = torch.zeros(64, 1, 48, 48)
    # Draw a horizontal bar that is brightest at its right end.
    images[:, :, 22:26, 8:40] = torch.linspace(0, 1, 32)
    # Use only the first two changes, which move pixels; the others change light and sharpness.
    change = Augmentation(*list(augmentation(cutout=0.0))[:2])
    seen, turns = change(images)[:, 0], change.turns
    y, x = torch.meshgrid(torch.arange(48.0), torch.arange(48.0), indexing="ij")
    middle, end = (
        torch.stack([(weight * each).sum((1, 2)) / weight.sum((1, 2)) for each in (x, y)])
        for weight in ((seen > 0.1).float(), (seen > 0.7).float())
    )
    dx, dy = end - middle
    assert ((dx < 0) == turns.mirrored).all()
    sign = torch.where(turns.mirrored, -1.0, 1.0)
    seen_degrees = torch.rad2deg(torch.atan2(sign * dy, sign * dx))
    assert (seen_degrees - turns.degrees).abs().max() < 3
    assert turns.degrees.abs().max() > 8


def test_mirroring_and_rotation_change_only_yaw_and_roll() -> None:
    targets = torch.tensor([[0.5] * len(UNITS) + [20.0, 5.0, 10.0]]).repeat(2, 1)
    turns = Turns(torch.tensor([True, False]), torch.tensor([3.0, -3.0]))
    result = turned(targets, turns, AUXILIARY_OUTPUTS)
    assert result[0, -3:].tolist() == [-20.0, 5.0, -7.0]
    assert result[1, -3:].tolist() == [20.0, 5.0, 7.0]
    assert torch.equal(result[:, : len(UNITS)], targets[:, : len(UNITS)])


def test_pictures_without_targets_add_no_loss() -> None:
    head = AuxiliaryHead(make_net("mobilenet"), AUXILIARY_OUTPUTS)
    targets = torch.rand(3, len(UNITS) + 3)
    head.set_scale(targets)
    predictions = torch.zeros(3, len(UNITS) + 3)
    unknown = targets.clone()
    unknown[0] = torch.nan
    expected = head.loss(predictions[1:], targets[1:])
    torch.testing.assert_close(head.loss(predictions, unknown), expected)
    assert head.loss(predictions[:1], unknown[:1]) == 0


def test_picture_without_a_face_in_the_target_table_has_no_auxiliary_targets(
    tmp_path: Path,
) -> None:
    found = np.ones(len(DATA), dtype=bool)
    found[3] = False
    path = write(tmp_path / "targets.parquet", table(found=found))
    targets = training_targets(Recipe(auxiliary=str(path)), DATA)
    assert targets.shape == (len(DATA), len(UNITS) + 3)
    assert targets[3].isnan().all()
    assert not targets[2].isnan().any()


def test_unscaled_weights_predict_the_targets_in_their_original_units() -> None:
    net = ExpressionNet(make_net("mobilenet"), two_heads=False, auxiliary=("pose",)).eval()
    assert net.auxiliary is not None
    net.auxiliary.set_scale(torch.tensor([[-40.0, 0, 5], [40.0, 10, 5]]))
    maps = torch.rand(4, 512, 6, 6)
    weight, bias = net.auxiliary.linear_of_raw_targets()
    grid = torch.nn.functional.avg_pool2d(maps, 2).flatten(1).numpy()
    expected = net.auxiliary(maps).detach() * net.auxiliary.deviation + net.auxiliary.mean
    np.testing.assert_allclose(grid @ weight + bias, expected.numpy(), rtol=1e-4, atol=1e-3)


@pytest.fixture
def finished(tmp_path: Path) -> Run:
    """A run whose net has random weights, but whose auxiliary head predicts the targets."""
    recipe = Recipe(
        net="mobilenet", auxiliary=str(write(tmp_path / "some.parquet", table(SOME))), balance=False
    )
    torch.manual_seed(0)
    backbone = MobileNet()
    net = ExpressionNet(backbone, two_heads=False, auxiliary=AUXILIARY_OUTPUTS).eval()
    assert net.auxiliary is not None
    targets = training_targets(recipe, SOME)
    net.auxiliary.set_scale(targets)
    with torch.no_grad():
        pictures = net.normalise(torch.from_numpy(SOME.images).unsqueeze(1))
        grid = torch.nn.functional.avg_pool2d(backbone.maps(pictures), 2).flatten(1)
        wanted = (targets - net.auxiliary.mean) / net.auxiliary.deviation
        products = grid @ grid.T + 1e-3 * torch.eye(len(SOME))
        net.auxiliary.linear.weight.copy_((grid.T @ torch.linalg.solve(products, wanted)).T)
        net.auxiliary.linear.bias.zero_()
    run = Run(tmp_path / "run")
    run.checkpoint.parent.mkdir(parents=True)
    state = {f"net.{name}": value for name, value in net.state_dict().items()}
    torch.save({"state_dict": state}, run.checkpoint)
    recipe.save(run.recipe_file)
    return run


def test_auxiliary_outputs_trained_with_the_net_are_in_its_model_file(finished: Run) -> None:
    model = finish(finished, SOME)
    assert list(model.card.action_units) == ["AU26"]
    assert model.card.action_units["AU26"]["r"] > 0.9
    assert model.card.pose["taught by"] == "MediaPipe Face Landmarker"
    predictions = ExpressionClassifier(model).predict(SOME.images)
    for values in (predictions.action_units[:, 0], predictions.pose[:, 0]):
        assert np.corrcoef(values, SOME.labels)[0, 1] > 0.9


@pytest.mark.sweep
def test_int8_model_file_keeps_the_auxiliary_outputs(finished: Run) -> None:
    model = finish(finished, SOME)
    int8 = quantise(finished.model, SOME, finished.int8_model).model
    assert int8.card.action_units == model.card.action_units
    plain, small = (ExpressionClassifier(m).predict(SOME.images) for m in (model, int8))
    np.testing.assert_allclose(small.pose, plain.pose, atol=5)


def test_resumed_run_with_auxiliary_targets_of_views_equals_an_uninterrupted_run(
    tmp_path: Path, recipe: Recipe
) -> None:
    recipe = replace(recipe, epochs=2, teachers=("compact",), views=2)
    whole = train(FEW, recipe, tmp_path / "whole")
    train(FEW, recipe, tmp_path / "parts", stop_after=1)
    resumed = train(FEW, recipe, tmp_path / "parts", resume=True)
    for name, value in whole.state_dict().items():
        torch.testing.assert_close(resumed.state_dict()[name], value, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("outputs", [(), AUXILIARY_OUTPUTS], ids=str)
def test_run_can_start_from_a_run_with_other_auxiliary_outputs(
    tmp_path: Path, recipe: Recipe, outputs: tuple[str, ...]
) -> None:
    table = recipe.auxiliary if outputs else ""
    first = replace(recipe, auxiliary=table, auxiliary_outputs=outputs or AUXILIARY_OUTPUTS)
    before = train(FEW, first, tmp_path / "first")
    still = replace(recipe, start=str(tmp_path / "first"), learning_rate=1e-12)
    after = train(FEW, still, tmp_path / "second")
    torch.testing.assert_close(after.head.weight, before.head.weight)
    assert after.auxiliary is not None
    assert len(after.auxiliary.mean) == len(UNITS) + 3
    if outputs == AUXILIARY_OUTPUTS:
        assert before.auxiliary is not None
        torch.testing.assert_close(after.auxiliary.linear.weight, before.auxiliary.linear.weight)


@pytest.mark.sweep
def test_run_without_auxiliary_outputs_can_start_from_a_run_with_auxiliary_outputs(
    tmp_path: Path, recipe: Recipe
) -> None:
    model = train_model(FEW, recipe, tmp_path / "first")
    assert model.card.training["auxiliary"] == recipe.auxiliary
    for name, start in (("run", tmp_path / "first"), ("file", Run(tmp_path / "first").model)):
        plain = replace(recipe, auxiliary="", start=str(start), learning_rate=1e-12)
        assert train(FEW, plain, tmp_path / name).auxiliary is None


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"net": "cnn4"}, "need a net whose final feature maps"),
        ({"auxiliary": "none.parquet"}, "cannot be read as a table"),
    ],
    ids=["net", "table"],
)
def test_net_without_feature_maps_or_unreadable_target_table_is_refused_before_training(
    tmp_path: Path, recipe: Recipe, change: dict[str, Any], problem: str
) -> None:
    with pytest.raises(DataError, match=problem):
        train(FEW, replace(recipe, **change), tmp_path / "run")
    assert not Run(tmp_path / "run").recipe_file.exists()


def test_net_loaded_from_a_checkpoint_has_its_auxiliary_outputs(
    tmp_path: Path, recipe: Recipe
) -> None:
    recipe = replace(recipe, auxiliary_outputs=("pose",))
    train(FEW, recipe, tmp_path / "run")
    loaded = load_net(Run(tmp_path / "run").checkpoint, recipe)
    assert loaded.auxiliary is not None
    assert loaded.auxiliary.linear.weight.shape == (3, 9 * 512)
