from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from roomread.errors import DataError
from roomread.training.expression_net import ExpressionNet
from roomread.training.nets.layers import MapNet

PICTURES = torch.arange(2 * 48 * 48, dtype=torch.int64).remainder(251).byte().view(2, 1, 48, 48)


class TinyMaps(MapNet):
    """Four maps of a picture at an eighth of its size."""

    feature_size = 4

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(1, 4, 8, 8), nn.AdaptiveAvgPool2d(1), nn.Flatten())


class NoMaps(nn.Module):
    """Features without maps."""

    feature_size: object = 1

    def forward(self, x: Tensor) -> Tensor:
        return x.mean(dim=(1, 2, 3)).unsqueeze(1)


def test_pictures_are_scaled_to_about_zero_mean_and_unit_deviation() -> None:
    ends = ExpressionNet.normalise(torch.tensor([0, 255], dtype=torch.uint8))
    assert ends.tolist() == pytest.approx([-0.508 / 0.255, 0.492 / 0.255], rel=1e-4)


def test_second_head_exists_only_on_request() -> None:
    assert ExpressionNet(TinyMaps(), two_heads=False).eval()(PICTURES).logits_fer2013 is None
    out = ExpressionNet(TinyMaps(), two_heads=True).eval()(PICTURES)
    assert out.logits_fer2013 is not None
    assert out.logits.shape == out.logits_fer2013.shape == (2, 7)
    assert out.features.shape == (2, 4)


def test_features_are_exported_without_dropout() -> None:
    net = ExpressionNet(TinyMaps(), two_heads=False, dropout=0.9)
    torch.manual_seed(0)
    trained = net(PICTURES)
    assert torch.equal(trained.features, net.eval()(PICTURES).features)
    assert not torch.equal(trained.logits, net(PICTURES).logits)


def test_offsets_are_subtracted_from_the_logits_of_their_head() -> None:
    net = ExpressionNet(TinyMaps(), two_heads=True).eval()
    before = net(PICTURES)
    net.subtract_from_logits(torch.arange(7.0), torch.ones(7))
    after = net(PICTURES)
    torch.testing.assert_close(after.logits, before.logits - torch.arange(7.0))
    torch.testing.assert_close(after.logits_fer2013, before.logits_fer2013 - 1)


def test_auxiliary_head_adds_predictions_and_leaves_the_features_unchanged() -> None:
    net = ExpressionNet(TinyMaps(), two_heads=False, auxiliary=("pose",)).eval()
    out, predictions = net.forward_with_auxiliary(net.normalise(PICTURES))
    torch.testing.assert_close(out.features, net(PICTURES).features)
    assert predictions is not None
    assert predictions.shape == (2, 3)
    plain = ExpressionNet(TinyMaps(), two_heads=False).eval()
    assert plain.forward_with_auxiliary(plain.normalise(PICTURES))[1] is None


def test_auxiliary_head_for_a_net_without_feature_maps_is_refused() -> None:
    assert ExpressionNet(NoMaps(), two_heads=False).eval()(PICTURES).features.shape == (2, 1)
    with pytest.raises(DataError):
        ExpressionNet(NoMaps(), two_heads=False, auxiliary=("pose",))


def test_net_must_state_the_number_of_its_features() -> None:
    net = NoMaps()
    net.feature_size = "many"
    with pytest.raises(TypeError, match="feature_size"):
        ExpressionNet(net, two_heads=False)
