from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import arbitrary
from classes import reading
from roomread.bench import scenes
from roomread.faces import CenterFace
from roomread.media.hiding import (
    FaceHider,
    FoundFaces,
    HideMethod,
    boxes_around,
    hide_boxes,
)
from roomread.readings import Box, Reading

NOISE = np.random.default_rng(0).integers(0, 256, (120, 160, 3), dtype=np.uint8)
FACE = Box(60, 40, 90, 80)


@pytest.mark.parametrize("method", HideMethod)
def test_hiding_a_face_leaves_the_rest_of_the_picture_unchanged(method: HideMethod) -> None:
    hidden = hide_boxes(NOISE, [FACE], method)
    assert (hidden[45:75, 65:85] != NOISE[45:75, 65:85]).mean() > 0.95
    kept = np.ones(NOISE.shape[:2], bool)
    kept[25:95, 50:100] = False
    assert (hidden[kept] == NOISE[kept]).all()


@pytest.mark.parametrize("method", HideMethod)
def test_hidden_face_has_no_detail(method: HideMethod) -> None:
    inside = hide_boxes(NOISE, [FACE], method)[45:75, 65:85].astype(float)
    assert np.abs(np.diff(inside, axis=1)).mean() < np.abs(np.diff(NOISE.astype(float))).mean() / 4


@pytest.mark.parametrize("method", [HideMethod.PIXELATE, HideMethod.COVER])
def test_detector_finds_no_face_at_the_place_of_a_hidden_face(method: HideMethod) -> None:
    detector = CenterFace(threads=1)
    picture = scenes.astronaut()
    (face,) = detector.detect(picture)
    found = detector.detect(hide_boxes(picture, [face.box], method))
    assert all(each.box.iou(face.box) < 0.3 for each in found)


@given(arbitrary.boxes, st.sampled_from(HideMethod))
def test_hiding_any_box_raises_no_error(box: Box, method: HideMethod) -> None:
    assert hide_boxes(NOISE, [box], method).shape == NOISE.shape


def tracked(time: float) -> list[Reading]:
    return [reading(1, time, None, box=FACE)]


def test_face_stays_hidden_for_a_short_time_after_its_last_detection() -> None:
    hider = FaceHider(HideMethod.COVER)
    hider.hide(NOISE, tracked(1.0), 1.0)
    missed = hider.hide(NOISE, [], 1.2)
    assert (missed[60, 75] != NOISE[60, 75]).any()
    gone = hider.hide(NOISE, [], 3.0)
    assert (gone == NOISE).all()


def test_face_is_also_hidden_just_before_and_after_the_frames_in_which_it_is_found() -> None:
    later, moved = FACE, Box(70, 40, 100, 80)
    times = [0.0, 0.3, 0.6, 0.9, 1.2, 2.0]
    boxes: list[dict[int, Box]] = [{}, {}, {1: later}, {}, {1: moved}, {}]
    frames = [FoundFaces(time, found) for time, found in zip(times, boxes, strict=True)]
    hidden = [set(boxes_around(frames, index)) for index in range(len(frames))]
    assert hidden == [{later}, {later}, {later}, {later, moved}, {moved}, set()]
