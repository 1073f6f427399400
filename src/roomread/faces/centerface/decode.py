"""Turn CenterFace's output maps into face candidates."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from roomread.faces.detector import SAME_FACE
from roomread.geometry import nms
from roomread.readings import Box, Face

# The net has one output for every 4 x 4 px of its input.
STRIDE = 4


class Candidates(NamedTuple):
    """K places of a picture that may show a face; several of them may be the same face.

    Attributes:
        boxes: float32 [K, 2, 2], top left and bottom right corner (x, y), px.
        landmarks: float32 [K, 5, 2], (x, y), px, in the order of `Face.landmarks`.
        confidence: float32 [K], 0..1.
    """

    boxes: NDArray[np.float32]
    landmarks: NDArray[np.float32]
    confidence: NDArray[np.float32]

    def select(self, which: NDArray[np.bool_] | NDArray[np.intp] | list[int]) -> Candidates:
        """Return the candidates that a mask or a list of indices selects."""
        return Candidates(self.boxes[which], self.landmarks[which], self.confidence[which])

    def suppressed(self) -> Candidates:
        """Return one candidate for each face, highest confidence first."""
        return self.select(nms(self.edges, self.confidence, threshold=SAME_FACE))

    @property
    def edges(self) -> NDArray[np.float32]:
        """The boxes as left, top, right, bottom, float32 [K, 4]."""
        return self.boxes.reshape(-1, 4)

    @property
    def sizes(self) -> NDArray[np.float32]:
        """The longer sides of the boxes, px, float32 [K]."""
        sizes: NDArray[np.float32] = (self.boxes[:, 1] - self.boxes[:, 0]).max(axis=1)
        return sizes

    def to_faces(self) -> list[Face]:
        """Return the candidates as `Face`s, in their order."""
        return [
            Face(Box(*box.ravel().tolist()), landmarks, float(confidence))
            for box, landmarks, confidence in zip(*self, strict=True)
        ]


def decode(maps: list[NDArray[np.float32]], threshold: float) -> Candidates:
    """Return a candidate for each place where the heatmap reaches the threshold.

    Section 3 of the paper describes the maps.

    Args:
        maps: float32; heatmap [1, R, C], scale (log height, log width) [2, R, C], offset (y, x)
            [2, R, C] and landmarks [10, R, C] (five times y, x, relative to the box's corner, as
            fractions of the box's height and width).
        threshold: the lowest confidence, 0..1.

    Returns:
        Candidates in px of the net's input picture.
    """
    heatmap, scale, offset, points = maps
    rows, columns = np.nonzero(heatmap[0] >= threshold)
    # The net outputs (y, x); this package uses (x, y).
    sizes = STRIDE * np.exp(scale[::-1, rows, columns].T)
    cells = np.stack([columns, rows], axis=1, dtype=np.float32) + np.float32(0.5)
    centers = STRIDE * (cells + offset[::-1, rows, columns].T)
    corners = centers - sizes / 2
    boxes = np.stack([corners, corners + sizes], axis=1)
    relative = points[:, rows, columns].T.reshape(-1, 5, 2)[..., ::-1]
    landmarks = corners[:, np.newaxis] + relative * sizes[:, np.newaxis]
    return Candidates(boxes, landmarks, heatmap[0, rows, columns])
