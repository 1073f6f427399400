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


def judged(image: NDArray[np.uint8], *faces: Face) -> list[Quality]:
    return assess_quality(image, faces, cut(image, faces, FER2013_FRAMING))


@pytest.fixture(scope="module", params=[0, 1], ids=["astronaut", "hopper"])
def portrait(request: pytest.FixtureRequest) -> Portrait:
    image, _ = scenes.portraits()[request.param]
    return image, CenterFace(threads=1).detect(image)[0]


def test_a_good_portrait_is_readable(portrait: Portrait) -> None:
    (quality,) = judged(*portrait)
    assert quality.reason is None
    assert quality.visible == 1
    assert quality.size == portrait[1].box.height
    assert quality.frontality is not None
    assert quality.frontality > 0.8


def test_everyone_in_a_call_is_readable() -> None:
    call = scenes.grid()
    qualities = judged(call.image, *CenterFace(threads=1).detect(call.image))
    assert [quality.reason for quality in qualities] == [None] * 25


@pytest.mark.parametrize("height", [24, 36])
@pytest.mark.parametrize("which", [0, 1], ids=["astronaut", "hopper"])
def test_a_small_sharp_face_is_readable(which: int, height: int) -> None:
    small = scenes.with_face_of(height, *scenes.portraits()[which])
    (quality,) = judged(small, *CenterFace(threads=1).detect(small))
    assert quality.reason is None


def test_a_covered_camera_is_too_dark(portrait: Portrait) -> None:
    image, face = portrait
    (quality,) = judged(np.zeros_like(image), face)
    assert quality.reason is Unreadable.TOO_DARK
    assert quality.sharpness == 0


def test_a_face_at_a_tenth_of_its_light_is_too_dark(portrait: Portrait) -> None:
    image, face = portrait
    (quality,) = judged((image * 0.1).astype(np.uint8), face)
    assert quality.reason is Unreadable.TOO_DARK


def test_a_face_at_half_its_light_is_readable(portrait: Portrait) -> None:
    image, face = portrait
    (quality,) = judged(image // 2, face)
    assert quality.reason is None


def test_white_is_too_bright(portrait: Portrait) -> None:
    image, face = portrait
    (quality,) = judged(np.full_like(image, 255), face)
    assert quality.reason is Unreadable.TOO_BRIGHT


@pytest.mark.parametrize("left", [0.0, 0.1])
def test_fog_is_flat(portrait: Portrait, left: float) -> None:
    image, face = portrait
    (quality,) = judged((128 + (image - 128.0) * left).astype(np.uint8), face)
    assert quality.reason is Unreadable.FLAT


def test_a_strongly_blurred_face_is_blurred(portrait: Portrait) -> None:
    image, face = portrait
    blur = ImageFilter.GaussianBlur(0.06 * face.box.height)
    (quality,) = judged(np.asarray(Image.fromarray(image).filter(blur)), face)
    assert quality.reason is Unreadable.BLURRED


def test_a_face_half_out_of_the_picture_is_cut_off(portrait: Portrait) -> None:
    image, face = portrait
    middle = round(face.box.center[0])
    (quality,) = judged(np.ascontiguousarray(image[:, :middle]), face)
    assert quality.reason is Unreadable.CUT_OFF
    assert quality.visible == pytest.approx(0.5, abs=0.02)


def test_a_tiny_face_is_too_small(portrait: Portrait) -> None:
    image, face = portrait
    x, y = face.box.center
    (quality,) = judged(image, Face(Box(x - 8, y - 9, x + 8, y + 9), None, 1.0))
    assert quality.reason is Unreadable.TOO_SMALL
    assert quality.size == 18
    assert quality.frontality is None


def test_a_profile_is_turned_away(portrait: Portrait) -> None:
    image, face = portrait
    assert face.landmarks is not None
    profile = face.landmarks.copy()
    profile[2, 0] = profile[1, 0] + 0.4 * (profile[1, 0] - profile[0, 0])
    (quality,) = judged(image, Face(face.box, profile, 1.0))
    assert quality.reason is Unreadable.TURNED_AWAY


def test_limits_can_be_moved(portrait: Portrait) -> None:
    image, face = portrait
    crops = cut(image, [face], FER2013_FRAMING)
    (quality,) = assess_quality(image, [face], crops, limits=QualityLimits(size=500))
    assert quality.reason is Unreadable.TOO_SMALL


def test_no_faces_have_no_quality() -> None:
    assert judged(scenes.astronaut()) == []


def test_sharpness_is_the_same_in_dim_light(portrait: Portrait) -> None:
    image, face = portrait
    crops = cut(image, [face], FER2013_FRAMING)
    assert sharpness(crops // 2) == pytest.approx(sharpness(crops), rel=0.03)


def test_an_even_area_has_no_detail_and_noise_has_much() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (48, 48), dtype=np.uint8)
    even, noisy = sharpness(np.stack([np.full_like(noise, 90), noise]))
    assert even == 0
    # The Laplacian's weights are one of 4 and four of 1: squared they add up to 20.
    assert noisy == pytest.approx(20**0.5, rel=0.05)


@given(angle=st.floats(-180, 180), place=st.floats(-1, 2), distance=st.floats(5, 500))
def test_frontality_knows_no_roll_and_no_size(angle: float, place: float, distance: float) -> None:
    upright = np.array([[0, 0], [1, 0], [place, 0.6], [0.1, 1], [0.9, 1]]) * distance
    turn = np.radians(angle)
    roll = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    value = frontality((upright @ roll + 700).astype(np.float32))
    assert value == pytest.approx(max(0.0, 1 - abs(place - 0.5)), abs=1e-3)


def test_eyes_in_one_point_are_a_profile() -> None:
    assert frontality(np.zeros((5, 2), dtype=np.float32)) == 0


@pytest.mark.skipif(not FER2013.is_file(), reason="FER-2013 is not beside the checkout")
def test_pictures_of_fer2013_are_good_enough() -> None:
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
