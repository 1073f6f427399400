from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from roomread import Analyzer
from roomread.bench.scenes import ASTRONAUT_FACE, astronaut, grid
from roomread.errors import MediaError
from roomread.faces import CenterFace, Expected, VideoDetector
from roomread.pipeline.analyzer import EVERY_FRAME, Cadence
from roomread.readings import Box, Face, Frame
from roomread.testing import FixedClassifier, FixedDetector
from roomread.tracking import Tracker

GREY = np.full((120, 160, 3), 128, dtype=np.uint8)
BOX = Box(20, 20, 60, 70)
THERE = Expected(1, Face(BOX, None, 1.0), seen=0.0, speed=0.0)


@pytest.fixture(scope="module")
def detector() -> CenterFace:
    return CenterFace(threads=1)


def test_every_face_of_a_call_is_found_again_where_it_was(detector: CenterFace) -> None:
    call = grid().image
    faces = detector.detect(call)
    random = np.random.default_rng(0)
    expected = [f.box.moved(*(random.uniform(-0.2, 0.2, 2) * f.box.height).tolist()) for f in faces]
    again = detector.detect_near(call, expected)
    for face, found in zip(faces, again, strict=True):
        assert found is not None
        assert face.box.iou(found.box) > 0.7
        assert face.landmarks is not None
        assert found.landmarks is not None
        apart = np.abs(face.landmarks - found.landmarks).max()
        assert apart < 0.15 * face.box.height


def test_where_no_face_is_none_is_found(detector: CenterFace) -> None:
    call = grid()
    assert detector.detect_near(call.image, call.others) == [None] * len(call.others)
    assert detector.detect_near(call.image, []) == []


def test_a_face_that_two_boxes_expect_is_found_once(detector: CenterFace) -> None:
    near = [ASTRONAUT_FACE, ASTRONAUT_FACE.moved(12, 6)]
    found = [face for face in detector.detect_near(astronaut(), near) if face is not None]
    assert len(found) == 1
    assert found[0].box.iou(ASTRONAUT_FACE) > 0.6


def test_a_face_under_the_wanted_size_is_left_out() -> None:
    picky = CenterFace(min_face=300, threads=1)
    assert picky.detect_near(astronaut(), [ASTRONAUT_FACE]) == [None]


@given(
    st.lists(
        st.tuples(*[st.floats(-2000, 2000) for _ in range(2)], *[st.floats(0.1, 900)] * 2),
        min_size=1,
        max_size=6,
    )
)
@settings(max_examples=25, deadline=None)
def test_boxes_anywhere_are_taken(boxes: list[tuple[float, float, float, float]]) -> None:
    expected = [Box(x, y, x + width, y + height) for x, y, width, height in boxes]
    found = SHARED.detect_near(astronaut(), expected)
    assert len(found) == len(expected)
    for face, box in zip(found, expected, strict=True):
        if face is not None:
            # Its middle is in the square that was looked at.
            reach = max(box.width, box.height, 32.0)
            assert np.abs(np.subtract(face.box.center, box.center)).max() <= reach


SHARED = CenterFace(threads=1)


def test_what_is_no_picture_is_refused(detector: CenterFace) -> None:
    with pytest.raises(MediaError):
        detector.detect_near(GREY[..., 0], [BOX])


class Fake:
    """A detector that notes how it was asked, and finds what it is told to."""

    def __init__(self) -> None:
        self.there = True
        self.asked: list[str] = []
        self.newcomers: list[Face] = []

    def detect(self, image: NDArray[np.uint8]) -> list[Face]:  # noqa: ARG002 (the protocol's)
        self.asked.append("whole")
        return [Face(BOX, None, 1.0)] if self.there else []

    def detect_coarse(self, image: NDArray[np.uint8]) -> list[Face]:  # noqa: ARG002 (the protocol's)
        self.asked.append("glance")
        return [Face(BOX, None, 1.0), *self.newcomers] if self.there else []

    def detect_near(
        self,
        image: NDArray[np.uint8],  # noqa: ARG002 (the protocol's)
        expected: Sequence[Box],
    ) -> list[Face | None]:
        self.asked.append("near")
        return [Face(box, None, 1.0) if self.there else None for box in expected]


def scan(
    fake: Fake, scanner: VideoDetector, times: Sequence[float], image: NDArray[np.uint8]
) -> None:
    for time in times:
        scanner.find(Frame(image, time, 0, ""), [THERE] if fake.there else [])


def test_whole_frames_are_searched_at_the_cadence_only() -> None:
    fake = Fake()
    scanner = VideoDetector(fake, every=0.5)
    scan(fake, scanner, [n / 4 for n in range(9)], GREY)
    assert fake.asked == ["whole", *["near", "near", "glance"] * 3, "near", "whole"]
    assert scanner.scans == 2


def test_a_glance_adds_who_came_in_and_nobody_twice() -> None:
    fake = Fake()
    scanner = VideoDetector(fake, every=0.5, turn=0.1)
    scanner.find(Frame(GREY, 0.0, 0, ""), [])
    fake.newcomers = [Face(BOX.moved(70, 0), None, 1.0)]
    there = Expected(2, Face(BOX.moved(70, 40), None, 1.0), seen=0.5, speed=0)
    found = scanner.find(Frame(GREY, 0.5, 1, ""), [THERE, there])
    assert found.there == [2]
    assert [face.box for face in found.faces] == [BOX, BOX.moved(70, 0)]


def test_a_cut_is_searched_whole() -> None:
    fake = Fake()
    scanner = VideoDetector(fake, every=9)
    scan(fake, scanner, [0.0, 0.1], GREY)
    scan(fake, scanner, [0.2, 0.3], GREY + 22)
    assert fake.asked == ["whole", "near", "near", "near"]
    scan(fake, scanner, [0.4, 0.5], GREY // 4)
    assert fake.asked[4:] == ["whole", "near"]


def test_a_lost_face_is_searched_for_in_the_whole_frame_at_once() -> None:
    fake = Fake()
    scanner = VideoDetector(fake, every=9)
    scanner.find(Frame(GREY, 0.0, 0, ""), [])
    fake.there = False
    assert scanner.find(Frame(GREY, 0.1, 1, ""), [THERE]).faces == []
    assert fake.asked == ["whole", "near", "whole"]


def test_who_was_lost_is_looked_for_where_that_was() -> None:
    fake = Fake()
    scanner = VideoDetector(fake, every=9)
    lost = BOX.moved(60, 0)
    scanner.find(Frame(GREY, 0.0, 0, ""), [])
    found = scanner.find(Frame(GREY, 0.1, 1, ""), [THERE], [lost] * 20)
    assert fake.asked == ["whole", "near"]
    # A long recording loses many; not all of them are looked for.
    assert [face.box for face in found.faces] == [BOX, *[lost] * 8]


def test_with_nobody_there_every_frame_is_searched() -> None:
    fake = Fake()
    fake.there = False
    scan(fake, VideoDetector(fake, every=9), [0.0, 0.1, 0.2], GREY)
    assert fake.asked == ["whole"] * 3


def test_a_detector_that_cannot_look_again_searches_every_frame() -> None:
    scanner = VideoDetector(FixedDetector([(20, 20, 60, 70)]), every=9)
    for time in (0.0, 0.1, 0.2):
        assert len(scanner.find(Frame(GREY, time, 0, ""), [THERE]).faces) == 1
    assert scanner.scans == 3


def test_the_tracker_expects_those_it_saw_last_where_they_are_going() -> None:
    tracker = Tracker()
    assert tracker.expected(0.0) == []
    for n in range(4):
        tracker.update([Face(BOX.moved(10.0 * n, 0), None, 1.0)], n / 10)
    (expected,) = tracker.expected(0.4)
    assert expected.face.box.left == pytest.approx(60, abs=6)
    assert expected.face.box.width == pytest.approx(BOX.width)
    assert expected.seen == pytest.approx(0.3)
    assert expected.speed == pytest.approx(100 / np.sqrt(BOX.area), rel=0.3)
    assert tracker.missing() == []
    tracker.update([], 0.4)
    assert tracker.expected(0.5) == []
    assert tracker.missing() == [BOX.moved(30, 0)]


def test_known_faces_take_turns_and_all_are_there() -> None:
    fake = Fake()
    scanner = VideoDetector(fake, every=9, turn=0.1)
    scanner.find(Frame(GREY, 0.0, 0, ""), [])
    seen = dict.fromkeys(range(1, 13), 0.0)
    for n in range(1, 26):
        time = n / 25
        expected = [
            Expected(track, Face(BOX.moved(100 * track, 0), None, 1.0), last, speed=0)
            for track, last in seen.items()
        ]
        found = scanner.find(Frame(GREY, time, n, ""), expected)
        boxes = {face.box for face in found.faces}
        looked_for = {one.track_id for one in expected if one.face.box in boxes}
        assert looked_for.isdisjoint(found.there)
        assert looked_for | set(found.there) == set(seen)
        # A tenth of a second is two and a half frames.
        assert 0 < len(looked_for) < 9
        seen |= dict.fromkeys(looked_for, time)
        assert min(seen.values()) > time - 0.15


def test_a_fast_face_is_looked_for_in_every_frame() -> None:
    fake = Fake()
    scanner = VideoDetector(fake, every=9, turn=5)
    scanner.find(Frame(GREY, 0.0, 0, ""), [])
    fast = Expected(1, Face(BOX, None, 1.0), seen=0.0, speed=2.0)
    slow = Expected(2, Face(BOX.moved(90, 0), None, 1.0), seen=0.0, speed=0.2)
    found = scanner.find(Frame(GREY, 0.04, 1, ""), [fast, slow])
    assert [face.box for face in found.faces] == [BOX]
    assert found.there == [2]


def test_where_one_was_lost_a_known_one_is_not_found_twice() -> None:
    fake = Fake()
    scanner = VideoDetector(fake, every=9, turn=5)
    scanner.find(Frame(GREY, 0.0, 0, ""), [])
    found = scanner.find(Frame(GREY, 0.04, 1, ""), [THERE], [BOX.moved(3, 0)])
    assert found.faces == []
    assert found.there == [1]


def test_who_is_taken_to_be_there_keeps_number_and_course() -> None:
    tracker = Tracker()
    points = np.zeros((5, 2), dtype=np.float32)
    for n in range(4):
        face = Face(BOX.moved(10.0 * n, 0), points, 1.0)
        tracker.update([face], n / 10)
    (track,) = tracker.update([], 0.4, there=[1])
    assert track.id == 1
    assert track.last_seen == pytest.approx(0.3)
    further = track.face.box.left - face.box.left
    assert further == pytest.approx(10, abs=4)
    assert track.face.landmarks is not None
    assert np.allclose(track.face.landmarks, [further, 0], atol=1e-3)
    assert tracker.missing() == []
    (again,) = tracker.update([Face(BOX.moved(50, 0), points, 1.0)], 0.5)
    assert again.id == 1


@pytest.mark.parametrize("look", [0, 0.1])
def test_a_moving_face_is_read_as_with_whole_scans(look: float) -> None:
    frames = [
        Frame(np.roll(astronaut(), (3 * n, 4 * n), axis=(0, 1)), n / 25, n, "") for n in range(12)
    ]
    classifier = FixedClassifier()
    near, whole = (
        list(Analyzer(detector=SHARED, classifier=classifier, cadence=cadence).stream(frames))
        for cadence in (Cadence(9.0, look, 0), EVERY_FRAME)
    )
    for (_, (a,)), (_, (b,)) in zip(near, whole, strict=True):
        assert a.track_id == b.track_id == 1
        assert a.box.iou(b.box) > 0.75
