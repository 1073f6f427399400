from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from roomread.bench import scenes
from roomread.errors import ModelFileError
from roomread.faces import CenterFace, centerface
from roomread.faces.detector import SAME_FACE
from roomread.readings import Box, Face

SIZES = st.floats(1, 200, width=32)
PLACES = st.floats(-100, 1000, width=32)


@pytest.fixture(scope="module")
def detector() -> CenterFace:
    return CenterFace(threads=1)


class StubNet:
    """Sees given points (x, y, side, confidence): the first in the first picture, and so on."""

    def __init__(self, *looks: Sequence[tuple[float, float, float, float]]) -> None:
        self.pictures: list[tuple[int, ...]] = []
        self._looks = looks

    def points(self, picture: NDArray[np.uint8], threshold: float) -> centerface.Points:
        seen = self._looks[len(self.pictures)] if len(self.pictures) < len(self._looks) else []
        self.pictures.append(picture.shape[:2])
        numbers = np.array([one for one in seen if one[3] >= threshold], np.float32).reshape(-1, 4)
        centers, half = numbers[:, :2], numbers[:, 2:3] / np.float32(2)
        boxes = np.stack([centers - half, centers + half], axis=1)
        return centerface.Points(boxes, np.repeat(centers[:, None], 5, axis=1), numbers[:, 3])


def black(height: int, width: int) -> NDArray[np.uint8]:
    return np.zeros((height, width, 3), np.uint8)


def places(faces: list[Face], tiles: list[Box]) -> list[int]:
    """How many of the faces have their centre in each tile."""
    return [
        sum(
            tile.left <= face.box.center[0] < tile.right
            and tile.top <= face.box.center[1] < tile.bottom
            for face in faces
        )
        for tile in tiles
    ]


@pytest.mark.parametrize("seed", range(3))
def test_a_call_of_25_has_25_faces_and_none_on_blank_slide_and_black_tiles(
    detector: CenterFace, seed: int
) -> None:
    call = scenes.grid(seed=seed)
    faces = detector.detect(call.image)
    assert places(faces, call.people) == [1] * 25
    assert len(call.others) == 5
    assert len(faces) == 25


def test_a_call_of_49_in_full_hd_has_49_faces(detector: CenterFace) -> None:
    call = scenes.grid(width=1920, height=1080, columns=8, rows=7, people=49)
    faces = detector.detect(call.image)
    assert places(faces, call.people) == [1] * 49
    assert len(faces) == 49


@pytest.mark.parametrize("which", [0, 1], ids=["astronaut", "hopper"])
def test_a_face_24_px_high_is_found(detector: CenterFace, which: int) -> None:
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


@pytest.mark.parametrize("precision", ["fp32", "int8"])
@settings(max_examples=12, deadline=None)
@given(height=st.integers(1, 400), width=st.integers(1, 200), seed=st.integers(0, 9))
def test_strips_find_what_the_whole_picture_does(
    precision: centerface.Precision, height: int, width: int, seed: int
) -> None:
    picture = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    portrait = scenes.astronaut()[:height, 120 : 120 + width]
    picture[: len(portrait), : portrait.shape[1]] = portrait
    whole = centerface.CenterFaceNet(threads=1, precision=precision).points(picture, 0.0)
    with pytest.MonkeyPatch.context() as patch:
        # As narrow as strips may be.
        patch.setitem(centerface.STRIP, precision, 1)
        net = centerface.CenterFaceNet(threads=1, precision=precision)
        strips = net.points(picture, 0.0)
    assert len(whole.boxes) == len(strips.boxes)
    for one, other in zip(whole, strips, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(
    "draw",
    [scenes.astronaut, scenes.hopper, lambda: scenes.grid().image],
    ids=["astronaut", "hopper", "call"],
)
def test_8_bits_find_the_faces_of_32(draw: Callable[[], NDArray[np.uint8]]) -> None:
    image = draw()
    plain = CenterFace(net=centerface.CenterFaceNet(threads=1, precision="fp32"), thorough=True)
    small = CenterFace(net=centerface.CenterFaceNet(threads=1, precision="int8"), thorough=True)
    expected, found = plain.detect(image), small.detect(image)
    assert len(found) == len(expected)
    for face in expected:
        same = max(found, key=lambda other: face.box.iou(other.box))
        assert face.box.iou(same.box) > 0.85
        assert same.detection_confidence == pytest.approx(face.detection_confidence, abs=0.1)
        assert face.landmarks is not None
        assert same.landmarks is not None
        assert np.abs(face.landmarks - same.landmarks).max() < 0.05 * face.box.height


@settings(max_examples=12, deadline=None)
@given(zoom=st.floats(0.3, 1.3))
def test_boxes_scale_with_the_picture(detector: CenterFace, zoom: float) -> None:
    box = scenes.ASTRONAUT_FACE
    (face,) = detector.detect(scenes.with_face_of(box.height * zoom, scenes.astronaut(), box))
    assert Box(*(edge / zoom for edge in face.box)).iou(box) > 0.75


def test_a_shifted_picture_has_its_box_shifted() -> None:
    # By so much that the net's grid, and so all that it sees, is the same.
    detector = CenterFace(thorough=True, threads=1)
    shifted = np.pad(scenes.astronaut(), ((64, 0), (32, 0), (0, 0)), mode="edge")
    (here,), (there,) = detector.detect(scenes.astronaut()), detector.detect(shifted)
    back = Box(there.box.left - 32, there.box.top - 64, there.box.right - 32, there.box.bottom - 64)
    assert back.iou(here.box) > 0.95


def test_smaller_faces_than_asked_for_are_left_out() -> None:
    call = scenes.grid()
    everyone = CenterFace(threads=1, min_face=24).detect(call.image)
    large = CenterFace(threads=1, min_face=48).detect(call.image)
    # Sizes differ by a few px between scales, so only those well above and below are counted.
    assert sum(face.box.height > 54 for face in everyone) <= len(large)
    assert len(large) <= sum(face.box.height > 42 for face in everyone)
    assert all(max(face.box.width, face.box.height) >= 48 for face in large)


@pytest.mark.parametrize(
    ("min_face", "longer", "scale"),
    [(None, 512, 1.0), (None, 1920, 1.0), (None, 3840, 0.5), (48, 1280, 0.5), (12, 1280, 1.0)],
)
def test_pictures_are_scaled_by_the_smallest_wanted_face_and_never_up(
    min_face: float | None, longer: int, scale: float
) -> None:
    net = StubNet()
    CenterFace(min_face=min_face, thorough=True, net=net).detect(black(longer // 2, longer))
    assert net.pictures == [(longer // 2 * scale, longer * scale)]


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
def test_only_what_is_small_or_unsure_is_looked_at_again(
    size: float, confidence: float, *, again: bool
) -> None:
    net = StubNet([(200, 100, size, confidence)])
    CenterFace(net=net).detect(black(480, 640))
    # A square of its own at full size.
    assert net.pictures == [(320, 427), (128, 128)][: 1 + again]


def test_a_small_face_counts_where_the_second_look_sees_it() -> None:
    # At 300, 150 px of the picture; in the square, which shows 64 px of it to each side, as large.
    net = StubNet([(200, 100, 12, 0.2)], [(64, 64, 20, 0.8)])
    (face,) = CenterFace(net=net).detect(black(480, 640))
    assert face.detection_confidence == pytest.approx(0.8)
    np.testing.assert_allclose(face.box, [290, 140, 310, 160], atol=0.5)
    assert CenterFace(net=StubNet([(200, 100, 12, 0.9)], [])).detect(black(480, 640)) == []


def test_where_small_faces_may_be_all_over_one_look_at_all_is_taken_instead() -> None:
    everywhere = [(x, y, 12, 0.2) for x in range(10, 427, 20) for y in range(10, 320, 20)]
    net = StubNet(everywhere, [(100, 100, 30, 0.9)])
    (face,) = CenterFace(net=net).detect(black(480, 640))
    assert net.pictures == [(320, 427), (480, 640)]
    assert face.box.center == (100, 100)


def test_faces_as_small_as_a_first_look_sees_them_are_looked_for_once() -> None:
    net = StubNet()
    CenterFace(net=net, min_face=16).detect(black(480, 640))
    assert net.pictures == [(480, 640)]


@settings(max_examples=25, deadline=None)
@given(
    which=st.integers(0, 1),
    height=st.floats(26, 200),
    left=st.floats(0, 1),
    top=st.floats(0, 1),
    brightness=st.integers(0, 255),
)
def test_a_face_is_found_wherever_and_however_large_it_is(
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


def test_a_large_photo_keeps_its_faces_and_their_places(detector: CenterFace) -> None:
    photo = scenes.with_face_of(900, scenes.astronaut(), scenes.ASTRONAUT_FACE)
    assert photo.shape[0] > 3500
    (face,) = detector.detect(photo)
    assert Box(*(edge / 7.5 for edge in face.box)).iou(scenes.ASTRONAUT_FACE) > 0.75


def test_a_higher_threshold_finds_fewer() -> None:
    found = [
        len(CenterFace(threads=1, threshold=t).detect(scenes.grid().image)) for t in (0.5, 0.85)
    ]
    assert found[0] == 25
    assert found[1] < 25


@pytest.mark.parametrize(
    "wrong", [{"min_face": 0.0}, {"threshold": 1.0}, {"threshold": 0.0}, {"threads": 0}], ids=str
)
def test_arguments_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        CenterFace(**wrong)  # type: ignore[arg-type]


def test_missing_weights_are_a_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(centerface, "files", lambda _: tmp_path)
    with pytest.raises(ModelFileError, match="weights are not in the package"):
        CenterFace()


def test_a_peak_of_the_maps_is_decoded_where_it_lies() -> None:
    heatmap = np.zeros((1, 6, 8), dtype=np.float32)
    heatmap[0, 2, 5] = 0.9
    scale = np.zeros((2, 6, 8), dtype=np.float32)
    scale[:, 2, 5] = np.log([10.0, 6.0])  # 40 px high, 24 px wide
    offset = np.full((2, 6, 8), 0.25, dtype=np.float32)
    points = np.tile(np.array([0.25, 0.75], dtype=np.float32), 5)[:, None, None]
    boxes, landmarks, confidence = centerface.decode(
        [heatmap, scale, offset, np.broadcast_to(points, (10, 6, 8))], 0.5
    )
    # Its centre: x 4 * (5 + 0.5 + 0.25), y 4 * (2 + 0.5 + 0.25).
    np.testing.assert_allclose(boxes, [[[11, -9], [35, 31]]], rtol=1e-5)
    np.testing.assert_allclose(landmarks, [[[29, 1]] * 5], rtol=1e-5)
    np.testing.assert_allclose(confidence, [0.9], rtol=1e-5)


@given(st.lists(st.tuples(PLACES, PLACES, SIZES, SIZES, st.floats(0, 1, width=32)), max_size=20))
def test_no_two_boxes_that_are_kept_are_one_face_and_all_others_are_covered(
    drawn: list[tuple[float, float, float, float, float]],
) -> None:
    numbers = np.array(drawn, dtype=np.float32).reshape(-1, 5)
    boxes = np.stack([numbers[:, :2], numbers[:, :2] + numbers[:, 2:4]], axis=1)
    kept = centerface.nms(boxes, numbers[:, 4])
    plain = [Box(*one.ravel().tolist()) for one in boxes]
    near = SAME_FACE + 1e-3
    assert all(plain[i].iou(plain[j]) <= near for i in kept for j in kept if i != j)
    for other in set(range(len(plain))) - set(kept):
        assert any(plain[other].iou(plain[i]) > SAME_FACE - 1e-3 for i in kept)
