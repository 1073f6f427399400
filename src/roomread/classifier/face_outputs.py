"""Name a net's outputs for a face besides its expression: action units and head pose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from roomread.readings import Pose

# The digits that action units and degrees are rounded to, far below what a net can tell.
_UNIT_DIGITS, _POSE_DIGITS = 3, 1


def named_units(names: Sequence[str], values: NDArray[np.float32]) -> Mapping[str, float] | None:
    """Return action units by name; None for a net without any.

    Args:
        names: the names of the net's A units, as its card lists them.
        values: float32 [A], 0..1.
    """
    if not names:
        return None
    return {
        name: round(float(value), _UNIT_DIGITS) for name, value in zip(names, values, strict=True)
    }


def pose_of(degrees: NDArray[np.float32]) -> Pose | None:
    """Return the pose of yaw, pitch and roll in degrees [3]; None for a net without them, [0]."""
    if not len(degrees):
        return None
    return Pose(*(round(float(value), _POSE_DIGITS) for value in degrees))
