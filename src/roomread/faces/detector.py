"""The interfaces of face detectors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from roomread.errors import MediaError
from roomread.readings import Face

# Overlap (IoU) above which two boxes are taken for the same face.
SAME_FACE = 0.3


class FaceDetector(Protocol):
    """A detector of the faces in a picture. It must be thread-safe."""

    def detect(self, image: NDArray[np.uint8]) -> list[Face]:
        """Return the faces of a picture, largest first.

        Args:
            image: uint8 [H, W, 3], RGB, of any size from 1 x 1.

        Returns:
            Faces with float boxes from forehead to chin, px of `image`.

        Raises:
            MediaError: `image` is not such an array.
        """
        ...


@runtime_checkable
class NearDetector(Protocol):
    """A detector that can also search near the last positions of faces, which is faster."""

    def detect_coarse(self, image: NDArray[np.uint8]) -> list[Face]:
        """Return faces as `FaceDetector.detect` does, but faster; small faces may be missed."""
        ...

    def detect_upright(self, image: NDArray[np.uint8]) -> list[Face]:
        """Return faces as `FaceDetector.detect` does, but faster; rotated faces may be missed."""
        ...

    def detect_near(self, image: NDArray[np.uint8], expected: Sequence[Face]) -> list[Face | None]:
        """Return for each expected face the face found near it, px of `image`, or None.

        Raises:
            MediaError: `image` is not uint8 [H, W, 3].
        """
        ...


@runtime_checkable
class ThreadedDetector(Protocol):
    """A detector that uses several threads for one picture."""

    def single_threaded(self) -> FaceDetector:
        """Return a detector that finds the same faces, but uses one thread for a picture.

        The returned detector is faster if several pictures are searched at once, because threads
        that share one picture wait for each other.
        """
        ...


def check_picture(image: NDArray[np.uint8]) -> None:
    """Check that an array is a colour picture.

    Raises:
        MediaError: The array is not uint8 [H, W, 3] with at least one pixel.
    """
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
        raise MediaError(
            f"a picture must be uint8 [H, W, 3], not {image.dtype} {list(image.shape)}",
            hint="convert it to RGB with 8 bits per channel first",
        )


def largest_first(faces: Iterable[Face]) -> list[Face]:
    """Return the faces sorted by area, so that the person in front comes first."""
    return sorted(faces, key=lambda face: face.box.area, reverse=True)
