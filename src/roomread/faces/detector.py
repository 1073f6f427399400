"""What every face detector does, and what it may count on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from roomread.errors import MediaError
from roomread.readings import Box, Face

# Overlap (IoU) above which two boxes are one face.
SAME_FACE = 0.3


class FaceDetector(Protocol):
    """Finds the faces of a picture. May be called from several threads at once."""

    def detect(self, image: NDArray[np.uint8]) -> list[Face]:
        """Faces of a picture, largest first; an empty list when there is none.

        Args:
            image: uint8 [H, W, 3], RGB, upright, of any size from 1 x 1.

        Returns:
            Faces with float boxes from forehead to chin, px of `image`.

        Raises:
            MediaError: `image` is not such an array.
        """
        ...


@runtime_checkable
class NearDetector(Protocol):
    """A detector that can look for a face where it was a moment ago, which is faster."""

    def detect_coarse(self, image: NDArray[np.uint8]) -> list[Face]:
        """As `FaceDetector.detect`, faster; it may miss small faces."""
        ...

    def detect_near(self, image: NDArray[np.uint8], expected: Sequence[Box]) -> list[Face | None]:
        """The face near each of the boxes `expected`, px of `image`; None where there is none.

        Raises:
            MediaError: `image` is not uint8 [H, W, 3].
        """
        ...


def check_picture(image: NDArray[np.uint8]) -> None:
    """See that an array is a colour picture.

    Raises:
        MediaError: it is not uint8 [H, W, 3] with at least one pixel.
    """
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
        raise MediaError(
            f"a picture must be uint8 [H, W, 3], not {image.dtype} {list(image.shape)}",
            hint="RGB with 8 bits a channel; make grey pictures and ones with alpha RGB first",
        )


def largest_first(faces: Iterable[Face]) -> list[Face]:
    """Sorted by area, so that the person in front comes first."""
    return sorted(faces, key=lambda face: face.box.area, reverse=True)
