"""Read the weights of a model file back into a net, so that training can start from them.

An exported graph has batch normalisation merged into the convolutions. This module separates it
again: it measures the statistics on pictures, and chooses scale and offset so that the net computes
the same as the file.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor, nn

from roomread.classifier import open_model
from roomread.classifier.selfcheck import check_pictures
from roomread.errors import DataError
from roomread.training.expression_net import ExpressionNet
from roomread.training.nets import make_net

_BATCH = 256
# The largest difference of logits between the file and the net. Weights in 16 bits are exact in
# both, so that only the order of additions differs.
_TOLERANCE = 1e-3


def net_from_model_file(path: Path, images: NDArray[np.uint8]) -> ExpressionNet:
    """Return a net with the weights of a model file, in evaluation mode.

    Args:
        path: a model file in fp32, or with weights in 16 bits, as `roomread train` writes it.
        images: uint8 [N, 48, 48], ordinary faces on which the statistics of batch normalisation are
            measured.

    Raises:
        ModelFileError: `path` is not a model file.
        DataError: the file is int8 or refitted, or its graph does not have the layers of the net
            that its card names.
    """
    model = open_model(path)
    if model.card.precision == "int8" or model.card.refit:
        raise DataError(
            f"{path}: training cannot start from an int8 or refitted model file",
            hint="use the run's model.onnx",
        )
    weights = _initialisers(onnx.load(path))
    net = ExpressionNet(make_net(model.card.net), two_heads=model.has_fer2013_head).eval()
    try:
        _load(net, weights)
    except (KeyError, RuntimeError) as error:
        raise DataError(f"{path}: does not hold the weights of '{model.card.net}'") from error
    _measure(net, images)
    pictures = check_pictures(model.side)[:, None]
    (expected,) = model.session.run(["logits"], {"faces": pictures})
    with torch.no_grad():
        difference = np.abs(net(torch.from_numpy(pictures)).logits.numpy() - expected).max()
    if difference > _TOLERANCE:
        raise DataError(
            f"{path}: the logits of the net rebuilt from this file differ by {difference:.1e} from "
            "those of the file",
            hint="export the net again",
        )
    return net


def _initialisers(model: onnx.ModelProto) -> dict[str, Tensor]:
    """Return the weights by their names in `ExpressionNet`, as float32.

    A convolution into which batch normalisation was merged has, in addition to its weight, a
    `<weight>_bias`. Average pooling that `rewrite` merged into a convolution is undone.
    """
    graph = model.graph
    found = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    for node in graph.node:
        if node.op_type == "Cast" and node.input[0] in found:
            found[node.output[0]] = found[node.input[0]]
    weights = {}
    for name, value in found.items():
        plain = name.removeprefix("net.").removesuffix("_averaging")
        merged = name.endswith(".weight_averaging")
        weight = value.sum(axis=(2, 3), keepdims=True) if merged else value
        weights[plain] = torch.from_numpy(np.array(weight, dtype=np.float32))
    return weights


def _load(net: ExpressionNet, weights: dict[str, Tensor]) -> None:
    """Load weights into a net, with the biases of the file as offsets of batch normalisation.

    Raises:
        KeyError: a weight is missing.
        RuntimeError: a weight has another shape.
    """
    modules = [
        (name, module) for name, module in net.named_modules() if not list(module.children())
    ]
    before = ""
    state = {}
    for name, module in modules:
        if isinstance(module, nn.BatchNorm2d):
            # The layer before it is the convolution that it was merged into.
            state[f"{name}.bias"] = weights[f"{before}.weight_bias"]
            state[f"{name}.weight"] = torch.ones(module.num_features)
            state[f"{name}.running_mean"] = torch.zeros(module.num_features)
            state[f"{name}.running_var"] = torch.ones(module.num_features) - module.eps
            state[f"{name}.num_batches_tracked"] = torch.zeros((), dtype=torch.long)
        else:
            for kind, _ in module.named_parameters(recurse=False):
                state[f"{name}.{kind}"] = weights[f"{name}.{kind}"]
        before = name
    net.load_state_dict(state)


@torch.no_grad()
def _measure(net: ExpressionNet, images: NDArray[np.uint8]) -> None:
    """Measure the statistics of batch normalisation, without changing the net's output."""
    layers = [layer for layer in net.modules() if isinstance(layer, nn.BatchNorm2d)]
    sums = {layer: torch.zeros(2, layer.num_features, dtype=torch.float64) for layer in layers}
    count = dict.fromkeys(layers, 0)

    def add(layer: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        if isinstance(layer, nn.BatchNorm2d):
            x = inputs[0].double()
            sums[layer] += torch.stack([x.sum(dim=(0, 2, 3)), x.square().sum(dim=(0, 2, 3))])
            count[layer] += x[:, 0].numel()

    hooks = [layer.register_forward_pre_hook(add) for layer in layers]
    for start in range(0, len(images), _BATCH):
        net(torch.from_numpy(images[start : start + _BATCH]).unsqueeze(1))
    for hook in hooks:
        hook.remove()
    for layer in layers:
        mean, square = sums[layer] / count[layer]
        variance = square - mean.square()
        layer.running_mean = mean.float()
        layer.running_var = variance.float()
        layer.weight.copy_((variance + layer.eps).sqrt())
        layer.bias.add_(mean)
