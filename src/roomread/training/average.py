"""Average the weights of several runs of one net into a new run.

The average of nets that were trained from the same weights is often better than each of them
(Wortsman et al. 2022, "Model soups", arXiv:2203.05482). The weights of nets with different initial
weights cannot be averaged: start the runs from one run (`start` in the recipe).
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from roomread.classifier import ModelFile
from roomread.errors import DataError
from roomread.training.dataset import FerData
from roomread.training.expression_net import ExpressionNet
from roomread.training.fit import load_net, training_rows
from roomread.training.runs import Run
from roomread.training.workbench import finish

_BATCH = 256


def average_runs(runs: Sequence[Run], data: FerData, out: Path) -> ModelFile:
    """Write a run whose weights are the mean of the best epochs of several runs.

    The new run has the recipe of the first run, and is calibrated and exported like every run.

    Args:
        runs: at least two runs of the same net with the same heads.
        data: all splits; batch normalisation is measured on Training.
        out: the folder of the new run.

    Raises:
        DataError: there are fewer than two runs, a run is missing or has another net or other
            heads, or `out` already contains a run.
        ModelFileError: ONNX Runtime differs from torch on the exported file.
    """
    if len(runs) < 2:
        raise DataError("an average needs at least two runs", hint="name another run")
    run = Run(out)
    if run.checkpoint.exists():
        raise DataError(f"{out}: already contains a run", hint="name another folder")
    recipe = runs[0].recipe()
    net = average_nets([load_net(each.checkpoint, each.recipe()) for each in runs])
    measure_batch_norm(net, training_rows(data, recipe).images)
    run.checkpoint.parent.mkdir(parents=True, exist_ok=True)
    weights = {f"net.{name}": value for name, value in net.state_dict().items()}
    torch.save({"state_dict": weights}, run.checkpoint)
    recipe.save(run.recipe_file)
    if runs[0].source_file.exists():
        shutil.copyfile(runs[0].source_file, run.source_file)
    return finish(run, data)


def average_nets(nets: Sequence[ExpressionNet]) -> ExpressionNet:
    """Set the weights of the first net to the mean of all nets' weights, and return that net.

    Raises:
        DataError: the nets differ in a layer or a head.
    """
    states = [net.state_dict() for net in nets]
    shapes = [{name: value.shape for name, value in state.items()} for state in states]
    if any(each != shapes[0] for each in shapes):
        raise DataError("the weights cannot be averaged: the nets or heads of the runs differ")
    mean = {
        name: torch.stack([state[name].double() for state in states]).mean(dim=0).to(value.dtype)
        for name, value in states[0].items()
    }
    nets[0].load_state_dict(mean)
    return nets[0]


def measure_batch_norm(net: ExpressionNet, images: NDArray[np.uint8]) -> None:
    """Measure the statistics of batch normalisation for averaged weights.

    Izmailov et al. 2018, "Averaging Weights Leads to Wider Optima", arXiv:1803.05407.

    Args:
        net: the net, which is changed in place and left in evaluation mode.
        images: uint8 [N, 48, 48]. Batches are drawn in a fixed random order, as a data set may be
            sorted by class.
    """
    layers = [layer for layer in net.modules() if isinstance(layer, nn.BatchNorm2d)]
    momenta = [layer.momentum for layer in layers]
    for layer in layers:
        layer.reset_running_stats()
        # A momentum of None gives all batches equal weight.
        layer.momentum = None
    order = np.random.default_rng(0).permutation(len(images))
    net.train()
    with torch.no_grad():
        for start in range(0, len(images), _BATCH):
            rows = order[start : start + _BATCH]
            net(torch.from_numpy(images[rows]).unsqueeze(1))
    for layer, momentum in zip(layers, momenta, strict=True):
        layer.momentum = momentum
    net.eval()
