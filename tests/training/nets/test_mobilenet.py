from __future__ import annotations

import pytest
import torch
from torch import nn

from roomread.training.nets.mobilenet import InvertedResidual, MobileNet


@pytest.mark.parametrize(
    ("outputs", "stride", "has_shortcut"), [(4, 1, True), (4, 2, False), (8, 1, False)]
)
def test_shortcut_exists_only_if_input_and_output_have_the_same_shape(
    outputs: int, stride: int, *, has_shortcut: bool
) -> None:
    block, x = InvertedResidual(4, outputs, stride=stride).eval(), torch.randn(2, 4, 6, 6)
    last = block.body[-1]
    assert isinstance(last, nn.BatchNorm2d)
    nn.init.zeros_(last.weight)
    with torch.no_grad():
        out = block(x)
    assert out.shape == (2, outputs, 6 // stride, 6 // stride)
    # With a zero last layer, a block returns its input if it has a shortcut, and otherwise zeros.
    assert torch.equal(out, x) if has_shortcut else not out.any()


def test_resolution_is_halved_three_times() -> None:
    with torch.no_grad():
        maps = MobileNet().eval().maps(torch.zeros(1, 1, 48, 48))
    assert maps.shape == (1, MobileNet.feature_size, 6, 6)
