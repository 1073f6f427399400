"""Detect cameras that show nothing: a muted one sends black, a stuck one the same frame."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from roomread.readings import Frame, NoPicture

# Standard deviation of pixels, of 255, under which a picture is blank, as with a lens cap.
_BLANK = 4.0
# Seconds; the noise of a real camera changes every frame.
_FROZEN_AFTER = 3.0
# Comparing every eighth pixel in each direction is enough.
_STEP = 8


class SignalCheck:
    """Checks the frames of one camera; times come with the frames."""

    def __init__(self) -> None:
        self._last: NDArray[np.uint8] | None = None
        self._changed_at = 0.0

    def update(self, frame: Frame) -> NoPicture | None:
        """Return why the next frame shows nothing; None if it shows something."""
        sample = frame.image[::_STEP, ::_STEP]
        if self._last is None or not np.array_equal(sample, self._last):
            # The frame's memory may be used again, so a copy is kept.
            self._last, self._changed_at = sample.copy(), frame.time
        if float(sample.mean(axis=2).std()) < _BLANK:
            return NoPicture.BLANK
        if frame.time - self._changed_at >= _FROZEN_AFTER:
            return NoPicture.FROZEN
        return None
