"""The classic face detector: OpenCV's cascade."""

from __future__ import annotations

import threading
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from roomread.errors import MissingExtraError
from roomread.faces.detector import check_picture, largest_first
from roomread.readings import Box, Face

# The cascade's square around (eyebrows to lip), as a box from forehead to chin.
WIDTH = 0.82
HEIGHT = 1.02
SHIFT = 0.04


class Haar:
    """OpenCV's frontal-face cascade; kept for comparison.

    Viola, Jones 2001, "Rapid Object Detection using a Boosted Cascade of Simple Features". It
    misses tilted, small and masked faces and is slower than `CenterFace`.

    Args:
        min_face: the smallest wanted face, px (the box's longer side).

    Raises:
        ValueError: `min_face` is not more than 0.
        MissingExtraError: OpenCV is not installed.
    """

    def __init__(self, *, min_face: float = 24.0) -> None:
        if not min_face > 0:
            raise ValueError(f"min_face is a size in px, more than 0, not {min_face}")
        try:
            import cv2  # noqa: PLC0415 - an extra, and slow to load
        except ImportError as error:
            raise MissingExtraError("the Haar detector", extra="haar") from error
        self._cv2 = cv2
        cascades = files("cv2") / "data" / "haarcascade_frontalface_default.xml"
        self._cascade = cv2.CascadeClassifier(str(cascades))
        # The cascade keeps its picture in itself while it searches.
        self._lock = threading.Lock()
        self._min_face = min_face

    def detect(self, image: NDArray[np.uint8]) -> list[Face]:
        """Faces of a picture, largest first; an empty list when there is none.

        Args:
            image: uint8 [H, W, 3], RGB, upright, of any size from 1 x 1.

        Returns:
            Faces with boxes from forehead to chin, px of `image`, and without landmarks.

        Raises:
            MediaError: `image` is not such an array.
        """
        check_picture(image)
        grey = self._cv2.cvtColor(np.ascontiguousarray(image), self._cv2.COLOR_RGB2GRAY)
        smallest = max(1, int(self._min_face / max(WIDTH, HEIGHT)))
        with self._lock:
            squares, _, weights = self._cascade.detectMultiScale3(
                grey,
                scaleFactor=1.1,
                minNeighbors=5,
                minSize=(smallest, smallest),
                outputRejectLevels=True,
            )
        return largest_first(
            Face(face_box(*(float(v) for v in found)), None, confidence(float(weight)))
            for found, weight in zip(squares, weights, strict=True)
        )


def face_box(left: float, top: float, width: float, height: float) -> Box:
    """From the cascade's square to a face from forehead to chin, px."""
    x, y = left + width / 2, top + height / 2 + SHIFT * height
    half = WIDTH * width / 2, HEIGHT * height / 2
    return Box(x - half[0], y - half[1], x + half[0], y + half[1])


def confidence(weight: float) -> float:
    """The last stage's weight as 0..1: half at 2.5."""
    return float(1 / (1 + np.exp(-(weight - 2.5))))
