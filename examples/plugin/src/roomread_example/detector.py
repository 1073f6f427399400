"""A detector: CenterFace without the search for turned faces, which pictures of walls need."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from roomread.faces import CenterFace
from roomread.readings import Face


class UprightFaces:
    """Detect upright faces only, which is faster where pictures show none.

    Args:
        min_face: the smallest wanted face, px; None for CenterFace's own.
    """

    def __init__(self, *, min_face: float | None = None) -> None:
        self._net = CenterFace(min_face=min_face)

    def detect(self, image: NDArray[np.uint8]) -> list[Face]:
        """Return the upright faces of a picture uint8 [H, W, 3], RGB, largest first."""
        return self._net.detect_upright(image)
