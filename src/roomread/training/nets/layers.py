"""Layers shared by several nets."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def conv_bn_relu(inputs: int, outputs: int, *, stride: int = 1) -> nn.Sequential:
    """Return a 3x3 convolution with batch normalisation and ReLU.

    [N, inputs, H, W] -> [N, outputs, H/stride, W/stride].
    """
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class MapNet(nn.Module):
    """A net whose features come from global average pooling of its final feature maps.

    Attributes:
        layers: the layers, set by the subclass; the last two pool and flatten the feature maps.
    """

    layers: nn.Sequential

    def maps(self, x: Tensor) -> Tensor:
        """Map zero-mean float [N, 1, 48, 48] to the last feature maps [N, `feature_size`, H, W]."""
        maps: Tensor = self.layers[:-2](x)
        return maps

    def features_of(self, maps: Tensor) -> Tensor:
        """Return the features float [N, `feature_size`] of the final feature maps."""
        features: Tensor = self.layers[-2:](maps)
        return features

    def forward(self, x: Tensor) -> Tensor:
        """Map float [N, 1, 48, 48], zero mean, to features float [N, `feature_size`]."""
        return self.features_of(self.maps(x))


class SqueezeExcite(nn.Module):
    """Channel attention: each channel is scaled by a factor that is computed from all channels.

    [N, C, H, W] -> [N, C, H, W].
    Hu et al. 2017, "Squeeze-and-Excitation Networks", arXiv:1709.01507.
    """

    def __init__(self, channels: int, *, reduction: int = 8) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(channels, channels // reduction, 1)
        self.excite = nn.Conv2d(channels // reduction, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, C, H, W] to [N, C, H, W]."""
        share = torch.relu(self.squeeze(x.mean(dim=(2, 3), keepdim=True)))
        return x * torch.sigmoid(self.excite(share))


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions, with optional channel attention, and a shortcut.

    He et al. 2015, arXiv:1512.03385.

    [N, inputs, H, W] -> [N, outputs, H/stride, W/stride].
    """

    def __init__(
        self, inputs: int, outputs: int, *, stride: int = 1, attention: bool = False
    ) -> None:
        super().__init__()
        self.body = nn.Sequential(
            conv_bn_relu(inputs, outputs, stride=stride),
            nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
        )
        if attention:
            self.body.append(SqueezeExcite(outputs))
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            # Average before the 1x1 convolution, which would otherwise skip pixels (He et al. 2018,
            # arXiv:1812.01187).
            self.shortcut = nn.Sequential(
                nn.AvgPool2d(stride) if stride != 1 else nn.Identity(),
                nn.Conv2d(inputs, outputs, 1, bias=False),
                nn.BatchNorm2d(outputs),
            )
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, inputs, H, W] to [N, outputs, H/stride, W/stride]."""
        y: Tensor = self.relu(self.body(x) + self.shortcut(x))
        return y
