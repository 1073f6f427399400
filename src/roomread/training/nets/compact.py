"""The default net: a residual net small enough for fifty faces a frame on a laptop."""

from __future__ import annotations

from torch import Tensor, nn

from roomread.training.nets.layers import ResidualBlock, conv_bn_relu


class Compact(nn.Module):
    """A narrow ResNet with channel attention for 48x48 grey faces.

    73 M multiply-adds and 1.1 M parameters. The first layer keeps the full 48x48: a face's mouth
    is a dozen pixels wide there, and halving it at once, as nets for 224x224 pictures do, throws
    the expression away. It stays narrow there, as that is where the time goes; depth is added
    where it is cheap.
    """

    feature_size = 160

    def __init__(self) -> None:
        super().__init__()
        # Channels in, out, stride.
        plan = [(24, 40, 2), (40, 80, 2), (80, 80, 1), (80, 160, 2), (160, 160, 1)]
        self.layers = nn.Sequential(
            conv_bn_relu(1, 24),
            *(ResidualBlock(i, o, stride=s, attention=True) for i, o, s in plan),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Float [N, 1, 48, 48], zero mean, to features float [N, 160]."""
        features: Tensor = self.layers(x)
        return features
