from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from roomread.bench import scenes
from roomread.faces import CenterFace
from roomread.faces.centerface import Candidates
from roomread.readings import Box, Face


@pytest.fixture(scope="module")
def detector() -> CenterFace:
    return CenterFace(threads=1)


class StubNet:
    """A net that returns prepared candidates (x, y, side, confidence), one sequence per picture."""

    def __init__(self, *outputs: Sequence[tuple[float, float, float, float]]) -> None:
        self.pictures: list[tuple[int, ...]] = []
        self._outputs = outputs

    def infer(self, picture: NDArray[np.uint8], threshold: float) -> Candidates:
        call = len(self.pictures)
        seen = self._outputs[call] if call < len(self._outputs) else []
        self.pictures.append(picture.shape[:2])
        numbers = np.array([one for one in seen if one[3] >= threshold], np.float32).reshape(-1, 4)
        centers, half = numbers[:, :2], numbers[:, 2:3] / np.float32(2)
        boxes = np.stack([centers - half, centers + half], axis=1)
        return Candidates(boxes, np.repeat(centers[:, None], 5, axis=1), numbers[:, 3])


def black(height: int, width: int) -> NDArray[np.uint8]:
    return np.zeros((height, width, 3), np.uint8)


def counts(faces: list[Face], tiles: list[Box]) -> list[int]:
    """Return the number of faces whose centre lies in each tile."""
    return [
        sum(
            tile.left <= face.box.center[0] < tile.right
            and tile.top <= face.box.center[1] < tile.bottom
            for face in faces
        )
        for tile in tiles
    ]


@pytest.mark.parametrize("seed", range(3))
def test_one_face_per_person_and_no_other_face_is_found_in_a_video_call_of_25_people(
    detector: CenterFace, seed: int
) -> None:
    call = scenes.grid(seed=seed)
    faces = detector.detect(call.image)
    assert counts(faces, call.people) == [1] * 25
    assert len(call.others) == 5
    assert len(faces) == 25


def test_49_faces_are_found_in_a_full_hd_video_call_of_49_people(detector: CenterFace) -> None:
    call = scenes.grid(width=1920, height=1080, columns=8, rows=7, people=49)
    faces = detector.detect(call.image)
    assert counts(faces, call.people) == [1] * 49
    assert len(faces) == 49


@pytest.mark.parametrize("which", [0, 1], ids=["astronaut", "hopper"])
def test_face_24_px_high_is_found(detector: CenterFace, which: int) -> None:
    portrait, box = scenes.portraits()[which]
    small = scenes.with_face_of(24, portrait, box)
    (face,) = detector.detect(small)
    zoom = 24 / box.height
    assert face.box.iou(Box(*(edge * zoom for edge in box))) > 0.5


def test_landmarks_are_in_the_documented_order(detector: CenterFace) -> None:
    for portrait in (scenes.astronaut(), scenes.astronaut()[:, ::-1]):
        (face,) = detector.detect(portrait)
        assert face.landmarks is not None
        assert face.landmarks.shape == (5, 2)
        assert face.landmarks.dtype == np.float32
        left_eye, right_eye, nose, left_mouth, right_mouth = face.landmarks
        assert left_eye[0] < nose[0] < right_eye[0]
        assert left_mouth[0] < nose[0] < right_mouth[0]
        assert max(left_eye[1], right_eye[1]) < nose[1] < min(left_mouth[1], right_mouth[1])


@settings(max_examples=12, deadline=None)
@given(zoom=st.floats(0.3, 1.3))
def test_boxes_scale_with_the_picture(detector: CenterFace, zoom: float) -> None:
    box = scenes.ASTRONAUT_FACE
    (face,) = detector.detect(scenes.with_face_of(box.height * zoom, scenes.astronaut(), box))
    assert Box(*(edge / zoom for edge in face.box)).iou(box) > 0.75


def test_shifting_the_picture_shifts_the_face_box_by_the_same_distance() -> None:
    # Multiples of 32 px keep the picture on the net's grid.
    detector = CenterFace(thorough=True, threads=1)
    shifted = np.pad(scenes.astronaut(), ((64, 0), (32, 0), (0, 0)), mode="edge")
    (here,), (there,) = detector.detect(scenes.astronaut()), detector.detect(shifted)
    back = Box(there.box.left - 32, there.box.top - 64, there.box.right - 32, there.box.bottom - 64)
    assert back.iou(here.box) > 0.95


def test_faces_smaller_than_min_face_are_left_out() -> None:
    call = scenes.grid()
    everyone = CenterFace(threads=1, min_face=24).detect(call.image)
    large = CenterFace(threads=1, min_face=48).detect(call.image)
    # Sizes differ by a few px between scales, so only faces well above and below are counted.
    assert sum(face.box.height > 54 for face in everyone) <= len(large)
    assert len(large) <= sum(face.box.height > 42 for face in everyone)
    assert all(max(face.box.width, face.box.height) >= 48 for face in large)


@pytest.mark.parametrize(
    ("min_face", "longer", "scale"),
    [(None, 512, 1.0), (None, 1920, 1.0), (None, 3840, 0.5), (48, 1280, 0.5), (12, 1280, 1.0)],
)
def test_picture_is_scaled_down_according_to_min_face_and_never_enlarged(
    min_face: float | None, longer: int, scale: float
) -> None:
    net = StubNet()
    CenterFace(min_face=min_face, thorough=True, net=net).detect_upright(black(longer // 2, longer))
    assert net.pictures[0] == (longer // 2 * scale, longer * scale)


@pytest.mark.parametrize(
    ("size", "confidence", "again"),
    [
        (12, 0.05, False),
        (12, 0.2, True),
        (12, 0.9, True),
        (30, 0.05, False),
        (30, 0.2, True),
        (30, 0.9, False),
    ],
)
def test_only_small_or_uncertain_face_candidates_are_searched_again_at_full_size(
    size: float, confidence: float, *, again: bool
) -> None:
    net = StubNet([(200, 100, size, confidence)])
    CenterFace(net=net).detect_upright(black(480, 640))
    # The second pass sees the candidate's square at full size. A pass at 320 px, which searches for
    # close-ups if the first pass finds nothing, is not counted.
    passes = [picture for picture in net.pictures if picture != (240, 320)]
    assert passes == [(320, 427), (128, 128)][: 1 + again]


def test_box_of_a_small_face_comes_from_the_second_pass() -> None:
    # The face lies at (300, 150) px; its square shows 64 px to each side at full size.
    net = StubNet([(200, 100, 12, 0.2)], [(64, 64, 20, 0.8)])
    (face,) = CenterFace(net=net).detect_upright(black(480, 640))
    assert face.detection_confidence == pytest.approx(0.8)
    np.testing.assert_allclose(face.box, [290, 140, 310, 160], atol=0.5)
    assert CenterFace(net=StubNet([(200, 100, 12, 0.9)], [])).detect_upright(black(480, 640)) == []


def test_many_small_candidates_are_searched_in_one_pass_over_the_full_size_picture() -> None:
    everywhere = [(x, y, 12, 0.2) for x in range(10, 427, 20) for y in range(10, 320, 20)]
    net = StubNet(everywhere, [(100, 100, 30, 0.9)])
    (face,) = CenterFace(net=net).detect_upright(black(480, 640))
    assert net.pictures == [(320, 427), (480, 640)]
    assert face.box.center == (100, 100)


def test_no_second_pass_is_run_when_the_first_pass_is_at_full_size() -> None:
    net = StubNet()
    CenterFace(net=net, min_face=16).detect_upright(black(480, 640))
    assert net.pictures[0] == (480, 640)
    assert (320, 427) not in net.pictures


@settings(max_examples=25, deadline=None)
@given(
    which=st.integers(0, 1),
    height=st.floats(26, 200),
    left=st.floats(0, 1),
    top=st.floats(0, 1),
    brightness=st.integers(0, 255),
)
def test_face_of_any_size_is_found_at_any_place_on_any_background(
    detector: CenterFace, which: int, height: float, left: float, top: float, brightness: int
) -> None:
    portrait, box = scenes.portraits()[which]
    small = scenes.with_face_of(height, portrait, box)[:480, :640]
    y, x = (
        int(part * (room - side))
        for part, room, side in zip((top, left), (480, 640), small.shape, strict=False)
    )
    picture = np.full((480, 640, 3), brightness, np.uint8)
    picture[y : y + small.shape[0], x : x + small.shape[1]] = small
    zoom = height / box.height
    expected = Box(
        x + box.left * zoom, y + box.top * zoom, x + box.right * zoom, y + box.bottom * zoom
    )
    (face,) = detector.detect(picture)
    assert face.box.iou(expected) > 0.5


def test_face_in_a_large_photo_is_found_at_its_position(detector: CenterFace) -> None:
    photo = scenes.with_face_of(900, scenes.astronaut(), scenes.ASTRONAUT_FACE)
    assert photo.shape[0] > 3500
    (face,) = detector.detect(photo)
    assert Box(*(edge / 7.5 for edge in face.box)).iou(scenes.ASTRONAUT_FACE) > 0.75


def test_higher_threshold_finds_fewer_faces() -> None:
    found = [
        len(CenterFace(threads=1, threshold=t).detect(scenes.grid().image)) for t in (0.5, 0.85)
    ]
    assert found[0] == 25
    assert found[1] < 25


@pytest.mark.parametrize(
    "wrong", [{"min_face": 0.0}, {"threshold": 1.0}, {"threshold": 0.0}, {"threads": 0}], ids=str
)
def test_arguments_out_of_range_raise_value_error(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        CenterFace(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [320, 640, 1080, 2160, 4000])
@pytest.mark.parametrize("share", [0.5, 0.67, 0.83, 1.0])
@pytest.mark.parametrize("which", [0, 1], ids=["astronaut", "hopper"])
def test_exactly_one_face_is_found_in_a_close_up(
    detector: CenterFace, which: int, share: float, size: int
) -> None:
    portrait, box = scenes.portraits()[which]
    (x, y), half = box.center, box.height / share / 2
    square = Box(x - half, y - half, x + half, y + half)
    left, top, right, bottom = (int(edge) for edge in square)
    picture = Image.fromarray(portrait).crop((left, top, right, bottom))
    zoom = size / picture.width
    (face,) = detector.detect(np.asarray(picture.resize((size, size), Image.Resampling.BICUBIC)))
    expected = Box(*(edge * zoom for edge in box.moved(-left, -top)))
    assert face.box.iou(expected) > 0.65


def test_small_faces_beside_a_close_up_are_kept() -> None:
    # A face that fills half of a full-HD picture, and one of 60 px beside it.
    large = scenes.with_face_of(900, scenes.astronaut(), scenes.ASTRONAUT_FACE)
    picture = np.full((1080, 1920, 3), 120, np.uint8)
    part = large[350:1430, 1000:2100]
    picture[: part.shape[0], : part.shape[1]] = part
    small = scenes.with_face_of(60, scenes.hopper(), scenes.HOPPER_FACE)
    picture[100 : 100 + small.shape[0], 1400 : 1400 + small.shape[1]] = small
    first, second = CenterFace(threads=1).detect(picture)
    assert first.box.height > 700
    assert 45 < second.box.height < 80
