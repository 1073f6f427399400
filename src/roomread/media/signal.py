"""Detect cameras whose picture is blank (black or covered) or frozen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from roomread.readings import Frame, NoPicture

# Standard deviation of the pixels (0 to 255) under which a picture counts as blank.
_BLANK = 4.0
# Seconds without any changed pixel after which a camera counts as frozen; the noise of a working
# camera changes every frame.
_FROZEN_AFTER = 3.0
# Comparing every eighth pixel in each direction is enough.
_STEP = 8


class SignalCheck:
    """A detector of blank and frozen pictures among the frames of one camera."""

    def __init__(self) -> None:
        self._last: NDArray[np.uint8] | None = None
        self._changed_at = 0.0

    def update(self, frame: Frame) -> NoPicture | None:
        """Return `BLANK` or `FROZEN` if the next frame shows no usable picture, else None."""
        sample = frame.image[::_STEP, ::_STEP]
        if self._last is None or not np.array_equal(sample, self._last):
            # Keep a copy, because the caller may reuse the frame's memory.
            self._last, self._changed_at = sample.copy(), frame.time
        if float(sample.mean(axis=2).std()) < _BLANK:
            return NoPicture.BLANK
        if frame.time - self._changed_at >= _FROZEN_AFTER:
            return NoPicture.FROZEN
        return None
