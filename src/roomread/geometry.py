"""Overlap of boxes: intersection over union (IoU) and non-maximum suppression (NMS)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def iou(boxes: NDArray[Any], others: NDArray[Any]) -> NDArray[np.float64]:
    """Return the intersection over union of every pair of boxes.

    Args:
        boxes: [N, 4], left, top, right, bottom; right and bottom are exclusive.
        others: [M, 4], likewise.

    Returns:
        float64 [N, M], 0..1; 0 where both boxes are empty.
    """
    first, second = boxes.astype(np.float64)[:, np.newaxis], others.astype(np.float64)
    low = np.maximum(first[..., :2], second[..., :2])
    high = np.minimum(first[..., 2:], second[..., 2:])
    common = np.prod(np.maximum(high - low, 0), axis=-1)
    areas = [
        np.prod(np.maximum(each[..., 2:] - each[..., :2], 0), axis=-1) for each in (first, second)
    ]
    union = areas[0] + areas[1] - common
    overlap: NDArray[np.float64] = np.divide(
        common, union, out=np.zeros_like(common), where=union > 0
    )
    return overlap


def nms(boxes: NDArray[Any], confidence: NDArray[Any], *, threshold: float) -> list[int]:
    """Return the indices of the boxes that are left after non-maximum suppression.

    Args:
        boxes: [K, 4], left, top, right, bottom.
        confidence: [K]; of overlapping boxes the one with the highest is kept.
        threshold: the IoU above which two boxes are the same object, 0..1.

    Returns:
        Indices, highest confidence first.
    """
    waiting = np.argsort(-confidence, kind="stable")
    kept = []
    while waiting.size:
        best, waiting = waiting[:1], waiting[1:]
        kept.append(int(best[0]))
        waiting = waiting[iou(boxes[best], boxes[waiting])[0] <= threshold]
    return kept


def _areas(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    areas: NDArray[np.float64] = np.prod(np.maximum(boxes[..., 2:] - boxes[..., :2], 0), axis=-1)
    return areas
