from __future__ import annotations

import torch

from roomread.training.nets.layers import ResidualBlock
from roomread.training.nets.resnet import ResNet


def test_four_stages_have_two_blocks_each_and_end_6_pixels_wide() -> None:
    net = ResNet().eval()
    assert sum(isinstance(layer, ResidualBlock) for layer in net.modules()) == 8
    with torch.no_grad():
        assert net.maps(torch.zeros(1, 1, 48, 48)).shape == (1, ResNet.feature_size, 6, 6)
