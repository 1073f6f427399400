from __future__ import annotations

import torch

from roomread.training.nets.compact import Compact, CompactLarge, CompactWide, CompactXLarge
from roomread.training.nets.narrow import copy_strongest, is_as_wide


def trained(net: Compact) -> Compact:
    """Return a net with random scales and statistics of batch normalisation."""
    generator = torch.Generator().manual_seed(0)
    for layer in net.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            with torch.no_grad():
                for values in layer.state_dict().values():
                    if values.dim():
                        values.copy_(torch.rand(values.shape, generator=generator) + 0.5)
    return net.eval()


def outputs(net: Compact) -> torch.Tensor:
    pictures = torch.randn(2, 1, 48, 48, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        features: torch.Tensor = net.eval()(pictures)
    return features


def test_net_of_the_same_widths_becomes_a_copy() -> None:
    wide, net = trained(Compact()), Compact()
    kept = copy_strongest(wide, net)
    assert kept.tolist() == list(range(Compact.feature_size))
    torch.testing.assert_close(outputs(net), outputs(wide))


def test_channels_without_any_effect_are_left_out_first() -> None:
    """A narrower net computes the same if the wider net's other channels are always 0."""
    net = trained(Compact())
    for width in (CompactWide, CompactXLarge):
        wide = trained(width())
        # All channels of the wide net are silent, but for those that are copied from `net`.
        places = _widen(net, wide)
        again = Compact()
        kept = copy_strongest(wide, again)
        assert kept.tolist() == places.tolist()
        torch.testing.assert_close(outputs(again), outputs(net), atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(outputs(wide)[:, kept], outputs(net), atol=1e-4, rtol=1e-4)


def test_only_nets_with_at_least_as_many_channels_in_each_layer_are_as_wide() -> None:
    assert is_as_wide(CompactXLarge(), CompactLarge())
    assert is_as_wide(CompactLarge(), CompactLarge())
    assert not is_as_wide(CompactWide(), CompactLarge())


def _widen(net: Compact, wide: Compact) -> torch.Tensor:
    """Place a net's channels at the end of those of a wider net, whose others are silenced."""
    own = net.state_dict()
    state = {}
    for name, value in wide.state_dict().items():
        if not value.dim():
            state[name] = own[name]
            continue
        # Silent channels have neither weights nor offsets.
        state[name] = torch.ones_like(value) if "var" in name else torch.zeros_like(value)
        state[name][tuple(slice(-size, None) for size in own[name].shape)] = own[name]
    wide.load_state_dict(state)
    return torch.arange(wide.feature_size - net.feature_size, wide.feature_size)
