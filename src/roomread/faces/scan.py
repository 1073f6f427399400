"""Looks at whole frames of a video where that is needed, and elsewhere where faces were."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from roomread.faces.detector import FaceDetector, Refinder, largest_first
from roomread.readings import Box, Face, Frame

# A frame is compared with the one before at so many places a side, to see a cut.
_GRID = 24
# Mean difference of brightness, 0..255, from which two frames are of different scenes. Hands and
# heads move 1 to 10 in a webcam's picture, a cut from one person to another is over 40.
_CUT = 30.0
# Of those who were lost so many are looked for; a long recording loses ever more.
_MOST_MISSING = 8


class Scanner:
    """Finds the faces of a video's frames, one frame after another.

    A whole frame is searched every `every` seconds, where no face is known, at a cut, and where a
    known face is not found again; in between only the surroundings of known faces are, and where
    others were lost. Whoever comes in elsewhere is found at most `every` seconds later.

    Args:
        detector: what finds faces; one without `refind` searches every frame.
        every: seconds between two searches of whole frames; 0 searches every frame.

    Attributes:
        scans: how many whole frames were searched.
    """

    def __init__(self, detector: FaceDetector, *, every: float = 0.5) -> None:
        self.scans = 0
        self._detector = detector
        self._every = every
        self._last = -float("inf")
        self._sample: NDArray[np.int16] | None = None

    def find(
        self, frame: Frame, expected: Sequence[Box], missing: Sequence[Box] = ()
    ) -> list[Face]:
        """The faces of the next frame, largest first.

        Args:
            frame: later than the one before.
            expected: where the faces of the frame before should be now, px.
            missing: where others were seen last, the latest first, px.

        Raises:
            MediaError: the frame is not uint8 [H, W, 3].
        """
        cut = self._is_cut(frame.image)
        due = frame.time - self._last >= self._every
        if isinstance(self._detector, Refinder) and expected and not cut and not due:
            places = [*expected, *missing[:_MOST_MISSING]]
            found = self._detector.refind(frame.image, places)
            if None not in found[: len(expected)]:
                return largest_first(face for face in found if face is not None)
        self._last = frame.time
        self.scans += 1
        return self._detector.detect(frame.image)

    def _is_cut(self, image: NDArray[np.uint8]) -> bool:
        rows, columns = (np.linspace(0, n - 1, _GRID).astype(int) for n in image.shape[:2])
        sample = image[np.ix_(rows, columns)].mean(axis=-1).astype(np.int16)
        before, self._sample = self._sample, sample
        return before is not None and float(np.abs(sample - before).mean()) > _CUT
