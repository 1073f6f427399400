from __future__ import annotations

import pytest
import torch

from roomread.classifier.selfcheck import check_pictures
from roomread.errors import DataError
from roomread.training.expression_net import ExpressionNet
from roomread.training.nets import NETS, cost, make_net


def test_default_net_has_less_than_5_mb_of_weights_and_100_million_multiply_adds() -> None:
    parameters, macs = cost(make_net("compact"))
    assert 4 * parameters < 5_000_000
    assert macs < 100_000_000


def test_multiply_adds_of_a_convolution_are_counted() -> None:
    layer = torch.nn.Conv2d(1, 8, 3, padding=1, bias=False)
    assert cost(layer) == (72, 72 * 48 * 48)


def test_error_for_an_unknown_net_lists_the_known_nets() -> None:
    with pytest.raises(DataError, match="compact"):
        make_net("imaginary")


@pytest.mark.parametrize("name", sorted(NETS))
def test_every_net_has_the_documented_output_shapes(name: str) -> None:
    backbone = make_net(name)
    net = ExpressionNet(backbone, two_heads=True).eval()
    result = net(torch.from_numpy(check_pictures()).unsqueeze(1))
    assert result.logits.shape == (7, 7)
    assert result.features.shape == (7, backbone.feature_size)
    assert result.logits_fer2013.shape == (7, 7)
    # Recipes may begin with smaller pictures.
    assert net(torch.zeros(2, 1, 32, 32)).logits.shape == (2, 7)
