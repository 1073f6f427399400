"""A ResNet with the layout of ResNet-18, half as wide, for small pictures."""

from __future__ import annotations

from torch import nn

from roomread.training.nets.layers import MapNet, ResidualBlock, conv_bn_relu


class ResNet(MapNet):
    """Four stages of two residual blocks; the first, third and fourth halve the resolution.

    He, Zhang, Ren, Sun 2015, "Deep Residual Learning for Image Recognition", arXiv:1512.03385.
    """

    feature_size = 256

    def __init__(self) -> None:
        super().__init__()
        # Channels in, out, stride.
        plan = [(32, 32, 2), (32, 64, 1), (64, 128, 2), (128, 256, 2)]
        blocks = [
            block
            for inputs, outputs, stride in plan
            for block in (
                ResidualBlock(inputs, outputs, stride=stride),
                ResidualBlock(outputs, outputs),
            )
        ]
        self.layers = nn.Sequential(
            conv_bn_relu(1, 32), *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten()
        )
