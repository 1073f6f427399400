"""DeXpression: parallel paths with filters of different sizes, designed for expressions."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from roomread.training.nets.layers import MapNet


class DeXpression(MapNet):
    """A 7x7 convolution and two FeatEx blocks.

    Burkert, Trier, Afzal, Dengel, Liwicki 2015, "DeXpression: Deep Convolutional Neural Network
    for Expression Recognition", arXiv:1509.05371. The original net takes pictures of 224x224. Here
    the first convolution keeps the resolution of 48x48, and batch normalisation replaces local
    response normalisation.
    """

    feature_size = 272

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, 64, 7, padding=3, bias=False),
            nn.BatchNorm2d(64),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, 2, padding=1),
            FeatEx(64),
            nn.MaxPool2d(3, 2, padding=1),
            FeatEx(272),
            nn.MaxPool2d(3, 2, padding=1),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
        )


class FeatEx(nn.Module):
    """Two parallel paths, whose outputs are concatenated.

    The first path is a 1x1 and a 3x3 convolution, the second path is max pooling and a 1x1
    convolution. [N, inputs, H, W] -> [N, 208 + 64, H, W].
    """

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.wide = nn.Sequential(
            nn.Conv2d(inputs, 96, 1),
            nn.ReLU(inplace=True),
            nn.Conv2d(96, 208, 3, padding=1, bias=False),
            nn.BatchNorm2d(208),
            nn.ReLU(inplace=True),
        )
        self.narrow = nn.Sequential(
            nn.MaxPool2d(3, 1, padding=1),
            nn.Conv2d(inputs, 64, 1, bias=False),
            nn.BatchNorm2d(64),
            nn.ReLU(inplace=True),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, inputs, H, W] to [N, 272, H, W]."""
        return torch.cat([self.wide(x), self.narrow(x)], dim=1)
