from __future__ import annotations

import torch

from roomread.training.nets.dexpression import DeXpression, FeatEx


def test_both_paths_of_a_block_keep_the_size_and_are_concatenated() -> None:
    block, x = FeatEx(4).eval(), torch.randn(2, 4, 5, 5)
    with torch.no_grad():
        out = block(x)
        assert out.shape == (2, 272, 5, 5)
        assert torch.equal(out[:, :208], block.wide(x))
        assert torch.equal(out[:, 208:], block.narrow(x))


def test_last_feature_maps_are_6_pixels_wide() -> None:
    with torch.no_grad():
        maps = DeXpression().eval().maps(torch.zeros(1, 1, 48, 48))
    assert maps.shape == (1, DeXpression.feature_size, 6, 6)
