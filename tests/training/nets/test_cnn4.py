from __future__ import annotations

import torch

from roomread.training.nets.cnn4 import CNN4


def test_number_of_features_is_the_same_for_smaller_pictures_and_no_feature_is_negative() -> None:
    net = CNN4().eval()
    with torch.no_grad():
        for side in (16, 32, 48):
            features = net(torch.randn(2, 1, side, side))
            assert features.shape == (2, 512)
            assert features.min() >= 0


def test_dropout_is_active_in_training_only() -> None:
    torch.manual_seed(0)
    net, pictures = CNN4(), torch.randn(4, 1, 16, 16)
    with torch.no_grad():
        assert not torch.equal(net(pictures), net(pictures))
        net.eval()
        assert torch.equal(net(pictures), net(pictures))
