from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from roomread.bench import scenes
from roomread.errors import MediaError
from roomread.faces import FER2013_FRAMING, CenterFace, cut
from roomread.readings import Box, CropGeometry, Face

EXACT = CropGeometry(side=1.0, shift=0.0)
EDGES = st.floats(-3000, 3000)


def face(*edges: float) -> Face:
    return Face(Box(*edges), None, 1.0)


def test_no_faces_give_an_empty_array_of_crops() -> None:
    crops = cut(scenes.astronaut(), [], FER2013_FRAMING)
    assert crops.shape == (0, 48, 48)
    assert crops.dtype == np.uint8


@settings(max_examples=60, deadline=None)
@given(left=EDGES, top=EDGES, width=st.floats(0, 4000), height=st.floats(0, 4000))
def test_any_box_inside_or_outside_the_picture_gives_a_crop(
    left: float, top: float, width: float, height: float
) -> None:
    picture = scenes.astronaut()[:90, :120]
    crops = cut(picture, [face(left, top, left + width, top + height)], FER2013_FRAMING, side=32)
    assert crops.shape == (1, 32, 32)
    assert crops.dtype == np.uint8


@settings(max_examples=30, deadline=None)
@given(left=EDGES, top=EDGES, side=st.floats(1, 2000), value=st.integers(0, 255))
def test_crop_beyond_the_edges_of_a_uniform_picture_is_uniform(
    left: float, top: float, side: float, value: int
) -> None:
    even = np.full((40, 30, 3), value, dtype=np.uint8)
    crop = cut(even, [face(left, top, left + side, top + side)], EXACT)
    assert (crop == value).all()


def test_face_square_of_the_crop_size_is_copied_without_resampling() -> None:
    grey = np.asarray(Image.fromarray(scenes.astronaut()).convert("L"))
    (crop,) = cut(scenes.astronaut(), [face(200, 80, 248, 128)], EXACT)
    np.testing.assert_array_equal(crop, grey[80:128, 200:248])


def test_crop_geometry_moves_and_enlarges_the_square() -> None:
    ramp = np.repeat(np.arange(200, dtype=np.uint8)[:, None, None], 200, axis=1).repeat(3, axis=2)
    (crop,) = cut(ramp, [face(90, 80, 110, 120)], CropGeometry(side=1.2, shift=0.25))
    # The crop shows the 48 rows around y = 100 + 0.25 * 40.
    assert crop[:, 0].tolist() == list(range(86, 134))


def test_pixels_outside_of_the_picture_repeat_its_edge() -> None:
    picture = np.zeros((48, 48, 3), dtype=np.uint8)
    picture[0] = 200
    (crop,) = cut(picture, [face(0, -24, 48, 24)], EXACT)
    assert (crop[:24] == 200).all()
    assert (crop[26:] == 0).all()


@pytest.mark.parametrize("side", [96, 480, 1440, 4800], ids=lambda side: f"{side} px")
def test_fine_patterns_are_averaged_not_aliased(side: int) -> None:
    line = np.arange(side, dtype=np.uint16)
    board = (np.add.outer(line, line) // 3 % 2 * 255).astype(np.uint8)
    picture = np.repeat(board[:, :, np.newaxis], 3, axis=2)
    (crop,) = cut(picture, [face(0, 0, side, side)], EXACT)
    inner = crop[4:-4, 4:-4].astype(np.float32)
    assert abs(inner.mean() - 127.5) < 3
    # At 2 px of the picture for one px of the crop, stripes of 3 px are still visible.
    if side > 96:
        assert inner.std() < 12


def test_crops_of_a_face_in_a_large_and_a_small_picture_are_equal() -> None:
    crops = []
    for height in (120, 480, 2400):
        picture = scenes.with_face_of(height, scenes.astronaut(), scenes.ASTRONAUT_FACE)
        zoom = height / scenes.ASTRONAUT_FACE.height
        box = [edge * zoom for edge in scenes.ASTRONAUT_FACE]
        crops.append(cut(picture, [face(*box)], FER2013_FRAMING)[0].astype(np.float32))
    assert np.abs(crops[1] - crops[0]).mean() < 4
    assert np.abs(crops[2] - crops[1]).mean() < 4


def test_crops_are_in_the_order_of_the_faces_and_the_picture_is_unchanged() -> None:
    picture = np.array(scenes.grid().image)
    before = picture.copy()
    faces = CenterFace(threads=1).detect(picture)
    crops = cut(picture, faces, FER2013_FRAMING)
    for crop, one in zip(crops, faces, strict=True):
        np.testing.assert_array_equal(cut(picture, [one], FER2013_FRAMING)[0], crop)
    np.testing.assert_array_equal(picture, before)


def test_grey_picture_is_refused() -> None:
    with pytest.raises(MediaError, match="uint8"):
        cut(np.zeros((8, 8), dtype=np.uint8), [], FER2013_FRAMING)
