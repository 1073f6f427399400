"""The default net: a residual net small enough for fifty faces per frame on a laptop."""

from __future__ import annotations

from torch import nn

from roomread.training.nets.layers import MapNet, ResidualBlock, conv_bn_relu


class Compact(MapNet):
    """A narrow ResNet with channel attention for 48x48 grey faces.

    The net has 1.1 M parameters and takes 73 M multiply-adds per face. The first layer keeps the
    full resolution of 48x48, at which a mouth is a dozen pixels wide; halving the resolution at
    once, as nets for 224x224 pictures do, would lose the expression. The first layers are narrow,
    because they take most of the time; depth is added at lower resolutions.
    """

    # Channels of the first layer, and of the blocks at 24, 12 and 6 px.
    stem = 24
    widths = (40, 80, 160)
    feature_size = 160

    def __init__(self) -> None:
        super().__init__()
        first, middle, last = self.widths
        # Channels in, out, stride.
        plan = [
            (self.stem, first, 2),
            (first, middle, 2),
            (middle, middle, 1),
            (middle, last, 2),
            (last, last, 1),
        ]
        self.layers = nn.Sequential(
            conv_bn_relu(1, self.stem),
            *(ResidualBlock(i, o, stride=s, attention=True) for i, o, s in plan),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
        )


class CompactWide(Compact):
    """`Compact` with layers 1.4 times as wide: 143 M multiply-adds and 2.1 M parameters."""

    stem = 32
    widths = (56, 112, 224)
    feature_size = 224


class CompactLarge(Compact):
    """`Compact` with layers 1.3 to 1.6 times as wide: 176 M multiply-adds and 2.5 M parameters.

    The last layers are as wide as a model file of 3 MB in 8 bits allows.
    """

    stem = 32
    widths = (64, 128, 240)
    feature_size = 240


class CompactXLarge(Compact):
    """`Compact` with layers 1.3 to 1.6 times as wide: 185 M multiply-adds and 2.7 M parameters."""

    stem = 32
    widths = (64, 128, 256)
    feature_size = 256
