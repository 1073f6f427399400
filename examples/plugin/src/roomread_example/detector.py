"""Example of a detector as a plug-in: CenterFace without its search for strongly tilted faces."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from roomread.faces import CenterFace
from roomread.readings import Face


class UprightFaces:
    """Detector of upright faces only, which is faster on pictures without a face.

    Args:
        min_face: the size of the smallest face to find, px; None for CenterFace's default.
    """

    def __init__(self, *, min_face: float | None = None) -> None:
        self._net = CenterFace(min_face=min_face)

    def detect(self, image: NDArray[np.uint8]) -> list[Face]:
        """Return the upright faces of an RGB picture, uint8 [H, W, 3], largest first."""
        return self._net.detect_upright(image)
