"""Train action units and head pose together with the expressions, as a second task."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from roomread.errors import DataError
from roomread.training.auxiliary_outputs import GRID
from roomread.training.auxiliary_targets import ANGLES, UNITS, AuxiliaryTargets, read_targets
from roomread.training.dataset import SIDE, FerData
from roomread.training.nets.layers import MapNet
from roomread.training.recipe import ACTION_UNITS, POSE, Recipe

# The columns of the angles, counted from the end.
_YAW, _ROLL = ANGLES.index("yaw") - len(ANGLES), ANGLES.index("roll") - len(ANGLES)


class Turns(NamedTuple):
    """The mirroring and rotation that an augmentation applied to each face.

    Attributes:
        mirrored: bool [N].
        degrees: float [N], the rotation after the mirroring, clockwise in the picture.
    """

    mirrored: Tensor
    degrees: Tensor

    @classmethod
    def of(cls, matrices: Tensor) -> Turns:
        """Return the mirroring and rotation of affine matrices [N, 3, 3] of equal scale in x and y.

        A matrix maps a point (x, y, 1) of the picture before augmentation to the picture after it;
        y points down.
        """
        mirrored = torch.det(matrices[:, :2, :2]) < 0
        # A mirror image changes the sign of the first column.
        sign = torch.where(mirrored, -1.0, 1.0)
        degrees = torch.rad2deg(torch.atan2(sign * matrices[:, 1, 0], sign * matrices[:, 0, 0]))
        return cls(mirrored, degrees)


def count_of(outputs: Sequence[str]) -> int:
    """Return the number of columns of auxiliary outputs, one for each action unit and angle."""
    return len(UNITS) * (ACTION_UNITS in outputs) + len(ANGLES) * (POSE in outputs)


def training_targets(recipe: Recipe, data: FerData) -> Tensor:
    """Return a data set's action units and angles, read from the table that a recipe names.

    Returns:
        float32 [N, K], action units in 0..1 and angles in degrees; NaN for a picture in which
        MediaPipe found no face. K is 0 for a recipe that names no table.

    Raises:
        DataError: the table cannot be read or does not fit the data set, see `read_targets`.
    """
    if not recipe.auxiliary:
        return torch.zeros(len(data), 0)
    targets = read_targets(Path(recipe.auxiliary), data)
    return torch.from_numpy(_columns(targets, recipe.auxiliary_outputs))


def _columns(targets: AuxiliaryTargets, outputs: Sequence[str]) -> NDArray[np.float32]:
    parts = {ACTION_UNITS: targets.units, POSE: targets.pose}
    values = np.hstack([part for name, part in parts.items() if name in outputs])
    values[~targets.found] = np.nan
    return values.astype(np.float32)


def turned(targets: Tensor, turns: Turns, outputs: Sequence[str]) -> Tensor:
    """Adjust auxiliary targets [N, K] to the mirroring and rotation of their pictures.

    Only yaw and roll change. Action units stay the same, because each is the mean over the left and
    the right half of the face.
    """
    if POSE not in outputs or not targets.shape[1]:
        return targets
    sign = torch.where(turns.mirrored, -1.0, 1.0).to(targets)
    result = targets.clone()
    result[:, _YAW] *= sign
    result[:, _ROLL] = result[:, _ROLL] * sign + turns.degrees.to(targets)
    return result


class AuxiliaryHead(nn.Module):
    """A linear layer that predicts standardised action units and angles.

    Its input is the final feature maps of a net, averaged to 3 x 3.

    Args:
        backbone: the net that computes the maps.
        outputs: the outputs to predict, out of `recipe.AUXILIARY_OUTPUTS`.

    Raises:
        DataError: the net has no final feature maps that can be averaged to 3 x 3.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, backbone: nn.Module, outputs: Sequence[str]) -> None:
        super().__init__()
        check_maps(backbone)
        count = count_of(outputs)
        self.linear = nn.Linear(GRID * GRID * int(backbone.feature_size), count)  # type: ignore[arg-type]
        self.register_buffer("mean", torch.zeros(count))
        self.register_buffer("deviation", torch.ones(count))

    def set_scale(self, targets: Tensor) -> None:
        """Set the mean and the deviation for standardising to those of Training's targets [N, K].

        Raises:
            DataError: fewer than two pictures have targets.
        """
        known = targets[~targets.isnan().any(dim=1)]
        if len(known) < 2:
            raise DataError("the Training split has fewer than two pictures with action units")
        self.mean.copy_(known.mean(dim=0))
        # The minimum avoids dividing by zero for a target that is the same in all pictures.
        self.deviation.copy_(known.std(dim=0).clamp(min=1e-3))

    def forward(self, maps: Tensor) -> Tensor:
        """Return standardised predictions float [N, K] of maps [N, D, H, W]."""
        predictions: Tensor = self.linear(F.adaptive_avg_pool2d(maps, GRID).flatten(1))
        return predictions

    def loss(self, predictions: Tensor, targets: Tensor) -> Tensor:
        """Return the mean Huber loss over the pictures that have targets; 0 without targets.

        The loss grows linearly where a prediction is off by more than one standard deviation,
        because the targets are estimates of another program and contain gross errors.
        """
        known = ~targets.isnan().any(dim=1, keepdim=True)
        wanted = torch.where(known, (targets - self.mean) / self.deviation, 0)
        each = F.huber_loss(predictions.float(), wanted, reduction="none") * known
        return each.sum() / (known.sum() * targets.shape[1]).clamp(min=1)

    def linear_of_raw_targets(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the weight [9 D, K] and bias [K] that predict targets in their original units.

        The inputs are the D feature maps, averaged to 3 x 3; the K targets are not standardised.
        """
        weight = self.linear.weight.detach() * self.deviation[:, None]
        bias = self.linear.bias.detach() * self.deviation + self.mean
        return weight.T.contiguous().numpy(), bias.numpy()


def check_maps(backbone: nn.Module) -> None:
    """Check that a net has final feature maps that can be averaged to 3 x 3.

    Raises:
        DataError: the net has no such maps.
    """
    side = 0
    if isinstance(backbone, MapNet):
        training = backbone.training
        with torch.no_grad():
            side = backbone.eval().maps(torch.zeros(1, 1, SIDE, SIDE)).shape[-1]
        backbone.train(training)
    if not side or side % GRID:
        raise DataError(
            "auxiliary outputs need a net whose final feature maps can be average-pooled to 3 x 3",
            hint="use a net such as compact, whose final feature maps are 6 x 6",
        )
