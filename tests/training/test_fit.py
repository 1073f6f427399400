from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from fer_files import tiny_fer
from roomread.classifier import ExpressionClassifier
from roomread.classifier.selfcheck import check_pictures
from roomread.errors import DataError
from roomread.training.dataset import Split
from roomread.training.expression_net import ExpressionNet
from roomread.training.fit import train
from roomread.training.nets import NETS, cost, make_net
from roomread.training.recipe import Recipe
from roomread.training.workbench import train_model

RECIPE = Recipe(epochs=2, batch_size=8)


def outputs(net: ExpressionNet) -> np.ndarray:
    pictures = torch.from_numpy(check_pictures()).unsqueeze(1)
    with torch.no_grad():
        logits: np.ndarray = net(pictures).logits.numpy()
    return logits


@pytest.mark.parametrize("name", sorted(NETS))
def test_every_net_keeps_the_contract(name: str) -> None:
    backbone = make_net(name)
    net = ExpressionNet(backbone, two_heads=True).eval()
    result = net(torch.from_numpy(check_pictures()).unsqueeze(1))
    assert result.logits.shape == (7, 7)
    assert result.features.shape == (7, backbone.feature_size)
    assert result.logits_fer2013.shape == (7, 7)


def test_the_default_net_is_small_enough_to_ship_and_run() -> None:
    parameters, macs = cost(make_net("compact"))
    assert 4 * parameters < 5_000_000
    assert macs < 100_000_000


def test_the_cost_of_a_convolution_is_counted_right() -> None:
    layer = torch.nn.Conv2d(1, 8, 3, padding=1, bias=False)
    assert cost(layer) == (72, 72 * 48 * 48)


def test_an_unknown_net_names_those_there_are() -> None:
    with pytest.raises(DataError, match="compact"):
        make_net("imaginary")


def test_a_resumed_run_ends_as_an_uninterrupted_one(tmp_path: Path) -> None:
    data = tiny_fer(votes=True)
    whole = train(data, RECIPE, tmp_path / "whole")
    # The schedule is that of two epochs in both; only the loop stops early.
    train(data, RECIPE, tmp_path / "parts", stop_after=1)
    resumed = train(data, RECIPE, tmp_path / "parts", resume=True)
    np.testing.assert_allclose(outputs(resumed), outputs(whole), atol=1e-6)


def test_another_seed_is_another_net(tmp_path: Path) -> None:
    data = tiny_fer()
    a = train(data, replace(RECIPE, epochs=1), tmp_path / "a")
    b = train(data, replace(RECIPE, epochs=1, seed=1), tmp_path / "b")
    assert np.abs(outputs(a) - outputs(b)).max() > 1e-3


def test_a_folder_with_a_run_is_not_overwritten(tmp_path: Path) -> None:
    data = tiny_fer()
    train(data, replace(RECIPE, epochs=1), tmp_path / "run")
    with pytest.raises(DataError, match="holds a run already"):
        train(data, RECIPE, tmp_path / "run")


def test_there_is_nothing_to_resume_in_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no finished epoch"):
        train(tiny_fer(), RECIPE, tmp_path / "run", resume=True)


def test_training_does_not_look_at_private_test(tmp_path: Path) -> None:
    data = tiny_fer()
    changed = tiny_fer()
    changed.images[changed.splits == Split.PrivateTest] = 7
    a = train(data, replace(RECIPE, epochs=1), tmp_path / "a")
    b = train(changed, replace(RECIPE, epochs=1), tmp_path / "b")
    np.testing.assert_array_equal(outputs(a), outputs(b))


@pytest.mark.parametrize("votes", [True, False])
def test_a_run_ends_in_a_model_file_with_its_card(tmp_path: Path, *, votes: bool) -> None:
    data = tiny_fer(votes=votes)
    model = train_model(data, replace(RECIPE, epochs=1), tmp_path / "run")
    assert (tmp_path / "run" / "model.onnx").exists()
    assert model.has_fer2013_head is votes
    assert model.card.data == f"fer2013 {data.digest}"
    assert any("PublicTest" in figure for figure in model.card.figures.values())
    assert not any("PrivateTest" in figure for figure in model.card.figures.values())
    scores = ExpressionClassifier(model).classify(data.images[:3])
    assert len(scores) == 3
    recipe = json.loads((tmp_path / "run" / "recipe.json").read_text())
    assert recipe["epochs"] == 1
