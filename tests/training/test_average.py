from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from fer_files import tiny_fer
from roomread.errors import DataError
from roomread.training.average import average_nets, average_runs, measure_batch_norm
from roomread.training.expression_net import ExpressionNet
from roomread.training.fit import load_net
from roomread.training.nets import make_net
from roomread.training.recipe import Recipe
from roomread.training.runs import DataSource, Run

RECIPE = Recipe(net="mobilenet", epochs=3)


def net(seed: int, *, name: str = "mobilenet", two_heads: bool = True) -> ExpressionNet:
    torch.manual_seed(seed)
    return ExpressionNet(make_net(name), two_heads=two_heads).eval()


def write_run(folder: Path, weights: ExpressionNet, recipe: Recipe = RECIPE) -> Run:
    """Write the folder of a run with the given weights."""
    run = Run(folder)
    run.checkpoint.parent.mkdir(parents=True)
    state = {f"net.{name}": value for name, value in weights.state_dict().items()}
    torch.save({"state_dict": state}, run.checkpoint)
    recipe.save(run.recipe_file)
    return run


def test_averaged_net_has_the_mean_of_every_weight() -> None:
    one, two = net(1), net(2)
    expected = (one.head.weight + two.head.weight) / 2
    average = average_nets([one, two])
    torch.testing.assert_close(average.head.weight, expected)
    assert (
        dict(average.state_dict())["backbone.layers.0.1.num_batches_tracked"].dtype == torch.int64
    )


@pytest.mark.parametrize(
    "other", [net(2, name="compact"), net(2, two_heads=False)], ids=["net", "heads"]
)
def test_averaging_different_nets_or_heads_is_refused(other: ExpressionNet) -> None:
    with pytest.raises(DataError, match="cannot be averaged"):
        average_nets([net(1), other])


def test_batch_norm_statistics_are_recomputed_from_the_given_pictures() -> None:
    images = tiny_fer(each=8).images
    results = []
    for scale in (1.0, 50.0):
        measured = net(1)
        for layer in measured.modules():
            if isinstance(layer, torch.nn.BatchNorm2d):
                layer.running_var.mul_(scale)  # type: ignore[union-attr]
        measure_batch_norm(measured, images)
        assert not measured.training
        results.append(measured(torch.from_numpy(images).unsqueeze(1)).logits)
    torch.testing.assert_close(*results)


def test_average_of_runs_is_stored_as_a_run_with_a_checkpoint_and_a_model_file(
    tmp_path: Path,
) -> None:
    data = tiny_fer(each=4, votes=True)
    runs = [write_run(tmp_path / str(seed), net(seed)) for seed in (1, 2)]
    runs[0].save_source(DataSource("fer2013.csv", None, data.digest))
    model = average_runs(runs, data, tmp_path / "mean")
    mean = Run(tmp_path / "mean")
    assert mean.recipe() == RECIPE
    assert mean.source_file.read_text() == runs[0].source_file.read_text()
    weights = load_net(mean.checkpoint, RECIPE)
    # Calibration changes biases of the exported file only.
    expected = average_nets([load_net(run.checkpoint, RECIPE) for run in runs])
    torch.testing.assert_close(weights.head.weight, expected.head.weight)
    (features,) = model.session.run(["features"], {"faces": data.images[:3, None]})
    with torch.no_grad():
        of_torch = weights(torch.from_numpy(data.images[:3]).unsqueeze(1)).features.numpy()
    np.testing.assert_allclose(features, of_torch, atol=1e-3)
    with pytest.raises(DataError, match="already contains a run"):
        average_runs(runs, data, tmp_path / "mean")


def test_averaging_a_single_run_or_a_missing_run_is_an_error(tmp_path: Path) -> None:
    data = tiny_fer()
    run = write_run(tmp_path / "one", net(1))
    with pytest.raises(DataError, match="at least two runs"):
        average_runs([run], data, tmp_path / "mean")
    missing = Run(tmp_path / "none")
    with pytest.raises(DataError, match="not a recipe"):
        average_runs([run, missing], data, tmp_path / "mean")
    assert not (tmp_path / "mean").exists()
