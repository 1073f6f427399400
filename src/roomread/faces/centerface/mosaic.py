"""Search near known faces by composing their surroundings into one small picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from roomread.faces.centerface.decode import Candidates
from roomread.faces.centerface.net import MULTIPLE, FaceNet
from roomread.faces.orientation import bounding_box, orientation, rotated
from roomread.readings import Box

# A face is searched for in a square twice its size, scaled to a cell of 64 px. For 25 faces this
# takes a seventh of the time of searching a whole 720p picture. In calls of 25 and 49 faces, boxes
# are 6 % less high than in a search of the whole picture, all expressions are equal, and scores
# differ by a total variation of 0.012; shifting the whole picture by one px changes them by 0.010.
# A few faces get larger cells, up to 128 px, as long as the mosaic stays within 256 px.
CELL = 64
WIDEST_CELL = 128
MOSAIC = 256
AROUND = 2.0
# Maximum distance of a face from the middle of its square, as a fraction of the square's side.
# Beyond it, the square's edge would cut the face.
DRIFT = 0.3


class ExpectedFace(NamedTuple):
    """The place at which a face is expected.

    Attributes:
        box: the box of the face, px.
        roll: the rotation of the face in the picture plane, degrees clockwise. The picture is
            rotated back by this angle before the net searches it.
    """

    box: Box
    roll: float = 0.0


def infer_near(
    net: FaceNet,
    image: NDArray[np.uint8],
    expected: Sequence[ExpectedFace],
    threshold: float,
    *,
    side: int | None = None,
) -> tuple[Candidates, NDArray[np.intp]]:
    """Search a square around each expected face, and return the faces in the middle of the squares.

    Args:
        net: the net to run.
        image: uint8 [H, W, 3].
        expected: N expected faces, 1 or more, px of `image`.
        threshold: the lowest confidence, 0..1.
        side: the side to which each square is scaled, px, a multiple of 32; None for a side that
            depends on N.

    Returns:
        One candidate for each face in px of `image`, highest confidence first, and the index of
        the expected face whose square shows it, int [K].
    """
    columns = math.ceil(math.sqrt(len(expected)))
    rows = math.ceil(len(expected) / columns)
    side = side or cell_side(columns)
    mosaic = np.zeros((rows * side, columns * side, 3), dtype=np.uint8)
    squares = np.empty((len(expected), 2, 2), dtype=np.float32)
    for index, place in enumerate(expected):
        row, column = divmod(index, columns)
        cell = mosaic[row * side : (row + 1) * side, column * side : (column + 1) * side]
        square = square_around(place.box, side)
        squares[index] = np.reshape(square, (2, 2))
        if place.roll:
            _draw_turned(cell, image, square, place.roll)
        else:
            _draw(cell, image, square)
    candidates = net.infer(mosaic, threshold).suppressed()
    centers = candidates.boxes.mean(axis=1)
    cells = np.floor(centers / side).astype(np.intp)
    indices = cells[:, 1] * columns + cells[:, 0]
    # A face further from the middle is a neighbour, or is cut by the square's edge.
    in_middle = np.abs(centers - cells * side - side / 2).max(axis=1) <= DRIFT * side
    kept = in_middle & (indices < len(expected))
    boxes, landmarks, confidence = candidates.select(kept)
    indices = indices[kept]
    corners = cells[kept, np.newaxis].astype(np.float32) * side
    origins = squares[indices, :1]
    zoom = (squares[indices, 1:] - origins) / side
    boxes, landmarks = ((part - corners) * zoom + origins for part in (boxes, landmarks))
    for index, which in enumerate(indices.tolist()):
        if roll := expected[which].roll:
            pivot = squares[which].mean(axis=0)
            boxes[index], landmarks[index] = _turned_back(
                boxes[index], landmarks[index], pivot, roll
            )
    return Candidates(boxes, landmarks, confidence), indices


def cell_side(columns: int) -> int:
    """Return the side of a cell in a mosaic of `columns` columns, px; a multiple of 32."""
    return max(CELL, min(WIDEST_CELL, MOSAIC // columns // MULTIPLE * MULTIPLE))


def square_around(box: Box, side: int) -> Box:
    """Return the square around a face, px, that is drawn into a cell of `side` px."""
    x, y = box.center
    # The square is never scaled up, because enlarging a small face adds no detail.
    half = max(AROUND * max(box.width, box.height), float(side)) / 2
    return Box(x - half, y - half, x + half, y + half)


def _draw(cell: NDArray[np.uint8], image: NDArray[np.uint8], square: Box) -> None:
    """Draw a square of a picture into a cell; parts of the square outside the picture stay black.

    Args:
        cell: uint8 [S, S, 3], black.
        image: uint8 [H, W, 3].
        square: px of `image`.
    """
    side = len(cell)
    scale = side / square.width
    height, width = image.shape[:2]
    left, top = max(0, math.floor(square.left)), max(0, math.floor(square.top))
    right, bottom = min(width, math.ceil(square.right)), min(height, math.ceil(square.bottom))
    if left >= right or top >= bottom:
        return
    # Rounding to pixels of the cell adds an eighth of the detector's own error.
    x0, x1 = (min(max(round((px - square.left) * scale), 0), side) for px in (left, right))
    y0, y1 = (min(max(round((px - square.top) * scale), 0), side) for px in (top, bottom))
    if x0 < x1 and y0 < y1:
        part = Image.fromarray(image[top:bottom, left:right])
        small = part.resize((x1 - x0, y1 - y0), Image.Resampling.BILINEAR, reducing_gap=2.0)
        cell[y0:y1, x0:x1] = np.asarray(small)


def _draw_turned(
    cell: NDArray[np.uint8], image: NDArray[np.uint8], square: Box, roll: float
) -> None:
    """Draw a square of a picture into a cell, rotated so that a face with this roll is upright."""
    side = len(cell)
    # The larger square still covers the cell after a turn by 45 degrees.
    margin = math.ceil((math.sqrt(2) - 1) / 2 * side)
    wide = margin * square.width / side
    around = np.zeros((side + 2 * margin, side + 2 * margin, 3), dtype=np.uint8)
    left, top, right, bottom = square
    _draw(around, image, Box(left - wide, top - wide, right + wide, bottom + wide))
    upright = Image.fromarray(around).rotate(roll, Image.Resampling.BILINEAR)
    cell[...] = np.asarray(upright)[margin : margin + side, margin : margin + side]


def _turned_back(
    box: NDArray[np.float32],
    landmarks: NDArray[np.float32],
    pivot: NDArray[np.float32],
    roll: float,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Map a face from a rotated square back to the picture.

    Args:
        box: float32 [2, 2], the corners of the face's box in the rotated square, px of the picture.
        landmarks: float32 [5, 2], its landmarks in the rotated square, px of the picture.
        pivot: the square's centre, px.
        roll: the angle by which the square was rotated, degrees.

    Returns:
        The upright box around the turned face, float32 [2, 2], and its landmarks.
    """
    points = (rotated(landmarks - pivot, roll) + pivot).astype(np.float32)
    x, y = rotated(box.mean(axis=0) - pivot, roll) + pivot
    width, height = (box[1] - box[0]).tolist()
    around = bounding_box((float(x), float(y)), width, height, orientation(points).roll)
    return np.reshape(around, (2, 2)).astype(np.float32), points
