from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from fer_files import tiny_fer
from roomread.classifier import ExpressionClassifier, ModelCard
from roomread.readings import CropGeometry
from roomread.training.dataset import Split
from roomread.training.evaluate import score
from roomread.training.recipe import Recipe
from roomread.training.workbench import (
    AGAINST_FP32,
    _data_names,
    _prior,
    train_model,
    with_figures,
)

CARD = ModelCard("compact", 1.3, 0.4, CropGeometry(1.2, 0.0), "0", "none", 0, "Apache-2.0")


@pytest.mark.parametrize("votes", [True, False])
def test_training_writes_a_model_file_with_its_card(tmp_path: Path, *, votes: bool) -> None:
    data = tiny_fer(votes=votes)
    model = train_model(data, Recipe(epochs=1, batch_size=8), tmp_path / "run")
    assert (tmp_path / "run" / "model.onnx").exists()
    assert model.has_fer2013_head is votes
    assert model.card.data == f"fer2013 {data.digest}"
    assert any("PublicTest" in figure for figure in model.card.figures.values())
    assert not any("PrivateTest" in figure for figure in model.card.figures.values())
    assert ("FER+ majority, no copies" in model.card.confusion) is votes
    public = len(data.split(Split.PublicTest))
    assert np.sum(model.card.confusion["FER-2013 label, official"]) == public
    assert [row["epoch"] for row in model.card.curves] == [0.0]
    assert 0 <= model.card.curves[0]["val_accuracy"] <= 1
    scores = ExpressionClassifier(model).classify(data.images[:3])
    assert len(scores) == 3
    recipe = json.loads((tmp_path / "run" / "recipe.json").read_text())
    assert recipe["epochs"] == 1


def test_model_card_has_three_metrics_and_the_confusion_matrix_of_each_evaluation() -> None:
    probabilities = np.eye(7, dtype=np.float32)[[0, 1, 2, 3, 4, 5, 6, 6]]
    results = [score(name, probabilities, np.arange(8) % 7, "made up") for name in ("a", "b")]
    card = with_figures(CARD, results)
    assert list(card.figures) == [
        f"{name}: {kind}" for name in ("a", "b") for kind in ("accuracy", "macro-F1", "ECE")
    ]
    assert card.figures["a: accuracy"] == str(results[0].accuracy)
    assert card.confusion == {name: results[0].confusion.tolist() for name in ("a", "b")}
    assert replace(card, figures={}, confusion={}) == CARD


def test_comparison_with_fp32_is_kept_when_other_figures_are_replaced() -> None:
    results = [score("a", np.eye(7, dtype=np.float32), np.arange(7), "made up")]
    lost = "+0.28 points lost on PublicTest"
    before = replace(CARD, figures={"b: accuracy": "0.5", AGAINST_FP32: lost})
    after = with_figures(before, results)
    assert "b: accuracy" not in after.figures
    assert after.figures[AGAINST_FP32] == lost


@pytest.mark.parametrize(
    ("folder", "names"), [("", ""), ("faces", "; unlabelled pictures of faces")]
)
def test_data_set_in_the_model_card_is_named_without_a_local_path(
    tmp_path: Path, folder: str, names: str
) -> None:
    data = tiny_fer()
    unlabelled = str(tmp_path / folder) if folder else ""
    recipe = Recipe(unlabelled=unlabelled, teachers=("compact",))
    assert _data_names(recipe, data) == f"fer2013 {data.digest}{names}"


def test_prior_of_a_class_without_votes_is_above_zero() -> None:
    targets = torch.zeros(10, 7)
    targets[:, 3] = 1
    prior = _prior(targets)
    assert prior[3] == 1
    assert np.allclose(np.delete(prior, 3), 0.1)
