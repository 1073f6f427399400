from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from roomread.geometry import iou, nms
from roomread.readings import Box

SIZES = st.floats(1, 200, width=32)
PLACES = st.floats(-100, 1000, width=32)
DRAWN = st.lists(st.tuples(PLACES, PLACES, SIZES, SIZES, st.floats(0, 1, width=32)), max_size=20)
THRESHOLD = 0.3


def boxes_of(drawn: list[tuple[float, float, float, float, float]]) -> list[Box]:
    return [Box(x, y, x + width, y + height) for x, y, width, height, _ in drawn]


@given(DRAWN, DRAWN)
def test_iou_of_arrays_is_the_iou_of_each_pair_of_boxes(
    first: list[tuple[float, float, float, float, float]],
    second: list[tuple[float, float, float, float, float]],
) -> None:
    boxes, others = boxes_of(first), boxes_of(second)
    overlap = iou(np.reshape(boxes, (-1, 4)), np.reshape(others, (-1, 4)))
    expected = [[box.iou(other) for other in others] for box in boxes]
    np.testing.assert_allclose(overlap, np.reshape(expected, overlap.shape), atol=1e-9)


def test_iou_of_empty_boxes_is_0() -> None:
    empty = np.array([[5, 5, 5, 5], [9, 9, 3, 3]])
    assert (iou(empty, empty) == 0).all()


@given(DRAWN)
def test_nms_keeps_no_two_boxes_of_one_object_and_drops_only_covered_ones(
    drawn: list[tuple[float, float, float, float, float]],
) -> None:
    boxes = boxes_of(drawn)
    confidence = np.array([one[4] for one in drawn])
    kept = nms(np.reshape(boxes, (-1, 4)), confidence, threshold=THRESHOLD)
    near = THRESHOLD + 1e-6
    assert all(boxes[i].iou(boxes[j]) <= near for i in kept for j in kept if i != j)
    for other in set(range(len(boxes))) - set(kept):
        covering = [i for i in kept if boxes[other].iou(boxes[i]) > THRESHOLD - 1e-6]
        assert any(confidence[i] >= confidence[other] for i in covering)


def test_nms_returns_the_highest_confidence_first() -> None:
    apart = np.array([[0, 0, 9, 9], [20, 0, 29, 9], [40, 0, 49, 9]])
    assert nms(apart, np.array([0.2, 0.9, 0.5]), threshold=THRESHOLD) == [1, 2, 0]
