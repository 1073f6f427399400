"""Compute with boxes: intersection over union (IoU) and non-maximum suppression (NMS)."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class Box(NamedTuple):
    """A rectangle in float pixels, origin at the top left; `right` and `bottom` are exclusive."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Width in px; negative if `right` is less than `left`."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Height in px; negative if `bottom` is less than `top`."""
        return self.bottom - self.top

    @property
    def area(self) -> float:
        """Area in square px; 0 if the width or height is not positive."""
        return max(self.width, 0.0) * max(self.height, 0.0)

    @property
    def center(self) -> tuple[float, float]:
        """Centre (x, y) in px."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    @property
    def longer_side(self) -> float:
        """The larger of width and height, px."""
        return max(self.width, self.height)

    def moved(self, x: float, y: float) -> Box:
        """Return the box moved by `x` px to the right and `y` px down."""
        return Box(self.left + x, self.top + y, self.right + x, self.bottom + y)

    def rounded(self, digits: int) -> Box:
        """Return the box with its coordinates as floats, rounded to `digits` decimals."""
        return Box(*(round(float(value), digits) for value in self))

    def intersection(self, other: Box) -> Box:
        """Return the intersection of two boxes.

        Its width or height is 0 or negative if the boxes do not overlap.
        """
        return Box(
            max(self.left, other.left),
            max(self.top, other.top),
            min(self.right, other.right),
            min(self.bottom, other.bottom),
        )

    def iou(self, other: Box) -> float:
        """Return intersection over union, 0..1; 0 when both boxes are empty."""
        common = self.intersection(other).area
        union = self.area + other.area - common
        return common / union if union > 0 else 0.0

    def visible(self, width: int, height: int) -> float:
        """Return the fraction, 0..1, of the box inside a picture of `width` x `height` px."""
        inside = self.intersection(Box(0, 0, width, height)).area
        return inside / self.area if self.area > 0 else 0.0


def iou(boxes: NDArray[Any], others: NDArray[Any]) -> NDArray[np.float64]:
    """Return the intersection over union of every pair of boxes.

    Args:
        boxes: [N, 4], left, top, right, bottom in px; right and bottom are exclusive.
        others: [M, 4], in the same form.

    Returns:
        float64 [N, M], 0..1; 0 where both boxes are empty.
    """
    first, second = boxes.astype(np.float64)[:, np.newaxis], others.astype(np.float64)
    low = np.maximum(first[..., :2], second[..., :2])
    high = np.minimum(first[..., 2:], second[..., 2:])
    common = np.prod(np.maximum(high - low, 0), axis=-1)
    union = _areas(first) + _areas(second) - common
    overlap: NDArray[np.float64] = np.divide(
        common, union, out=np.zeros_like(common), where=union > 0
    )
    return overlap


def nms(boxes: NDArray[Any], confidence: NDArray[Any], *, threshold: float) -> list[int]:
    """Return the indices of the boxes that remain after non-maximum suppression.

    Args:
        boxes: [K, 4], left, top, right, bottom in px.
        confidence: [K]; of overlapping boxes, the box with the highest confidence is kept.
        threshold: the IoU above which two boxes are the same object, 0..1.

    Returns:
        Indices, highest confidence first.
    """
    corners = boxes.astype(np.float64)
    low, high, areas = corners[:, :2], corners[:, 2:], _areas(corners)
    waiting = np.argsort(-confidence, kind="stable")
    kept = []
    while waiting.size:
        best, waiting = waiting[0], waiting[1:]
        kept.append(int(best))
        sides = np.minimum(high[best], high[waiting]) - np.maximum(low[best], low[waiting])
        common = np.maximum(sides, 0).prod(axis=1)
        waiting = waiting[common <= threshold * (areas[best] + areas[waiting] - common)]
    return kept


def _areas(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the areas of boxes [..., 4], square px; 0 if a width or height is not positive."""
    areas: NDArray[np.float64] = np.prod(np.maximum(boxes[..., 2:] - boxes[..., :2], 0), axis=-1)
    return areas
