"""The classic face detector: OpenCV's Haar cascade."""

from __future__ import annotations

import math
import threading
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from roomread.errors import MissingExtraError
from roomread.faces.detector import check_picture, largest_first
from roomread.readings import Box, Face

# Width, height and shift down, as shares of the square's side, that convert the cascade's square
# (eyebrows to lower lip) to a box from forehead to chin. The medians that yield CenterFace's boxes
# are (0.82, 1.02, 0.04) on 246 faces of two portraits and (0.84, 1.01, 0.02) on 522 of FER-2013's
# Training pictures, with a median IoU of 0.86 and 0.82.
WIDTH = 0.83
HEIGHT = 1.01
SHIFT = 0.03
# The weight of the last stage that is mapped to a confidence of 0.5; 95 % of faces exceed it.
HALFWAY = 3.2


class Haar:
    """A detector of frontal faces that uses OpenCV's cascade; kept for comparison.

    It misses tilted, small and masked faces and is slower than `CenterFace`. Source: Viola, Jones
    2001, "Rapid Object Detection using a Boosted Cascade of Simple Features".

    Args:
        min_face: the longer side of the smallest face to find, px; smaller faces are left out.

    Raises:
        ValueError: `min_face` is not more than 0.
        MissingExtraError: OpenCV is not installed.
    """

    def __init__(self, *, min_face: float = 24.0) -> None:
        if not min_face > 0:
            raise ValueError(f"min_face must be a size over 0 px, not {min_face}")
        try:
            import cv2  # noqa: PLC0415 - an extra, and slow to load
        except ImportError as error:
            raise MissingExtraError("the Haar detector", extra="haar") from error
        self._cv2 = cv2
        cascades = files("cv2") / "data" / "haarcascade_frontalface_default.xml"
        self._cascade = cv2.CascadeClassifier(str(cascades))
        # The cascade keeps state while it searches, so only one thread may use it at a time.
        self._lock = threading.Lock()
        self._min_face = min_face

    def detect(self, image: NDArray[np.uint8]) -> list[Face]:
        """Return the faces of a picture, largest first.

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
        faces = (
            Face(face_box(*(float(part) for part in found)), None, confidence(float(weight)))
            for found, weight in zip(squares, weights, strict=True)
        )
        return largest_first(
            face for face in faces if max(face.box.width, face.box.height) >= self._min_face
        )


def face_box(left: float, top: float, width: float, height: float) -> Box:
    """Return the box from forehead to chin for a square that the cascade found, px."""
    x, y = left + width / 2, top + height / 2 + SHIFT * height
    half = WIDTH * width / 2, HEIGHT * height / 2
    return Box(x - half[0], y - half[1], x + half[0], y + half[1])


def confidence(weight: float) -> float:
    """Map the weight of the cascade's last stage to 0..1; the result is not a probability."""
    return 0.5 + 0.5 * math.tanh((weight - HALFWAY) / 2)
