"""A net with its heads and preprocessing, as it is exported to a model file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from roomread.readings import Expression
from roomread.training.auxiliary_head import AuxiliaryHead
from roomread.training.nets.layers import MapNet

# Mean and standard deviation of a pixel in 0..1 on FER-2013's Training split.
_MEAN, _STD = 0.508, 0.255


class Outputs(NamedTuple):
    """The result of a forward pass.

    Attributes:
        logits: float [N, 7], of the head whose predictions users see.
        features: float [N, D], the input of the heads.
        logits_fer2013: float [N, 7], of the head for FER-2013's labels; None with one head.
    """

    logits: Tensor
    features: Tensor
    logits_fer2013: Tensor | None


class ExpressionNet(nn.Module):
    """A backbone, one or two linear heads, and optionally a head for auxiliary outputs.

    With FER+ votes, `logits` learn the taggers' distribution, and `logits_fer2013` the data set's
    own label for comparison with the literature. Votes and label agree on two of three pictures.

    Args:
        backbone: a net of `nets`.
        two_heads: whether the net has both heads.
        auxiliary: the auxiliary outputs, out of `recipe.AUXILIARY_OUTPUTS`; empty for a net without
            an auxiliary head.
        dropout: the probability that the heads do not see a feature in training, 0..1.

    Raises:
        DataError: the net has no maps for auxiliary outputs, see `AuxiliaryHead`.
    """

    def __init__(
        self,
        backbone: nn.Module,
        *,
        two_heads: bool,
        auxiliary: Sequence[str] = (),
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        size = backbone.feature_size
        if not isinstance(size, int):
            raise TypeError("a net must have an int attribute feature_size")
        self.backbone = backbone
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(size, len(Expression))
        self.head_fer2013 = nn.Linear(size, len(Expression)) if two_heads else None
        self.auxiliary = AuxiliaryHead(backbone, auxiliary) if auxiliary else None

    def subtract_from_logits(self, offset: Tensor, offset_fer2013: Tensor) -> None:
        """Subtract offsets float [7] from the biases of the heads."""
        with torch.no_grad():
            self.head.bias.sub_(offset)
            if self.head_fer2013 is not None:
                self.head_fer2013.bias.sub_(offset_fer2013)

    @staticmethod
    def normalise(images: Tensor) -> Tensor:
        """Scale uint8 [N, 1, 48, 48] to float of about zero mean and unit deviation."""
        return (images.float() / 255 - _MEAN) / _STD

    def forward(self, images: Tensor) -> Outputs:
        """Return the outputs for pictures uint8 [N, 1, 48, 48]."""
        return self.forward_normalised(self.normalise(images))

    def forward_normalised(self, x: Tensor) -> Outputs:
        """Return the outputs for normalised pictures float [N, 1, 48, 48]."""
        return self._heads(self.backbone(x.contiguous(memory_format=torch.channels_last)))

    def forward_with_auxiliary(self, x: Tensor) -> tuple[Outputs, Tensor | None]:
        """Return the outputs, and the standardised auxiliary predictions [N, K] if there are any.

        Args:
            x: normalised pictures float [N, 1, 48, 48].
        """
        if self.auxiliary is None or not isinstance(self.backbone, MapNet):
            return self.forward_normalised(x), None
        maps = self.backbone.maps(x.contiguous(memory_format=torch.channels_last))
        return self._heads(self.backbone.features_of(maps)), self.auxiliary(maps)

    def _heads(self, features: Tensor) -> Outputs:
        dropped = self.dropout(features)
        fer2013 = self.head_fer2013(dropped) if self.head_fer2013 is not None else None
        return Outputs(self.head(dropped), features, fer2013)
