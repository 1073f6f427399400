"""The default net: a residual net small enough for fifty faces a frame on a laptop."""

from __future__ import annotations

from torch import Tensor, nn

from roomread.training.nets.layers import ResidualBlock, conv_bn_relu


class Compact(nn.Module):
    """A narrow ResNet for 48x48 grey faces, 59 M multiply-adds and 0.7 M parameters.

    The first layer keeps the full 48x48: a face's mouth is a dozen pixels wide there, and halving
    it at once, as nets for 224x224 pictures do, throws the expression away.
    """

    feature_size = 192

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            conv_bn_relu(1, 32),
            ResidualBlock(32, 48, stride=2),
            ResidualBlock(48, 96, stride=2),
            ResidualBlock(96, 192, stride=2),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Float [N, 1, 48, 48], zero mean, to features float [N, 192]."""
        features: Tensor = self.layers(x)
        return features
