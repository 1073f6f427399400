"""Copy the strongest channels of a trained net into a narrower net of the same family."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from roomread.training.nets.compact import Compact
from roomread.training.nets.layers import ResidualBlock


def is_as_wide(wide: Compact, narrow: Compact) -> bool:
    """Return whether each layer of `wide` has at least as many channels as that of `narrow`."""
    channels = zip((wide.stem, *wide.widths), (narrow.stem, *narrow.widths), strict=True)
    return all(many >= few for many, few in channels)


@torch.no_grad()
def copy_strongest(wide: Compact, narrow: Compact) -> Tensor:
    """Copy the strongest channels of each layer of a net, with their weights, into a narrower net.

    The strength of a channel is the scale of its batch normalisation (Liu et al. 2017, "Learning
    Efficient Convolutional Networks through Network Slimming", arXiv:1708.06519), summed over the
    layers that shortcuts add up; the inner channels of channel attention are compared by their
    weights. The narrower net has to be trained again, because it lacks the contributions of the
    other channels.

    Args:
        wide: the trained net.
        narrow: the net into which weights are copied; no layer is wider than that of `wide`.

    Returns:
        The features that are kept, int64 [`narrow.feature_size`], ascending indices into the
        features of `wide`.
    """
    (conv, norm, _), (narrow_conv, narrow_norm, _) = map(
        _layers, (wide.layers[0], narrow.layers[0])
    )
    kept = _strongest([_weight(norm)], narrow.stem)
    _copy(conv, narrow_conv, outputs=kept)
    _copy(norm, narrow_norm, outputs=kept)
    blocks = list(zip(_blocks(wide), _blocks(narrow), strict=True))
    # A block with layers in its shortcut begins a stage; later blocks add to the same channels.
    starts = [i for i, (block, _) in enumerate(blocks) if _layers(block.shortcut)]
    for start, end in pairwise([*starts, len(blocks)]):
        stage = blocks[start:end]
        norms = [layers[2] for block, _ in stage for layers in _paths(block) if layers]
        width = len(_weight(_layers(stage[0][1].body)[2]))
        outputs = _strongest([_weight(norm) for norm in norms], width)
        for block, narrow_block in stage:
            _copy_block(block, narrow_block, inputs=kept, outputs=outputs)
            kept = outputs
    return kept


def _blocks(net: Compact) -> list[ResidualBlock]:
    """Return the residual blocks of a net, in their order."""
    return [layer for layer in net.layers if isinstance(layer, ResidualBlock)]


def _layers(module: nn.Module) -> list[nn.Module]:
    return list(module.children())


def _paths(block: ResidualBlock) -> tuple[list[nn.Module], list[nn.Module]]:
    """Return the layers of a block's body and of its shortcut, which may have none.

    The third of each is the batch normalisation of the channels that the block returns.
    """
    return _layers(block.body), _layers(block.shortcut)


def _weight(layer: nn.Module) -> Tensor:
    weight: Tensor = layer.state_dict()["weight"]
    return weight


def _copy_block(
    block: ResidualBlock, narrow: ResidualBlock, *, inputs: Tensor, outputs: Tensor
) -> None:
    """Copy the given input and output channels of a block, and its strongest inner channels."""
    (body, shortcut), (narrow_body, narrow_shortcut) = _paths(block), _paths(narrow)
    # The first layer is a sequence of convolution, batch normalisation and ReLU.
    (first, norm, _), (narrow_first, narrow_norm, _) = _layers(body[0]), _layers(narrow_body[0])
    middle = _strongest([_weight(norm)], len(_weight(narrow_norm)))
    _copy(first, narrow_first, outputs=middle, inputs=inputs)
    _copy(norm, narrow_norm, outputs=middle)
    _copy(body[1], narrow_body[1], outputs=outputs, inputs=middle)
    _copy(body[2], narrow_body[2], outputs=outputs)
    _copy_attention(body[3], narrow_body[3], channels=outputs)
    if shortcut:
        _copy(shortcut[1], narrow_shortcut[1], outputs=outputs, inputs=inputs)
        _copy(shortcut[2], narrow_shortcut[2], outputs=outputs)


def _copy_attention(attention: nn.Module, narrow: nn.Module, *, channels: Tensor) -> None:
    """Copy the given channels of channel attention, and its strongest inner channels."""
    (squeeze, excite), (narrow_squeeze, narrow_excite) = _layers(attention), _layers(narrow)
    norms = _weight(squeeze)[:, channels].flatten(1).norm(dim=1)
    inner = _strongest([norms], len(_weight(narrow_squeeze)))
    _copy(squeeze, narrow_squeeze, outputs=inner, inputs=channels)
    _copy(excite, narrow_excite, outputs=channels, inputs=inner)


def _strongest(strengths: list[Tensor], count: int) -> Tensor:
    """Return the indices of the `count` channels with the largest sum of strengths, ascending."""
    total = torch.stack([strength.abs() for strength in strengths]).sum(dim=0)
    return total.topk(count).indices.sort().values


def _copy(
    layer: nn.Module, narrow: nn.Module, *, outputs: Tensor, inputs: Tensor | None = None
) -> None:
    """Copy the given output and input channels of a layer into a layer that has no others."""
    state = {}
    for name, value in layer.state_dict().items():
        state[name] = value[outputs] if value.dim() else value
        if inputs is not None and value.dim() > 1:
            state[name] = state[name][:, inputs]
    narrow.load_state_dict(state)
