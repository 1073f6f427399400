"""Tests of faces that are sideways, upside down or tilted, in pictures without EXIF."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import skimage
from numpy.typing import NDArray
from PIL import Image, ImageOps

from roomread.bench import scenes
from roomread.faces import CenterFace, cut
from roomread.faces.centerface import CenterFaceNet
from roomread.faces.centerface.decode import Candidates
from roomread.faces.centerface.turned import is_doubtful
from roomread.faces.crops import FER2013_FRAMING
from roomread.faces.orientation import UPRIGHT, orientation, rotated
from roomread.geometry import Box
from roomread.readings import Face

DETECTOR = CenterFace(threads=1)
PORTRAITS = pytest.mark.parametrize("which", [0, 1], ids=["astronaut", "hopper"])


def turned_by(angle: float, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a picture turned clockwise by `angle` degrees, on grey."""
    whole = Image.fromarray(picture)
    turned = whole.rotate(-angle, Image.Resampling.BICUBIC, expand=True, fillcolor=(120,) * 3)
    return np.asarray(turned)


def place_of(box: Box, angle: float, picture: NDArray[np.uint8]) -> tuple[float, float]:
    """Return the centre of a box in the turned picture."""
    before = np.array(picture.shape[1::-1]) / 2
    after = np.array(turned_by(angle, picture).shape[1::-1]) / 2
    x, y = rotated(np.array(box.center) - before, angle) + after
    return float(x), float(y)


@PORTRAITS
@pytest.mark.parametrize("angle", [15, 30, 45, 75, 90, 120, 135, 180, 210, 225, 270, 300, 330])
def test_face_rotated_in_the_picture_is_found_with_its_roll_angle(which: int, angle: int) -> None:
    portrait, box = scenes.portraits()[which]
    (face,) = DETECTOR.detect(turned_by(angle, portrait))
    assert face.landmarks is not None
    seen = orientation(face.landmarks)
    upright = orientation(_landmarks(DETECTOR.detect(portrait)[0]))
    assert abs((seen.roll - upright.roll - angle + 180) % 360 - 180) < 12
    x, y = place_of(box, angle, portrait)
    assert np.hypot(face.box.center[0] - x, face.box.center[1] - y) < 0.2 * box.height


@PORTRAITS
@pytest.mark.parametrize("angle", [30, 90, 135, 180, 270])
def test_crop_of_a_rotated_face_resembles_the_crop_of_the_upright_face(
    which: int, angle: int
) -> None:
    portrait, _ = scenes.portraits()[which]
    turned = turned_by(angle, portrait)
    (crop,) = cut(turned, DETECTOR.detect(turned), FER2013_FRAMING)
    (upright,) = cut(portrait, DETECTOR.detect(portrait), FER2013_FRAMING)
    # Squares from the landmarks and from the box may differ by a few px of the crop.
    inner = upright[6:-6, 6:-6].ravel()
    assert (
        max(
            np.corrcoef(inner, crop[6 + y : 42 + y, 6 + x : 42 + x].ravel())[0, 1]
            for y in range(-6, 7)
            for x in range(-6, 7)
        )
        > 0.8
    )


def test_all_faces_of_a_video_call_rotated_by_90_degrees_are_found() -> None:
    call = scenes.grid(columns=3, rows=2, people=5).image
    faces = DETECTOR.detect(np.ascontiguousarray(np.rot90(call)))
    assert len(faces) == 5


def test_sideways_face_beside_an_upright_face_is_found() -> None:
    lying = turned_by(60, scenes.hopper())
    picture = np.full((max(512, lying.shape[0]), 512 + lying.shape[1], 3), 120, np.uint8)
    picture[:512, :512] = scenes.astronaut()
    picture[: lying.shape[0], 512:] = lying
    rolls = [orientation(_landmarks(face)).roll for face in DETECTOR.detect(picture)]
    assert len(rolls) == 2
    assert min(abs(roll) for roll in rolls) < 20
    assert max(rolls) == pytest.approx(60, abs=15)


@pytest.mark.parametrize("seed", range(3))
def test_no_face_of_any_rotation_is_found_in_slides_and_noise(seed: int) -> None:
    noise = np.random.default_rng(seed).integers(0, 256, (240, 320, 3), dtype=np.uint8)
    assert DETECTOR.detect(noise) == []
    assert DETECTOR.detect(scenes.slide(640 + 40 * seed, 360)) == []


@pytest.mark.parametrize("name", ["coffee.png", "motorcycle_left.png"])
def test_no_face_of_any_rotation_is_found_in_a_picture_of_objects(name: str) -> None:
    with Image.open(Path(skimage.__file__).parent / "data" / name) as picture:
        small = ImageOps.contain(picture.convert("RGB"), (700, 700))
    assert DETECTOR.detect(np.asarray(small)) == []


def test_detect_near_finds_a_rotated_face_again_at_its_last_position() -> None:
    lying = turned_by(90, scenes.astronaut())
    (face,) = DETECTOR.detect(lying)
    (again,) = DETECTOR.detect_near(lying, [face])
    assert again is not None
    assert again.box.iou(face.box) > 0.7
    apart = orientation(_landmarks(again)).roll - orientation(_landmarks(face)).roll
    assert abs(apart) < 10


@pytest.mark.parametrize(
    ("roll", "confidence", "size", "doubtful"),
    [
        (0, 0.9, 100, False),
        (20, 0.9, 100, False),
        (30, 0.9, 100, True),
        (0, 0.5, 60, True),
        (0, 0.7, 60, False),
        (0, 0.7, 100, True),
        (0, 0.5, 30, False),
    ],
)
def test_rotation_is_doubtful_for_rotated_faces_and_for_large_faces_of_low_confidence(
    roll: float, confidence: float, size: float, *, doubtful: bool
) -> None:
    landmarks = rotated(UPRIGHT * size, roll).astype(np.float32)
    face = Face(Box(-size / 2, -size / 2, size / 2, size / 2), landmarks, confidence)
    assert is_doubtful(face) is doubtful


def _landmarks(face: Face) -> NDArray[np.float32]:
    assert face.landmarks is not None
    return face.landmarks


class CountingNet(CenterFaceNet):
    """A net that counts the pixels of its input pictures."""

    pixels = 0

    def infer(self, picture: NDArray[np.uint8], threshold: float) -> Candidates:
        self.pixels += picture.shape[0] * picture.shape[1]
        return super().infer(picture, threshold)


def test_detection_without_face_candidates_costs_at_most_twice_the_upright_search() -> None:
    picture = np.full((480, 640, 3), 90, dtype=np.uint8)
    net = CountingNet(threads=1)
    detector = CenterFace(net=net)
    assert detector.detect_upright(picture) == []
    upright, net.pixels = net.pixels, 0
    assert detector.detect(picture) == []
    assert net.pixels <= 2 * upright


@pytest.mark.parametrize(
    ("name", "most"), [("brick", 5), ("coins", 6), ("coffee", 10), ("motorcycle_left", 25)]
)
def test_detection_in_a_picture_of_objects_costs_a_bounded_multiple_of_the_upright_search(
    name: str, most: int
) -> None:
    # The motorcycle has eight candidates of low confidence.
    with Image.open(Path(skimage.__file__).parent / "data" / f"{name}.png") as opened:
        picture = opened.convert("RGB")
    picture.thumbnail((640, 640))
    net = CountingNet(threads=1)
    detector = CenterFace(net=net)
    detector.detect_upright(np.asarray(picture))
    upright, net.pixels = net.pixels, 0
    assert detector.detect(np.asarray(picture)) == []
    assert net.pixels <= most * upright
