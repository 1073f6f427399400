from __future__ import annotations

import torch
from torch import nn

from roomread.training.nets.vgg import VGG


def test_vgg_has_eight_convolutions_and_feature_maps_3_pixels_wide() -> None:
    net = VGG().eval()
    assert sum(isinstance(layer, nn.Conv2d) for layer in net.modules()) == 8
    with torch.no_grad():
        assert net.maps(torch.zeros(1, 1, 48, 48)).shape == (1, VGG.feature_size, 3, 3)
