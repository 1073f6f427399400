from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from roomread.bench import scenes
from roomread.faces import FER2013_FRAMING, CenterFace, QualityLimits, assess_quality, cut
from roomread.faces.quality import frontality, sharpness
from roomread.readings import Box, Face, Quality, Unreadable

Portrait = tuple[NDArray[np.uint8], Face]
FER2013 = Path(__file__).parents[3] / "shared" / "data" / "fer2013.parquet"


def assessed(image: NDArray[np.uint8], *faces: Face) -> list[Quality]:
    return assess_quality(image, faces, cut(image, faces, FER2013_FRAMING))


@pytest.fixture(scope="module", params=[0, 1], ids=["astronaut", "hopper"])
def portrait(request: pytest.FixtureRequest) -> Portrait:
    image, _ = scenes.portraits()[request.param]
    return image, CenterFace(threads=1).detect(image)[0]


def test_good_portrait_is_readable(portrait: Portrait) -> None:
    (quality,) = assessed(*portrait)
    assert quality.reason is None
    assert quality.visible == 1
    assert quality.size == portrait[1].box.height
    assert quality.frontality is not None
    assert quality.frontality > 0.8


def test_every_face_of_a_video_call_is_readable() -> None:
    call = scenes.grid()
    qualities = assessed(call.image, *CenterFace(threads=1).detect(call.image))
    assert [quality.reason for quality in qualities] == [None] * 25


@pytest.mark.parametrize("height", [24, 36])
@pytest.mark.parametrize("which", [0, 1], ids=["astronaut", "hopper"])
def test_small_sharp_face_is_readable(which: int, height: int) -> None:
    small = scenes.with_face_of(height, *scenes.portraits()[which])
    (quality,) = assessed(small, *CenterFace(threads=1).detect(small))
    assert quality.reason is None


def test_black_picture_is_unreadable_as_too_dark(portrait: Portrait) -> None:
    image, face = portrait
    (quality,) = assessed(np.zeros_like(image), face)
    assert quality.reason is Unreadable.TOO_DARK
    assert quality.sharpness == 0


def test_face_darkened_to_a_tenth_of_its_brightness_is_too_dark(portrait: Portrait) -> None:
    image, face = portrait
    (quality,) = assessed((image * 0.1).astype(np.uint8), face)
    assert quality.reason is Unreadable.TOO_DARK


def test_face_darkened_to_half_its_brightness_is_readable(portrait: Portrait) -> None:
    image, face = portrait
    (quality,) = assessed(image // 2, face)
    assert quality.reason is None


def test_white_picture_is_unreadable_as_too_bright(portrait: Portrait) -> None:
    image, face = portrait
    (quality,) = assessed(np.full_like(image, 255), face)
    assert quality.reason is Unreadable.TOO_BRIGHT


@pytest.mark.parametrize("left", [0.0, 0.1])
def test_face_in_fog_is_unreadable_for_its_low_contrast(portrait: Portrait, left: float) -> None:
    image, face = portrait
    (quality,) = assessed((128 + (image - 128.0) * left).astype(np.uint8), face)
    assert quality.reason is Unreadable.FLAT


def test_strongly_blurred_face_is_unreadable_as_blurred(portrait: Portrait) -> None:
    image, face = portrait
    blur = ImageFilter.GaussianBlur(0.06 * face.box.height)
    (quality,) = assessed(np.asarray(Image.fromarray(image).filter(blur)), face)
    assert quality.reason is Unreadable.BLURRED


def test_face_half_outside_the_picture_is_unreadable_as_cut_off(portrait: Portrait) -> None:
    image, face = portrait
    middle = round(face.box.center[0])
    (quality,) = assessed(np.ascontiguousarray(image[:, :middle]), face)
    assert quality.reason is Unreadable.CUT_OFF
    assert quality.visible == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("share", [0.3, 0.4, 0.5])
@pytest.mark.parametrize("side", ["left", "top", "right", "bottom"])
def test_face_cut_off_by_the_picture_edge_is_unreadable_or_not_found(
    portrait: Portrait, side: str, share: float
) -> None:
    image, face = portrait
    height, width = image.shape[:2]
    x, y = share * face.box.width, share * face.box.height
    left = int(face.box.left + x) if side == "left" else 0
    top = int(face.box.top + y) if side == "top" else 0
    right = int(face.box.right - x) if side == "right" else width
    bottom = int(face.box.bottom - y) if side == "bottom" else height
    cut_picture = np.ascontiguousarray(image[top:bottom, left:right])
    found = CenterFace(threads=1).detect(cut_picture)
    reasons = {quality.reason for quality in assessed(cut_picture, *found)}
    assert reasons <= {Unreadable.CUT_OFF}


@pytest.mark.parametrize("margin", [0.03, 0.1])
def test_whole_face_that_fills_its_picture_is_readable(portrait: Portrait, margin: float) -> None:
    image, face = portrait
    pad = margin * face.box.height
    left, top = int(face.box.left - pad), int(face.box.top - pad)
    right, bottom = int(face.box.right + pad), int(face.box.bottom + pad)
    close = np.ascontiguousarray(image[top:bottom, left:right])
    (quality,) = assessed(close, *CenterFace(threads=1).detect(close))
    assert quality.reason is None


def test_face_with_a_landmark_at_the_edge_is_cut_off_even_if_its_box_is_inside(
    portrait: Portrait,
) -> None:
    image, face = portrait
    assert face.landmarks is not None
    mouth = int(face.landmarks[3:, 1].min())
    box = Box(face.box.left, face.box.top, face.box.right, mouth - 1.0)
    picture = np.ascontiguousarray(image[:mouth])
    (quality,) = assessed(picture, Face(box, face.landmarks, 0.9))
    assert quality.reason is Unreadable.CUT_OFF
    assert quality.visible is not None
    assert quality.visible < 0.9


def test_face_is_reported_as_tilted_if_its_landmarks_do_not_fit_an_upright_face(
    portrait: Portrait,
) -> None:
    image, face = portrait
    assert face.landmarks is not None
    # Eyes and mouth have changed places, as in an upside-down face taken for upright.
    swapped = face.landmarks[[3, 4, 2, 0, 1]]
    (quality,) = assessed(image, Face(face.box, swapped, 0.9))
    assert quality.reason is Unreadable.TILTED


def test_face_of_18_px_is_too_small(portrait: Portrait) -> None:
    image, face = portrait
    x, y = face.box.center
    (quality,) = assessed(image, Face(Box(x - 8, y - 9, x + 8, y + 9), None, 1.0))
    assert quality.reason is Unreadable.TOO_SMALL
    assert quality.size == 18
    assert quality.frontality is None


def test_profile_view_is_unreadable_as_turned_away(portrait: Portrait) -> None:
    image, face = portrait
    assert face.landmarks is not None
    profile = face.landmarks.copy()
    profile[2, 0] = profile[1, 0] + 0.4 * (profile[1, 0] - profile[0, 0])
    (quality,) = assessed(image, Face(face.box, profile, 1.0))
    assert quality.reason is Unreadable.TURNED_AWAY


def test_quality_limits_can_be_changed(portrait: Portrait) -> None:
    image, face = portrait
    crops = cut(image, [face], FER2013_FRAMING)
    (quality,) = assess_quality(image, [face], crops, limits=QualityLimits(size=500))
    assert quality.reason is Unreadable.TOO_SMALL


def test_empty_list_of_faces_gives_an_empty_list_of_qualities() -> None:
    assert assessed(scenes.astronaut()) == []


def test_sharpness_does_not_depend_on_light(portrait: Portrait) -> None:
    image, face = portrait
    crops = cut(image, [face], FER2013_FRAMING)
    assert sharpness(crops // 2) == pytest.approx(sharpness(crops), rel=0.03)


def test_sharpness_is_0_for_an_even_area_and_high_for_noise() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (48, 48), dtype=np.uint8)
    even, noisy = sharpness(np.stack([np.full_like(noise, 90), noise]))
    assert even == 0
    # The squares of the Laplacian's weights, one of 4 and four of 1, add up to 20.
    assert noisy == pytest.approx(20**0.5, rel=0.05)


@given(angle=st.floats(-180, 180), place=st.floats(-1, 2), distance=st.floats(5, 500))
def test_frontality_does_not_depend_on_roll_and_size(
    angle: float, place: float, distance: float
) -> None:
    upright = np.array([[0, 0], [1, 0], [place, 0.6], [0.1, 1], [0.9, 1]]) * distance
    turn = np.radians(angle)
    roll = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    value = frontality((upright @ roll + 700).astype(np.float32))
    assert value == pytest.approx(max(0.0, 1 - abs(place - 0.5)), abs=1e-3)


def test_frontality_is_0_if_both_eyes_coincide() -> None:
    assert frontality(np.zeros((5, 2), dtype=np.float32)) == 0


@pytest.mark.skipif(not FER2013.is_file(), reason="FER-2013 is not beside the checkout")
def test_98_percent_of_fer2013_pictures_are_readable() -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra 'parquet' is not installed")
    table = parquet.read_table(FER2013, columns=["Usage", "votes_no_face", "image"])
    training = np.array(table["Usage"].to_pylist()) == "Training"
    rows = np.flatnonzero(training & (np.array(table["votes_no_face"]) == 0))
    chosen = np.random.default_rng(0).choice(rows, 400, replace=False)
    pictures = [Image.open(io.BytesIO(table["image"][int(row)].as_py())) for row in chosen]
    crops = np.stack([np.asarray(picture.convert("L")) for picture in pictures])
    whole = Face(Box(0, 0, 47, 47), None, 1.0)
    qualities = assess_quality(np.zeros((48, 48, 3), dtype=np.uint8), [whole] * 400, crops)
    assert np.mean([quality.reason is None for quality in qualities]) >= 0.98
