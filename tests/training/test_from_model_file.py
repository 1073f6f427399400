from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper

from fer_files import tiny_fer
from roomread import classifier
from roomread.classifier import ModelCard
from roomread.errors import DataError
from roomread.readings import CropGeometry
from roomread.training.dataset import Split
from roomread.training.export import export
from roomread.training.expression_net import ExpressionNet
from roomread.training.fit import train
from roomread.training.from_model_file import net_from_model_file
from roomread.training.nets import make_net
from roomread.training.recipe import Recipe

CARD = ModelCard("compact", 1.3, 0.4, CropGeometry(1.03, 0.0), "0", "none", 0, "Apache-2.0")
IMAGES = tiny_fer(each=8).images
BUNDLED = Path(classifier.__file__).parent / "bundled" / "compact.onnx"


def moved_net() -> ExpressionNet:
    """Return an untrained net with measured statistics of batch normalisation."""
    torch.manual_seed(0)
    net = ExpressionNet(make_net("compact"), two_heads=True).train()
    for _ in range(3):
        net(torch.from_numpy(IMAGES).unsqueeze(1))
    return net.eval()


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[ExpressionNet, Path]:
    net, path = moved_net(), tmp_path_factory.mktemp("model") / "model.onnx"
    export(net).save(CARD, path)
    return net, path


def outputs(net: ExpressionNet) -> tuple[torch.Tensor, torch.Tensor | None]:
    with torch.no_grad():
        found = net(torch.from_numpy(IMAGES).unsqueeze(1))
    return found.logits, found.logits_fer2013


def test_net_loaded_from_a_model_file_gives_the_same_outputs_in_evaluation_mode(
    exported: tuple[ExpressionNet, Path],
) -> None:
    net, path = exported
    torch.testing.assert_close(
        outputs(net_from_model_file(path, IMAGES)), outputs(net), atol=1e-3, rtol=1e-3
    )


def test_batch_norm_statistics_of_the_loaded_net_come_from_the_given_pictures(
    exported: tuple[ExpressionNet, Path],
) -> None:
    net = net_from_model_file(exported[1], IMAGES)
    before = outputs(net)
    # In training, batch normalisation uses the statistics of the batch: here, of the same pictures.
    net.dropout.p = 0.0
    net.train()
    after = outputs(net)
    torch.testing.assert_close(after, before, atol=2e-2, rtol=2e-2)


def test_weights_in_16_bits_are_read(exported: tuple[ExpressionNet, Path], tmp_path: Path) -> None:
    net, path = exported
    proto = onnx.load(path)
    graph = proto.graph
    for weight in [w for w in graph.initializer if w.data_type == onnx.TensorProto.FLOAT]:
        if weight.name.endswith(".weight"):
            half = numpy_helper.to_array(weight).astype(np.float16)
            graph.initializer.remove(weight)
            graph.initializer.append(numpy_helper.from_array(half, f"{weight.name}_short"))
            graph.node.insert(
                0,
                onnx.helper.make_node(
                    "Cast", [f"{weight.name}_short"], [weight.name], to=onnx.TensorProto.FLOAT
                ),
            )
    onnx.save(proto, tmp_path / "half.onnx")
    found, _ = outputs(net_from_model_file(tmp_path / "half.onnx", IMAGES))
    torch.testing.assert_close(found, outputs(net)[0], atol=0.02, rtol=0.02)


def test_int8_file_is_refused() -> None:
    with pytest.raises(DataError, match="int8"):
        net_from_model_file(BUNDLED, IMAGES)


def test_file_whose_card_names_another_net_is_refused(
    exported: tuple[ExpressionNet, Path], tmp_path: Path
) -> None:
    path = tmp_path / "model.onnx"
    export(exported[0]).save(replace(CARD, net="compact-wide"), path)
    with pytest.raises(DataError, match="does not hold the weights of 'compact-wide'"):
        net_from_model_file(path, IMAGES)


@pytest.mark.training
def test_training_starts_from_a_model_file(
    exported: tuple[ExpressionNet, Path], tmp_path: Path
) -> None:
    net, path = exported
    data = tiny_fer(each=8, votes=True)
    # Learning rate and warm-up keep the weights where they start.
    recipe = Recipe(epochs=1, start=str(path), learning_rate=1e-9, warmup=0.0, batch_size=32)
    trained = train(data, recipe, tmp_path / "run")
    start = data.split(Split.PublicTest).images
    with torch.no_grad():
        expected, found = (n(torch.from_numpy(start)[:, None]).features for n in (net, trained))
    assert torch.corrcoef(torch.stack([expected.flatten(), found.flatten()]))[0, 1] > 0.9
