"""Export a trained net as a model file in the format of `classifier.model_file`."""

from __future__ import annotations

import itertools
import logging
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from roomread.classifier import ModelCard, ModelFile, open_model, softmax
from roomread.classifier.model_file import CARD_KEY
from roomread.classifier.selfcheck import TOLERANCE, check_pictures, check_probabilities
from roomread.errors import ModelFileError
from roomread.training.expression_net import ExpressionNet
from roomread.training.rewrite import rewritten


class _AsTuple(nn.Module):
    """A wrapper that returns a tuple of tensors, as the exporter requires."""

    def __init__(self, net: ExpressionNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, faces: Tensor) -> tuple[Tensor, ...]:
        outputs = self.net(faces)
        return tuple(value for value in outputs if value is not None)


@dataclass(frozen=True, slots=True, eq=False)
class ExportedNet:
    """A net and its ONNX graph, which can be saved several times with different cards.

    Attributes:
        net: the net that was exported.
        graph: the net's graph, to which `save` adds the card.
    """

    net: ExpressionNet
    graph: onnx.ModelProto

    def save(self, card: ModelCard, path: Path) -> ModelFile:
        """Write a model file atomically, and open it.

        Raises:
            ModelFileError: ONNX Runtime and torch differ by more than `selfcheck.TOLERANCE`.
            OSError: the file cannot be written.
        """
        onnx.helper.set_model_props(self.graph, {CARD_KEY: card.to_json()})
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            draft = Path(folder) / path.name
            onnx.save(self.graph, draft)
            model = open_model(draft)
            difference = _difference(self.net, model)
            if difference > TOLERANCE:
                raise ModelFileError(
                    f"{path}: was not written, because the outputs of ONNX Runtime and torch "
                    f"differ by {difference:.1e}"
                )
            draft.replace(path)
        return model


def export(net: ExpressionNet) -> ExportedNet:
    """Export a net with its current weights, in evaluation mode.

    Raises:
        ModelFileError: torch cannot export the net.
    """
    net = net.eval()
    names = ["logits", "features"] + (["logits_fer2013"] if net.head_fer2013 else [])
    example = torch.from_numpy(check_pictures(count=2)).unsqueeze(1)
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        # torch 2.13's exporter uses a class that torch deprecated.
        warnings.filterwarnings("ignore", message=".*LeafSpec.*", category=FutureWarning)
        program = torch.onnx.export(
            _AsTuple(net).eval(),
            (example,),
            dynamo=True,
            input_names=["faces"],
            output_names=names,
            dynamic_shapes={"faces": {0: torch.export.Dim("N")}},
            verbose=False,
        )
    if program is None:
        raise ModelFileError("torch could not export the net")
    return ExportedNet(net, rewritten(without_notes(program.model_proto)))


def without_notes(model: onnx.ModelProto) -> onnx.ModelProto:
    """Remove the exporter's metadata, whose stack traces contain paths of this machine."""
    graph = model.graph
    described = (graph.node, graph.value_info, graph.initializer, graph.input, graph.output)
    for part in (graph, *itertools.chain(*described)):
        part.ClearField("metadata_props")
    return model


def _difference(net: ExpressionNet, model: ModelFile) -> float:
    pictures = torch.from_numpy(check_pictures(model.side)).unsqueeze(1)
    with torch.no_grad():
        expected = softmax(net(pictures).logits.numpy())
    return float(np.abs(check_probabilities(model) - expected).max())
