"""Whether a camera shows anything: a muted one sends black, a stuck one the same frame."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from roomread.readings import Frame, NoPicture

# Under this deviation of a pixel, of 255, there is nothing to see: a lens cap, a blank tile.
_BLANK = 4.0
# A real camera's noise changes every frame.
_FROZEN_AFTER = 3.0
# Every eighth pixel each way tells as much.
_STEP = 8


class SignalCheck:
    """Watches the frames of one camera. It has no clock: times come with the frames."""

    def __init__(self) -> None:
        self._last: NDArray[np.uint8] | None = None
        self._changed_at = 0.0

    def update(self, frame: Frame) -> NoPicture | None:
        """What is wrong with the next frame; None if it shows something."""
        sample = frame.image[::_STEP, ::_STEP]
        if self._last is None or not np.array_equal(sample, self._last):
            # A copy: the frame's memory is its owner's.
            self._last, self._changed_at = sample.copy(), frame.time
        if float(sample.mean(axis=2).std()) < _BLANK:
            return NoPicture.BLANK
        if frame.time - self._changed_at >= _FROZEN_AFTER:
            return NoPicture.FROZEN
        return None
