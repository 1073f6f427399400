from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roomread.bench.scenes import ASTRONAUT_FACE, astronaut, grid
from roomread.errors import MediaError
from roomread.faces import CenterFace
from roomread.readings import Box, Face

SHARED = CenterFace(threads=1)


def face_at(box: Box) -> Face:
    return Face(box, None, 1.0)


@pytest.fixture(scope="module")
def detector() -> CenterFace:
    return SHARED


def test_detect_near_finds_every_face_of_a_video_call_near_its_expected_box(
    detector: CenterFace,
) -> None:
    call = grid().image
    faces = detector.detect(call)
    random = np.random.default_rng(0)
    expected = [
        Face(f.box.moved(*(random.uniform(-0.2, 0.2, 2) * f.box.height).tolist()), None, 1.0)
        for f in faces
    ]
    again = detector.detect_near(call, expected)
    for face, found in zip(faces, again, strict=True):
        assert found is not None
        assert face.box.iou(found.box) > 0.7
        assert face.landmarks is not None
        assert found.landmarks is not None
        apart = np.abs(face.landmarks - found.landmarks).max()
        assert apart < 0.15 * face.box.height


def test_detect_near_returns_none_for_boxes_without_a_face(detector: CenterFace) -> None:
    call = grid()
    assert detector.detect_near(call.image, [face_at(box) for box in call.others]) == [None] * len(
        call.others
    )
    assert detector.detect_near(call.image, []) == []


def test_face_near_two_expected_boxes_is_returned_once(detector: CenterFace) -> None:
    near = [face_at(ASTRONAUT_FACE), face_at(ASTRONAUT_FACE.moved(12, 6))]
    found = [face for face in detector.detect_near(astronaut(), near) if face is not None]
    assert len(found) == 1
    assert found[0].box.iou(ASTRONAUT_FACE) > 0.6


def test_detect_near_leaves_out_a_face_smaller_than_min_face() -> None:
    picky = CenterFace(min_face=300, threads=1)
    assert picky.detect_near(astronaut(), [face_at(ASTRONAUT_FACE)]) == [None]


@given(
    st.lists(
        st.tuples(*[st.floats(-2000, 2000) for _ in range(2)], *[st.floats(0.1, 900)] * 2),
        min_size=1,
        max_size=6,
    )
)
@settings(max_examples=25, deadline=None)
def test_detect_near_gives_each_box_either_none_or_a_face_in_its_search_square(
    boxes: list[tuple[float, float, float, float]],
) -> None:
    expected = [Box(x, y, x + width, y + height) for x, y, width, height in boxes]
    found = SHARED.detect_near(astronaut(), [face_at(box) for box in expected])
    assert len(found) == len(expected)
    for face, box in zip(found, expected, strict=True):
        if face is not None:
            # The centre of the face lies in the square that was searched.
            reach = max(box.width, box.height, 32.0)
            assert np.abs(np.subtract(face.box.center, box.center)).max() <= reach


def test_grey_picture_raises_media_error(detector: CenterFace) -> None:
    with pytest.raises(MediaError):
        detector.detect_near(np.zeros((120, 160), np.uint8), [face_at(ASTRONAUT_FACE)])
