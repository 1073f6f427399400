"""Search near known faces: their surroundings, side by side in one small picture."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from roomread.faces.centerface.decode import Candidates
from roomread.faces.centerface.net import MULTIPLE, FaceNet
from roomread.readings import Box

# A face is searched for in a square twice its size, scaled to a cell of 64 px: a seventh of the
# time of a whole 720p picture with 25 faces. On calls of 25 and 49 faces the boxes are 6 % lower
# than those of a whole search, all expressions are the same, and the scores differ by 0.012 in
# total variation; moving the whole picture by one px changes them by 0.010.
# Few faces get larger cells, up to 128 px, as long as the mosaic stays within 256 px.
CELL = 64
WIDEST_CELL = 128
MOSAIC = 256
AROUND = 2.0
# A face counts up to this distance from the middle of its square, over the square's side; beyond
# it, the square's edge would cut it.
DRIFT = 0.3


def infer_near(
    net: FaceNet, image: NDArray[np.uint8], expected: Sequence[Box], threshold: float
) -> tuple[Candidates, NDArray[np.intp]]:
    """Return the faces in the middle of the squares around boxes.

    Args:
        net: the net to run.
        image: uint8 [H, W, 3].
        expected: N boxes, 1 or more, px of `image`.
        threshold: the lowest confidence, 0..1.

    Returns:
        One candidate for each face in px of `image`, highest confidence first, and the index of
        the box whose square shows it, int [K].
    """
    columns = math.ceil(math.sqrt(len(expected)))
    rows = math.ceil(len(expected) / columns)
    side = cell_side(columns)
    mosaic = np.zeros((rows * side, columns * side, 3), dtype=np.uint8)
    squares = np.empty((len(expected), 2, 2), dtype=np.float32)
    for index, box in enumerate(expected):
        row, column = divmod(index, columns)
        cell = mosaic[row * side : (row + 1) * side, column * side : (column + 1) * side]
        squares[index] = np.reshape(_draw_square(cell, image, box), (2, 2))
    candidates = net.infer(mosaic, threshold).suppressed()
    centers = candidates.boxes.mean(axis=1)
    places = np.floor(centers / side).astype(np.intp)
    indices = places[:, 1] * columns + places[:, 0]
    # A face further off is a neighbour, or is cut by the square's edge.
    in_middle = np.abs(centers - places * side - side / 2).max(axis=1) <= DRIFT * side
    kept = in_middle & (indices < len(expected))
    boxes, landmarks, confidence = candidates.select(kept)
    indices = indices[kept]
    corners = places[kept, np.newaxis].astype(np.float32) * side
    origins = squares[indices, :1]
    zoom = (squares[indices, 1:] - origins) / side
    boxes, landmarks = ((part - corners) * zoom + origins for part in (boxes, landmarks))
    return Candidates(boxes, landmarks, confidence), indices


def cell_side(columns: int) -> int:
    """Return the side of a cell in a mosaic of `columns` columns, px; a multiple of 32."""
    return max(CELL, min(WIDEST_CELL, MOSAIC // columns // MULTIPLE * MULTIPLE))


def _draw_square(cell: NDArray[np.uint8], image: NDArray[np.uint8], box: Box) -> Box:
    """Draw the square around a box into a cell, black where the picture ends.

    Args:
        cell: uint8 [S, S, 3], black.
        image: uint8 [H, W, 3].
        box: the box of a face, px of `image`.

    Returns:
        The square that the cell shows, px of `image`.
    """
    x, y = box.center
    # Never scaled up: enlarging a small face adds no detail.
    side = len(cell)
    half = max(AROUND * max(box.width, box.height), float(side)) / 2
    square = Box(x - half, y - half, x + half, y + half)
    scale = side / square.width
    height, width = image.shape[:2]
    left, top = max(0, math.floor(square.left)), max(0, math.floor(square.top))
    right, bottom = min(width, math.ceil(square.right)), min(height, math.ceil(square.bottom))
    if left >= right or top >= bottom:
        return square
    # Rounded to px of the cell, which is an eighth of the detector's own error.
    x0, x1 = (min(max(round((px - square.left) * scale), 0), side) for px in (left, right))
    y0, y1 = (min(max(round((px - square.top) * scale), 0), side) for px in (top, bottom))
    if x0 < x1 and y0 < y1:
        part = Image.fromarray(image[top:bottom, left:right])
        small = part.resize((x1 - x0, y1 - y0), Image.Resampling.BILINEAR, reducing_gap=2.0)
        cell[y0:y1, x0:x1] = np.asarray(small)
    return square
