"""Convert a net's outputs of action units and head pose to named values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from roomread.readings import Pose

# Decimal places of action units and of degrees, finer than the errors of a net.
_UNIT_DIGITS, _POSE_DIGITS = 3, 1


def named_units(names: Sequence[str], values: NDArray[np.float32]) -> Mapping[str, float] | None:
    """Return action units by name; None for a net without action units.

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
    """Return yaw, pitch and roll in degrees, float32 [3], as a pose; None for an empty array."""
    if not len(degrees):
        return None
    return Pose(*(round(float(value), _POSE_DIGITS) for value in degrees))
