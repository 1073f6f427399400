"""A DenseNet: the input of each layer is the output of all layers before it in its block."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from roomread.training.nets.layers import MapNet


class DenseNet(MapNet):
    """DenseNet-BC with growth 16 and three blocks of eight layers.

    Huang, Liu, van der Maaten, Weinberger 2016, "Densely Connected Convolutional Networks",
    arXiv:1608.06993, in its form for small pictures.
    """

    growth, depth = 16, 8
    feature_size = 232

    def __init__(self) -> None:
        super().__init__()
        channels = 32
        layers: list[nn.Module] = [nn.Conv2d(1, channels, 3, padding=1, bias=False)]
        layers.append(nn.MaxPool2d(2))
        for block in range(3):
            if block:
                layers.append(_transition(channels, channels // 2))
                channels //= 2
            for _ in range(self.depth):
                layers.append(DenseLayer(channels, self.growth))
                channels += self.growth
        layers += [nn.BatchNorm2d(channels), nn.ReLU(inplace=True)]
        self.layers = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten())


class DenseLayer(nn.Module):
    """A layer that appends `growth` channels to its input.

    [N, inputs, H, W] -> [N, inputs + growth, H, W].
    """

    def __init__(self, inputs: int, growth: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.BatchNorm2d(inputs),
            nn.ReLU(),
            nn.Conv2d(inputs, 4 * growth, 1, bias=False),
            nn.BatchNorm2d(4 * growth),
            nn.ReLU(inplace=True),
            nn.Conv2d(4 * growth, growth, 3, padding=1, bias=False),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, inputs, H, W] to [N, inputs + growth, H, W]."""
        return torch.cat([x, self.body(x)], dim=1)


def _transition(inputs: int, outputs: int) -> nn.Sequential:
    """Return a layer from [N, inputs, H, W] to [N, outputs, H/2, W/2]."""
    return nn.Sequential(
        nn.BatchNorm2d(inputs),
        nn.ReLU(inplace=True),
        nn.Conv2d(inputs, outputs, 1, bias=False),
        nn.AvgPool2d(2),
    )
