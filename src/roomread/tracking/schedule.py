"""Decide when to search for known faces, and detect cuts from one scene to another."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

# Frames are compared at 24 x 24 points to detect a cut.
_GRID = 24
# Mean difference of brightness, 0..255, above which two frames show different scenes. Hands and
# heads change a webcam's picture by 1 to 10, a cut from one person to another by over 40.
_CUT = 30.0


def stagger(track_id: int) -> float:
    """Return the phase of a track within a period, 0..1, so that tracks take turns.

    Multiples of the golden ratio spread consecutive ids evenly.
    """
    return track_id * 0.618034 % 1


def is_due(track_id: int, *, last: float, time: float, period: float) -> bool:
    """Return whether the turn of a track came between `last` and `time`.

    Each track has its own phase, so that tracks that began together are not all due together.

    Args:
        track_id: the track's id.
        last: the time of its last turn, s.
        time: the current time, s.
        period: seconds from one turn to the next; with 0, every track is always due.
    """
    if not period:
        return True
    now, before = (moment / period + stagger(track_id) for moment in (time, last))
    return math.floor(now) > math.floor(before)


class CutDetector:
    """A detector of cuts from one scene to another."""

    def __init__(self) -> None:
        self._sample: NDArray[np.int16] | None = None

    def update(self, image: NDArray[np.uint8]) -> bool:
        """Return whether a frame, uint8 [H, W, 3], shows a different scene from the last frame."""
        rows, columns = (np.linspace(0, n - 1, _GRID).astype(int) for n in image.shape[:2])
        sample = image[np.ix_(rows, columns)].mean(axis=-1).astype(np.int16)
        before, self._sample = self._sample, sample
        return before is not None and float(np.abs(sample - before).mean()) > _CUT
