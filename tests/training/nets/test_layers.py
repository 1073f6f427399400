from __future__ import annotations

import pytest
import torch
from torch import nn

from roomread.training.nets.layers import MapNet, ResidualBlock, SqueezeExcite, conv_bn_relu


class TinyNet(MapNet):
    """One convolution, whose maps are averaged."""

    feature_size = 3

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(1, 3, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten())


def test_features_are_the_global_averages_of_the_last_feature_maps() -> None:
    net, pictures = TinyNet().eval(), torch.rand(2, 1, 8, 8)
    maps = net.maps(pictures)
    assert maps.shape == (2, 3, 8, 8)
    torch.testing.assert_close(net(pictures), maps.mean(dim=(2, 3)))


@pytest.mark.parametrize(("stride", "side"), [(1, 12), (2, 6)])
def test_convolution_divides_the_size_by_its_stride_and_has_no_negative_output(
    stride: int, side: int
) -> None:
    out = conv_bn_relu(2, 5, stride=stride)(torch.randn(3, 2, 12, 12))
    assert out.shape == (3, 5, side, side)
    assert out.min() == 0


def test_channel_attention_scales_each_channel_by_one_factor() -> None:
    x = torch.rand(2, 16, 4, 4) + 0.5
    factors = SqueezeExcite(16)(x) / x
    assert factors.shape == x.shape
    torch.testing.assert_close(factors, factors.mean(dim=(2, 3), keepdim=True).expand_as(factors))
    assert factors.min() > 0
    assert factors.max() < 1


def test_residual_block_with_zero_weights_returns_its_input() -> None:
    block = ResidualBlock(4, 4).eval()
    for layer in block.body.modules():
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.zeros_(layer.weight)
    x = torch.rand(2, 4, 6, 6)
    torch.testing.assert_close(block(x), x)


@pytest.mark.parametrize("attention", [False, True])
@pytest.mark.parametrize(("outputs", "stride", "side"), [(8, 1, 6), (8, 2, 3), (16, 2, 3)])
def test_residual_block_has_the_given_channels_and_stride(
    outputs: int, stride: int, side: int, *, attention: bool
) -> None:
    block = ResidualBlock(8, outputs, stride=stride, attention=attention)
    assert block(torch.randn(2, 8, 6, 6)).shape == (2, outputs, side, side)


def test_shortcut_with_stride_2_uses_every_pixel() -> None:
    x = torch.randn(1, 4, 6, 6, requires_grad=True)
    ResidualBlock(4, 8, stride=2).eval().shortcut(x).sum().backward()
    assert x.grad is not None
    assert (x.grad != 0).all()
