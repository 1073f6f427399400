"""Decide from the landmarks and box of a face whether an edge of the picture cuts off the face."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from roomread.faces.orientation import Orientation, bounding_box
from roomread.geometry import Box
from roomread.readings import Face

# Width of a face over its height: the median of CenterFace's boxes on FER-2013's Training pictures.
ASPECT = 0.81


class EdgeWeights(NamedTuple):
    """The weights of a logistic rule that decides whether an edge of the picture cuts off a face.

    Attributes:
        beyond: weight of the distance by which the `whole_box` reaches beyond the edge, as a
            fraction of the box's width or height.
        landmark: weight of the distance of the nearest landmark from the edge, in face heights.
        margin: weight of the distance of the detector's box from the edge, in face heights. The
            detector's box ends about where the visible part of a face ends.
        misfit: weight of `Orientation.misfit`.
        aspect: weight of the ratio of the width of the detector's box to its height.
        bias: the constant term. If the sum of all terms is over 0, the face is cut off.
    """

    beyond: float
    landmark: float
    margin: float
    misfit: float
    aspect: float
    bias: float


# Fitted on half of PublicTest (benchmarks/cut_faces.py), with faces of which 30 % or more lie
# beyond an edge. In the other half, 97 % of the faces cut by 30 % are recognised, and 0.6 % of the
# whole faces are taken for cut faces.
SIDE = EdgeWeights(8.473, -8.669, -29.655, 1.214, -26.811, 18.901)
TOP = EdgeWeights(13.063, -9.619, -5.877, 7.877, 18.742, -20.574)
BOTTOM = EdgeWeights(16.64, -0.154, -19.584, 12.522, 17.553, -23.35)
# The edges left, top, right and bottom of an upright face.
EDGES = (SIDE, TOP, SIDE, BOTTOM)


def whole_box(seen: Orientation) -> Box:
    """Return the box of a whole face, estimated from its landmarks, px."""
    return bounding_box(seen.center, ASPECT * seen.height, seen.height, seen.roll)


def cut_score(
    face: Face, seen: Orientation, picture: Box, edges: Sequence[EdgeWeights] = EDGES
) -> float:
    """Return the log odds that an edge of the picture cuts off a face.

    Args:
        face: a face with landmarks, px of the picture.
        seen: the orientation of the face.
        picture: the box of the whole picture, px.
        edges: the weights for the face's left, top, right and bottom edge.
    """
    values = edge_values(face, seen, picture)
    return max(
        sum(w * v for w, v in zip(weights, row, strict=True))
        for weights, row in zip(edges, values, strict=True)
    )


def edge_values(face: Face, seen: Orientation, picture: Box) -> list[tuple[float, ...]]:
    """Return the features of the logistic rule for a face's left, top, right and bottom edge.

    The features of each edge are in the order of their weights in `EdgeWeights`, with 1 for `bias`.

    Args:
        face: a face with landmarks, px of the picture.
        seen: the orientation of the face.
        picture: the box of the whole picture, px.
    """
    whole, box, size = whole_box(seen), face.box, max(seen.height, 1.0)
    x, y = np.asarray(face.landmarks, dtype=np.float64).T
    beyond = (
        (picture.left - whole.left) / whole.width,
        (picture.top - whole.top) / whole.height,
        (whole.right - picture.right) / whole.width,
        (whole.bottom - picture.bottom) / whole.height,
    )
    landmark = (x.min(), y.min(), picture.right - x.max(), picture.bottom - y.max())
    margin = (box.left, box.top, picture.right - box.right, picture.bottom - box.bottom)
    turns = round(seen.roll / 90)
    aspect = (box.width / max(box.height, 1.0)) / (whole.width / whole.height)
    aspect = ASPECT * (aspect if turns % 2 == 0 else 1 / max(aspect, 0.1))
    # A face that lies on its side has its top at the left or right edge of the picture.
    return [
        (
            beyond[edge],
            float(landmark[edge]) / size,
            margin[edge] / size,
            seen.misfit,
            aspect,
            1.0,
        )
        for edge in ((place + turns) % 4 for place in range(4))
    ]
