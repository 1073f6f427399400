"""Cut faces out of pictures in the same geometry as the net's training pictures."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from roomread.faces.detector import check_picture
from roomread.faces.orientation import CREDIBLE_MISFIT, Orientation, orientation, rotated
from roomread.readings import Box, CropGeometry, Face

# Measured on 2,000 random FER-2013 Training pictures (benchmarks/framing.py), in 95.5 % of which
# CenterFace found the face: median side 1.033 (quartiles 0.98 and 1.12), median shift -0.011
# (quartiles -0.05 and 0.01). Squares derived from landmarks fit equally well: the median IoU with
# the true squares is 0.84 for both.
FER2013_FRAMING = CropGeometry(side=1.03, shift=-0.01)

# The Pillow filter that makes crops as sharp as FER-2013's pictures: `quality.sharpness` of two
# portraits is 0.64 and 1.07 (bilinear 0.53, 0.89; Lanczos 0.71, 1.19), of FER-2013 0.83.
_FILTER = Image.Resampling.BICUBIC

# At most 32 x 32 px of the picture are averaged into one px of the crop; larger faces are
# subsampled to every second, third, ... px. More px would take memory without a visible difference.
DENSEST = 32

# Smallest roll, degrees, at which a crop is rotated upright. FER-2013's faces are not aligned, and
# nine in ten have a roll within 12 degrees. Chosen on 1,800 PublicTest pictures: with this limit,
# upright faces lose nothing (28 readings become right, 27 wrong), and faces turned by 15 degrees
# gain most.
TURN_FROM = 12.0
# A rotated face is cut from a square of 1.5 sides, so that the rotation leaves no empty corner, and
# at twice the resolution, so that it blurs little.
WIDER = 1.5
FINER = 2


def cut(
    image: NDArray[np.uint8], faces: Sequence[Face], framing: CropGeometry, *, side: int = 48
) -> NDArray[np.uint8]:
    """Return grey square crops of faces, framed like the net's training pictures.

    Faces with a roll of 12 degrees or more are rotated upright; smaller rolls are kept, as
    FER-2013's pictures have them. Where a crop reaches beyond the picture, the pixels of the
    picture's edge are repeated, because no training picture has a grey or black bar.

    Args:
        image: uint8 [H, W, 3], RGB.
        faces: N faces; their boxes, in px of `image`, may reach beyond it.
        framing: the crop geometry of the net.
        side: the width and height S of a crop, px.

    Returns:
        uint8 [N, S, S], in the faces' order; luma (ITU-R BT.601), 0 black .. 255 white.

    Raises:
        MediaError: `image` is not such an array.
    """
    check_picture(image)
    crops = np.empty((len(faces), side, side), dtype=np.uint8)
    for crop, face in zip(crops, faces, strict=True):
        turned = _turned(face)
        if turned is None:
            crop[...] = _cut_square(image, square(face.box, framing), side)
        else:
            crop[...] = _cut_turned(image, turned, framing, side)
    return crops


def crop_turn(face: Face) -> float:
    """Return the angle by which `cut` rotates a face's crop, degrees; 0 for no rotation.

    The angle is positive for a face that is tilted clockwise.
    """
    turned = _turned(face)
    return 0.0 if turned is None else turned.roll


def _turned(face: Face) -> Orientation | None:
    """Return the orientation of a face whose crop is rotated upright; None for other faces."""
    if face.landmarks is None:
        return None
    seen = orientation(face.landmarks)
    return seen if abs(seen.roll) >= TURN_FROM and seen.misfit <= CREDIBLE_MISFIT else None


def square(box: Box, framing: CropGeometry) -> Box:
    """Return the square region around a face's box that its crop shows, px; at least 1 px wide."""
    x, y = box.center
    y += framing.shift * box.height
    half = max(framing.side * box.height, 1.0) / 2
    return Box(x - half, y - half, x + half, y + half)


def _cut_turned(
    image: NDArray[np.uint8], turned: Orientation, framing: CropGeometry, side: int
) -> NDArray[np.uint8]:
    """Return the upright crop of a rotated face; `turned` determines the square to cut out."""
    x, y = turned.center
    down = rotated(np.array([0.0, framing.shift * turned.height]), turned.roll)
    half = WIDER * max(framing.side * turned.height, 1.0) / 2
    x, y = x + float(down[0]), y + float(down[1])
    around = _cut_square(
        image, Box(x - half, y - half, x + half, y + half), int(FINER * WIDER * side)
    )
    upright = Image.fromarray(around).rotate(turned.roll, _FILTER)
    margin = (upright.width - FINER * side) / 2
    frame = margin, margin, upright.width - margin, upright.height - margin
    return np.asarray(upright.resize((side, side), _FILTER, box=frame))


def _cut_square(image: NDArray[np.uint8], part: Box, side: int) -> NDArray[np.uint8]:
    scale = part.width / side
    step = max(1, int(scale // DENSEST))
    # The resampling filter reads two px beyond each edge of the crop.
    margin = math.ceil(2 * max(scale, 1.0)) + step
    left, top = math.floor(part.left) - margin, math.floor(part.top) - margin
    columns = range(left, math.ceil(part.right) + margin, step)
    rows = range(top, math.ceil(part.bottom) + margin, step)
    pixels = _grey(image, rows, columns)
    frame = Box(
        (part.left - left) / step,
        (part.top - top) / step,
        (part.right - left) / step,
        (part.bottom - top) / step,
    )
    resized = Image.fromarray(pixels).resize((side, side), _FILTER, box=frame)
    return np.asarray(resized)


def _grey(image: NDArray[np.uint8], rows: range, columns: range) -> NDArray[np.uint8]:
    """Return the luma at each row and column, which are clamped to the edges of the picture."""
    height, width = image.shape[:2]
    if rows[0] >= 0 and columns[0] >= 0 and rows[-1] < height and columns[-1] < width:
        part = image[
            rows.start : rows.stop : rows.step, columns.start : columns.stop : columns.step
        ]
    else:
        part = image[np.ix_(np.clip(rows, 0, height - 1), np.clip(columns, 0, width - 1))]
    return np.asarray(Image.fromarray(part).convert("L"))
