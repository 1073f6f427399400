"""A VGG-style net: stacks of 3x3 convolutions, each followed by pooling to half the size."""

from __future__ import annotations

from torch import nn

from roomread.training.nets.layers import MapNet, conv_bn_relu


class VGG(MapNet):
    """Four stages of two 3x3 convolutions.

    Simonyan and Zisserman 2014 (arXiv:1409.1556), in the four-stage form that Khaireddin and Chen
    2021 (arXiv:2105.03588) use on FER-2013, at half their width and without their dense layers.
    """

    feature_size = 256

    def __init__(self) -> None:
        super().__init__()
        stages = [
            nn.Sequential(
                conv_bn_relu(inputs, outputs), conv_bn_relu(outputs, outputs), nn.MaxPool2d(2)
            )
            for inputs, outputs in ((1, 32), (32, 64), (64, 128), (128, 256))
        ]
        self.layers = nn.Sequential(*stages, nn.AdaptiveAvgPool2d(1), nn.Flatten())
