"""A MobileNet: depthwise convolutions between narrow layers."""

from __future__ import annotations

from torch import Tensor, nn

from roomread.training.nets.layers import MapNet, conv_bn_relu


class MobileNet(MapNet):
    """MobileNetV2's inverted residuals for 48x48 faces.

    Sandler et al. 2018, "MobileNetV2: Inverted Residuals and Linear Bottlenecks",
    arXiv:1801.04381; the resolution is halved three times instead of five.
    """

    feature_size = 512

    def __init__(self) -> None:
        super().__init__()
        # Channels in, out, stride.
        plan = [(16, 24, 2), (24, 24, 1), (24, 40, 2), (40, 40, 1), (40, 80, 2), (80, 80, 1)]
        self.layers = nn.Sequential(
            conv_bn_relu(1, 16),
            *(InvertedResidual(i, o, stride=s) for i, o, s in plan),
            nn.Conv2d(80, 512, 1, bias=False),
            nn.BatchNorm2d(512),
            nn.ReLU6(inplace=True),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
        )


class InvertedResidual(nn.Module):
    """A block that expands the channels six-fold, filters each separately, and reduces them again.

    The block has a shortcut if input and output have the same shape.

    [N, inputs, H, W] -> [N, outputs, H/stride, W/stride].
    """

    def __init__(self, inputs: int, outputs: int, *, stride: int) -> None:
        super().__init__()
        wide = 6 * inputs
        self.body = nn.Sequential(
            nn.Conv2d(inputs, wide, 1, bias=False),
            nn.BatchNorm2d(wide),
            nn.ReLU6(inplace=True),
            nn.Conv2d(wide, wide, 3, stride, padding=1, groups=wide, bias=False),
            nn.BatchNorm2d(wide),
            nn.ReLU6(inplace=True),
            nn.Conv2d(wide, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )
        self.has_shortcut = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, inputs, H, W] to [N, outputs, H/stride, W/stride]."""
        y: Tensor = self.body(x)
        return x + y if self.has_shortcut else y
