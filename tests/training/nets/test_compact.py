from __future__ import annotations

import pytest
import torch
from torch import nn

from roomread.training.nets import cost
from roomread.training.nets.compact import Compact, CompactLarge, CompactWide, CompactXLarge


@pytest.mark.parametrize(
    ("net", "parameters", "macs"),
    [
        (Compact(), 1.1e6, 73e6),
        (CompactWide(), 2.1e6, 143e6),
        (CompactLarge(), 2.5e6, 176e6),
        (CompactXLarge(), 2.7e6, 185e6),
    ],
)
def test_parameters_and_multiply_adds_of_compact_nets_are_as_documented(
    net: Compact, parameters: float, macs: float
) -> None:
    counted = cost(net)
    assert counted[0] == pytest.approx(parameters, rel=0.05)
    assert counted[1] == pytest.approx(macs, rel=0.02)
    assert net.feature_size == net.widths[-1]


def test_first_layer_keeps_the_picture_size_and_the_last_feature_maps_are_6_pixels_wide() -> None:
    net, picture = Compact().eval(), torch.zeros(1, 1, 48, 48)
    with torch.no_grad():
        assert net.layers[0](picture).shape == (1, Compact.stem, 48, 48)
        assert net.maps(picture).shape == (1, Compact.feature_size, 6, 6)


def test_every_block_has_channel_attention() -> None:
    names = [type(layer).__name__ for layer in Compact().modules()]
    assert names.count("SqueezeExcite") == names.count("ResidualBlock") == 5
    assert not any(isinstance(layer, nn.Dropout) for layer in Compact().modules())
