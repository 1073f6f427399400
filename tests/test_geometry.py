from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomread.geometry import Box, iou, nms

SIZES = st.floats(1, 200, width=32)
PLACES = st.floats(-100, 1000, width=32)
DRAWN = st.lists(st.tuples(PLACES, PLACES, SIZES, SIZES, st.floats(0, 1, width=32)), max_size=20)
THRESHOLD = 0.3
coordinates = st.floats(-1e4, 1e4)
boxes = st.tuples(coordinates, coordinates, st.floats(0.5, 1e3), st.floats(0.5, 1e3)).map(
    lambda b: Box(b[0], b[1], b[0] + b[2], b[1] + b[3])
)


def boxes_of(drawn: list[tuple[float, float, float, float, float]]) -> list[Box]:
    return [Box(x, y, x + width, y + height) for x, y, width, height, _ in drawn]


@given(DRAWN, DRAWN)
def test_iou_of_arrays_equals_the_iou_of_each_pair_of_boxes(
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
def test_nms_keeps_one_box_for_each_object(
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


@given(boxes, boxes)
def test_iou_is_symmetric_and_between_0_and_1(a: Box, b: Box) -> None:
    assert a.iou(b) == pytest.approx(b.iou(a))
    assert 0 <= a.iou(b) <= 1 + 1e-9


@given(boxes)
def test_iou_of_a_box_with_itself_is_1(a: Box) -> None:
    assert a.iou(a) == pytest.approx(1)


def test_iou_of_separate_boxes_is_0() -> None:
    assert Box(0, 0, 1, 1).iou(Box(5, 5, 6, 6)) == 0


def test_iou_of_two_empty_boxes_is_0() -> None:
    assert Box(1, 1, 1, 1).iou(Box(1, 1, 1, 1)) == 0


@given(boxes, boxes)
def test_intersection_lies_in_both_boxes(a: Box, b: Box) -> None:
    common = a.intersection(b)
    assert common.area <= min(a.area, b.area)
    assert common.left >= max(a.left, b.left)
    assert common.bottom <= min(a.bottom, b.bottom)


@given(boxes, coordinates, coordinates)
def test_moving_a_box_keeps_its_size(box: Box, x: float, y: float) -> None:
    moved = box.moved(x, y)
    assert (moved.width, moved.height) == pytest.approx((box.width, box.height), abs=1e-6)
    assert moved.center == pytest.approx((box.center[0] + x, box.center[1] + y), abs=1e-6)


def test_visible_fraction_is_half_for_a_box_half_outside_the_picture() -> None:
    assert Box(-10, 0, 10, 20).visible(100, 100) == pytest.approx(0.5)


def test_box_with_swapped_corners_has_no_area() -> None:
    assert Box(10, 10, 0, 0).area == 0


def test_coordinates_of_a_rounded_box_are_python_floats() -> None:
    box = Box(*np.array([1.23456, 2, 3, 4], dtype=np.float32)).rounded(2)
    assert box == (1.23, 2.0, 3.0, 4.0)
    assert {type(value) for value in box} == {float}
