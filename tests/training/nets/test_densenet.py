from __future__ import annotations

import torch

from roomread.training.nets.densenet import DenseLayer, DenseNet


def test_dense_layer_keeps_its_input_and_appends_channels() -> None:
    x = torch.randn(2, 6, 5, 5)
    out = DenseLayer(6, growth=4)(x)
    assert out.shape == (2, 10, 5, 5)
    assert torch.equal(out[:, :6], x)


def test_densenet_has_24_dense_layers_and_feature_maps_6_pixels_wide() -> None:
    with torch.no_grad():
        maps = DenseNet().eval().maps(torch.zeros(1, 1, 48, 48))
    assert maps.shape == (1, DenseNet.feature_size, 6, 6)
    assert sum(isinstance(layer, DenseLayer) for layer in DenseNet().modules()) == 24
