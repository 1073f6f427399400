"""The nets, one module per family. A net maps [N, 1, 48, 48] to features [N, `feature_size`]."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from roomread.errors import DataError
from roomread.training.nets.cnn4 import CNN4
from roomread.training.nets.compact import Compact, CompactLarge, CompactWide, CompactXLarge
from roomread.training.nets.densenet import DenseNet
from roomread.training.nets.dexpression import DeXpression
from roomread.training.nets.mobilenet import MobileNet
from roomread.training.nets.resnet import ResNet
from roomread.training.nets.vgg import VGG

NETS: dict[str, Callable[[], nn.Module]] = {
    "compact": Compact,
    "compact-wide": CompactWide,
    "compact-large": CompactLarge,
    "compact-xlarge": CompactXLarge,
    "cnn4": CNN4,
    "vgg": VGG,
    "dexpression": DeXpression,
    "mobilenet": MobileNet,
    "densenet": DenseNet,
    "resnet": ResNet,
}


def cost(net: nn.Module) -> tuple[int, int]:
    """Return a net's number of parameters, and of multiply-adds for one picture."""
    example = torch.zeros(1, 1, 48, 48)
    training = net.training
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        net.eval()(example)
    net.train(training)
    return sum(p.numel() for p in net.parameters()), counter.get_total_flops() // 2


def make_net(name: str) -> nn.Module:
    """Create a net by name, with random weights.

    Raises:
        DataError: no net has this name.
    """
    if name not in NETS:
        raise DataError(f"there is no net '{name}'", hint=f"choose one of {', '.join(NETS)}")
    return NETS[name]()
