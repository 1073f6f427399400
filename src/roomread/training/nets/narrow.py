"""Copy the strongest channels of a trained net into a narrower net of the same family."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from roomread.training.nets.compact import Compact
from roomread.training.nets.layers import ResidualBlock, SqueezeExcite


def is_as_wide(wide: Compact, net: Compact) -> bool:
    """Return whether each layer of `wide` has at least as many channels as that of `net`."""
    channels = zip((wide.stem, *wide.widths), (net.stem, *net.widths), strict=True)
    return all(source >= own for source, own in channels)


@torch.no_grad()
def copy_strongest(wide: Compact, net: Compact) -> Tensor:
    """Copy the strongest channels of each layer of a net, with their weights, into a narrower net.

    The strength of a channel is the scale of its batch normalisation (Liu et al. 2017, "Learning
    Efficient Convolutional Networks through Network Slimming", arXiv:1708.06519), summed over the
    layers that a shortcut adds up; the inner channels of channel attention are compared by their
    weights. The narrower net has to be trained again: the contributions of the other channels are
    missing in it.

    Args:
        wide: the trained net.
        net: the net into which weights are copied; no layer is wider than that of `wide`.

    Returns:
        The features that are kept, int64 [`net.feature_size`], ascending indices into the features
        of `wide`.
    """
    (conv, norm, _), (own_conv, own_norm, _) = wide.layers[0], net.layers[0]
    kept = _strongest([norm.weight], net.stem)
    _copy(conv, own_conv, rows=kept)
    _copy(norm, own_norm, rows=kept)
    blocks, own_blocks = _blocks(wide), _blocks(net)
    # A block with a convolution in its shortcut begins a stage; the others add to its channels.
    starts = [i for i, block in enumerate(blocks) if not isinstance(block.shortcut, nn.Identity)]
    for start, end in pairwise([*starts, len(blocks)]):
        stage, own_stage = blocks[start:end], own_blocks[start:end]
        norms = [stage[0].shortcut[2], *(block.body[2] for block in stage)]
        outputs = _strongest([norm.weight for norm in norms], len(own_stage[0].body[2].weight))
        for block, own in zip(stage, own_stage, strict=True):
            _copy_block(block, own, inputs=kept, outputs=outputs)
            kept = outputs
    return kept


def _blocks(net: Compact) -> list[ResidualBlock]:
    return [layer for layer in net.layers if isinstance(layer, ResidualBlock)]


def _copy_block(
    block: ResidualBlock, own: ResidualBlock, *, inputs: Tensor, outputs: Tensor
) -> None:
    (first, norm, _), second, last, attention = block.body
    (own_first, own_norm, _), own_second, own_last, own_attention = own.body
    middle = _strongest([norm.weight], len(own_norm.weight))
    _copy(first, own_first, rows=middle, columns=inputs)
    _copy(norm, own_norm, rows=middle)
    _copy(second, own_second, rows=outputs, columns=middle)
    _copy(last, own_last, rows=outputs)
    _copy_attention(attention, own_attention, channels=outputs)
    if not isinstance(block.shortcut, nn.Identity):
        _copy(block.shortcut[1], own.shortcut[1], rows=outputs, columns=inputs)
        _copy(block.shortcut[2], own.shortcut[2], rows=outputs)


def _copy_attention(layer: SqueezeExcite, own: SqueezeExcite, *, channels: Tensor) -> None:
    squeeze = layer.squeeze.weight[:, channels]
    inner = _strongest([squeeze.square().sum(dim=(1, 2, 3)).sqrt()], len(own.squeeze.weight))
    _copy(layer.squeeze, own.squeeze, rows=inner, columns=channels)
    _copy(layer.excite, own.excite, rows=channels, columns=inner)


def _strongest(strengths: list[Tensor], count: int) -> Tensor:
    """Return the indices of the `count` channels with the largest sum of strengths, ascending."""
    total = torch.stack([strength.abs() for strength in strengths]).sum(dim=0)
    return total.topk(count).indices.sort().values


def _copy(layer: nn.Module, own: nn.Module, *, rows: Tensor, columns: Tensor | None = None) -> None:
    """Copy the given outputs (rows) and inputs (columns) of a layer."""
    state = {}
    for name, value in layer.state_dict().items():
        state[name] = value[rows] if value.dim() else value
        if columns is not None and value.dim() > 1:
            state[name] = state[name][:, columns]
    own.load_state_dict(state)
