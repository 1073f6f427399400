from __future__ import annotations

import torch

from roomread.training.nets.layers import ResidualBlock
from roomread.training.nets.resnet import ResNet


def test_resnet_has_eight_blocks_and_feature_maps_6_pixels_wide() -> None:
    net = ResNet().eval()
    assert sum(isinstance(layer, ResidualBlock) for layer in net.modules()) == 8
    with torch.no_grad():
        assert net.maps(torch.zeros(1, 1, 48, 48)).shape == (1, ResNet.feature_size, 6, 6)
