from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from fer_files import tiny_fer
from roomread import classifier
from roomread.classifier import ExpressionClassifier, ModelCard, open_model
from roomread.errors import DataError, ModelFileError
from roomread.readings import CropGeometry
from roomread.training.dataset import Split
from roomread.training.export import export
from roomread.training.expression_net import ExpressionNet
from roomread.training.nets import make_net
from roomread.training.quantise import quantise


@pytest.fixture(scope="module")
def fp32(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the model file of an untrained net with measured batch normalisation statistics."""
    torch.manual_seed(0)
    net = ExpressionNet(make_net("compact"), two_heads=True).train()
    net(torch.randint(0, 256, (32, 1, 48, 48), dtype=torch.uint8))
    path = tmp_path_factory.mktemp("fp32") / "model.onnx"
    card = ModelCard("compact", 1.3, 0.4, CropGeometry(1.03, 0.0), "0", "none", 0, "Apache-2.0")
    export(net).save(card, path)
    return path


def test_int8_file_is_smaller_and_its_card_states_the_loss_of_accuracy(
    tmp_path: Path, fp32: Path
) -> None:
    data = tiny_fer(each=12, votes=True)
    plain = open_model(fp32)
    result = quantise(fp32, data, tmp_path / "model.int8.onnx")
    assert result.model.size < 0.4 * plain.size
    assert result.model.card.precision == "int8"
    assert result.model.card.temperature == plain.card.temperature
    assert "points lost on PublicTest" in result.model.card.figures["against fp32"]
    assert result.model.has_fer2013_head
    reopened = ExpressionClassifier(open_model(tmp_path / "model.int8.onnx"))
    difference = [
        abs(a.probabilities - b.probabilities).max()
        for a, b in zip(
            reopened.classify(data.images),
            ExpressionClassifier(plain).classify(data.images),
            strict=True,
        )
    ]
    assert np.mean(difference) < 0.05
    assert [p.name for p in tmp_path.iterdir()] == ["model.int8.onnx"]


def test_int8_file_is_not_quantised_again(tmp_path: Path) -> None:
    bundled = Path(classifier.__file__).parent / "bundled" / "compact.onnx"
    with pytest.raises(ModelFileError, match="int8 already"):
        quantise(bundled, tiny_fer(), tmp_path / "model.int8.onnx")


def test_no_int8_file_is_written_for_data_without_a_public_test_split(
    tmp_path: Path, fp32: Path
) -> None:
    data = tiny_fer()
    data = data.take(data.splits != Split.PublicTest)
    with pytest.raises(DataError, match="no PublicTest"):
        quantise(fp32, data, tmp_path / "model.int8.onnx")
    assert list(tmp_path.iterdir()) == []
