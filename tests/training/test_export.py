from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from roomread import classifier
from roomread.classifier import ModelCard, open_model, softmax
from roomread.classifier.selfcheck import (
    TOLERANCE,
)
from roomread.errors import ModelFileError
from roomread.readings import CropGeometry
from roomread.training import export
from roomread.training.expression_net import ExpressionNet
from roomread.training.nets import NETS, make_net

CARD = ModelCard("compact", 1.3, 0.4, CropGeometry(1.2, 0.0), "0", "none", 0, "Apache-2.0")
# The bundled net, and the nets that differ most from it.
EXPORTED = ("compact-large", "densenet", "mobilenet")
FURTHER = sorted(NETS.keys() - EXPORTED)


@pytest.mark.parametrize(
    "name", [*EXPORTED, *(pytest.param(name, marks=pytest.mark.sweep) for name in FURTHER)]
)
def test_onnx_runtime_returns_the_same_outputs_as_torch(name: str, tmp_path: Path) -> None:
    torch.manual_seed(3)
    net = ExpressionNet(make_net(name), two_heads=True)
    net.train()
    net(torch.randint(0, 256, (16, 1, 48, 48), dtype=torch.uint8))  # moves the batch statistics
    model = export.export(net).save(CARD, tmp_path / "model.onnx")
    noise = np.random.default_rng(0).integers(0, 256, (9, 48, 48), dtype=np.uint8)
    (logits,) = model.session.run(["logits"], {"faces": noise[:, None]})
    with torch.no_grad():
        expected = net.eval()(torch.from_numpy(noise).unsqueeze(1)).logits.numpy()
    np.testing.assert_allclose(softmax(logits), softmax(expected), atol=TOLERANCE)


def test_model_card_is_unchanged_after_writing_and_reading_a_model_file(tmp_path: Path) -> None:
    net = ExpressionNet(make_net("compact"), two_heads=False)
    export.export(net).save(CARD, tmp_path / "model.onnx")
    model = open_model(tmp_path / "model.onnx")
    assert model.card == CARD
    assert not model.has_fer2013_head
    assert model.side == 48


def test_model_file_contains_no_path_of_the_machine_that_wrote_it(tmp_path: Path) -> None:
    net = ExpressionNet(make_net("compact"), two_heads=False)
    export.export(net).save(CARD, tmp_path / "model.onnx")
    here = str(Path(export.__file__).parent).encode()
    assert here not in (tmp_path / "model.onnx").read_bytes()
    assert b"stack_trace" not in (tmp_path / "model.onnx").read_bytes()
    bundled = Path(classifier.__file__).parent / "bundled" / "compact.onnx"
    assert b"stack_trace" not in bundled.read_bytes()


def test_model_file_whose_outputs_differ_from_torch_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "check_probabilities", lambda _: np.zeros((7, 7), np.float32))
    net = ExpressionNet(make_net("compact"), two_heads=False)
    with pytest.raises(ModelFileError, match="ONNX Runtime and torch differ"):
        export.export(net).save(CARD, tmp_path / "model.onnx")
    assert list(tmp_path.iterdir()) == []
