from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from roomread.bench.scenes import astronaut
from roomread.faces import CenterFace
from roomread.readings import Box, Face, Frame, Track
from roomread.testing import FixedDetector
from roomread.tracking import FaceTracker

GREY = np.full((120, 160, 3), 128, dtype=np.uint8)
BOX = Box(20, 20, 60, 70)


class FakeDetector:
    """A detector that finds the faces of `boxes` and records each search."""

    def __init__(self, *boxes: Box) -> None:
        self.boxes = list(boxes)
        self.coarse_only: list[Box] = []
        self.searches: list[str] = []
        self.sought: list[Box] = []

    def detect(self, image: NDArray[np.uint8]) -> list[Face]:  # noqa: ARG002 (the protocol's)
        self.searches.append("full")
        return [Face(box, None, 1.0) for box in self.boxes]

    def detect_upright(self, image: NDArray[np.uint8]) -> list[Face]:  # noqa: ARG002 (likewise)
        self.searches.append("upright")
        return [Face(box, None, 1.0) for box in self.boxes]

    def detect_coarse(self, image: NDArray[np.uint8]) -> list[Face]:  # noqa: ARG002 (likewise)
        self.searches.append("coarse")
        return [Face(box, None, 1.0) for box in [*self.boxes, *self.coarse_only]]

    def detect_near(
        self,
        image: NDArray[np.uint8],  # noqa: ARG002 (the protocol's)
        expected: Sequence[Face],
    ) -> list[Face | None]:
        self.searches.append("near")
        self.sought = [face.box for face in expected]
        return [
            next((Face(box, None, 1.0) for box in self.boxes if box.iou(place) > 0), None)
            for place in self.sought
        ]


def follow(
    tracker: FaceTracker, times: Sequence[float], image: NDArray[np.uint8] = GREY
) -> list[list[Track]]:
    return [tracker.update(Frame(image, time, 0, "")) for time in times]


def test_whole_frame_is_searched_once_per_scan_interval() -> None:
    detector = FakeDetector(BOX)
    tracker = FaceTracker(detector, scan_interval=0.5, look_interval=0)
    follow(tracker, [n / 4 for n in range(9)])
    assert detector.searches == ["full", *["near", "near", "coarse"] * 3, "near", "full"]
    assert tracker.full_searches == 2


def test_coarse_search_adds_new_faces_and_does_not_duplicate_known_ones() -> None:
    detector = FakeDetector(BOX, BOX.moved(70, 40))
    tracker = FaceTracker(detector, scan_interval=0.5, look_interval=9)
    follow(tracker, [0.0])
    detector.coarse_only = [BOX.moved(0, 200)]
    (tracks,) = follow(tracker, [0.5])
    assert {track.id for track in tracks} == {1, 2, 3}
    assert next(track for track in tracks if track.id == 3).face.box == BOX.moved(0, 200)


def test_first_frame_after_a_scene_cut_is_searched_completely() -> None:
    detector = FakeDetector(BOX)
    tracker = FaceTracker(detector, scan_interval=9, look_interval=0)
    follow(tracker, [0.0, 0.1])
    follow(tracker, [0.2, 0.3], GREY + 22)
    assert detector.searches == ["full", "near", "near", "near"]
    follow(tracker, [0.4, 0.5], GREY // 4)
    assert detector.searches[4:] == ["upright", "near"]


def test_frame_in_which_a_face_is_lost_is_searched_completely() -> None:
    detector = FakeDetector(BOX)
    tracker = FaceTracker(detector, scan_interval=9, look_interval=0)
    follow(tracker, [0.0])
    detector.boxes = []
    assert follow(tracker, [0.1]) == [[]]
    assert detector.searches == ["full", "near", "upright"]


def test_at_most_eight_lost_faces_are_searched_for_at_their_last_positions() -> None:
    known, lost = BOX, [BOX.moved(100.0 * n, 0) for n in range(1, 21)]
    detector = FakeDetector(known, *lost)
    tracker = FaceTracker(detector, scan_interval=9, look_interval=0)
    follow(tracker, [0.0])
    detector.boxes = [known]
    follow(tracker, [0.1])
    detector.boxes = [known, *lost]
    (tracks,) = follow(tracker, [0.2])
    assert detector.searches == ["full", "near", "upright", "near"]
    assert len(detector.sought) == len(tracks) == 9
    assert {track.id for track in tracks} <= set(range(1, 22))


def test_whole_frames_are_searched_while_no_face_is_known() -> None:
    detector = FakeDetector()
    follow(FaceTracker(detector, scan_interval=9), [0.0, 0.1, 0.2])
    assert detector.searches == ["full", "upright", "upright"]


def test_rotated_faces_are_searched_for_once_in_four_scan_intervals() -> None:
    detector = FakeDetector()
    follow(FaceTracker(detector, scan_interval=0.5), [n / 2 for n in range(9)])
    assert detector.searches == ["full", *["upright"] * 3, "full", *["upright"] * 3, "full"]


def test_every_frame_is_searched_completely_if_the_detector_cannot_search_regions() -> None:
    tracker = FaceTracker(FixedDetector([BOX]), scan_interval=9)
    assert [[track.id for track in tracks] for tracks in follow(tracker, [0.0, 0.1, 0.2])] == [
        [1]
    ] * 3
    assert tracker.full_searches == 3


def test_known_faces_are_searched_for_in_turns_and_reported_in_every_frame() -> None:
    detector = FakeDetector(*(BOX.moved(100.0 * n, 0) for n in range(12)))
    tracker = FaceTracker(detector, scan_interval=9, look_interval=0.1)
    follow(tracker, [0.0])
    seen = dict.fromkeys(range(1, 13), 0.0)
    for n in range(1, 26):
        time = n / 25
        (tracks,) = follow(tracker, [time])
        assert {track.id for track in tracks} == set(seen)
        # 0.1 s is two and a half frames.
        assert 0 < len(detector.sought) < 9
        seen = {track.id: track.last_seen for track in tracks}
        assert sum(last == time for last in seen.values()) == len(detector.sought)
        assert min(seen.values()) > time - 0.15


def test_fast_face_is_searched_for_in_every_frame() -> None:
    detector = FakeDetector(BOX, BOX.moved(0, 300))
    tracker = FaceTracker(detector, scan_interval=9, look_interval=0.3)
    sought = []
    for n in range(8):
        # 8 px per frame are 4.5 face sizes per second.
        detector.boxes = [BOX.moved(8.0 * n, 0), BOX.moved(0, 300)]
        follow(tracker, [n / 25])
        sought.append(len(detector.sought))
    # The fast face is searched for in every frame, the still face only in its turns.
    still = [n for n, boxes in enumerate(sought) if boxes == 2]
    assert len(still) < 4
    assert all(count >= 1 for count in sought[-4:])


def test_face_found_at_the_position_of_a_lost_face_is_not_reported_twice() -> None:
    detector = FakeDetector(BOX, BOX.moved(30, 0))
    tracker = FaceTracker(detector, scan_interval=9, look_interval=5)
    follow(tracker, [0.0])
    detector.boxes = [BOX]
    # The cut drops the second face, whose last place is searched from now on.
    follow(tracker, [0.04], GREY // 4)
    (tracks,) = follow(tracker, [0.08], GREY // 4)
    assert [track.id for track in tracks] == [1]
    assert detector.searches[-1] == "near"


def test_face_that_is_not_searched_for_continues_at_constant_speed() -> None:
    detector = FakeDetector(BOX)
    tracker = FaceTracker(detector, scan_interval=9, look_interval=9)
    boxes = []
    for n in range(4):
        # 1 px per frame is about half a face size per second.
        detector.boxes = [BOX.moved(n, 0)]
        # Each change of brightness is a cut, so the face is found in each frame.
        follow(tracker, [n / 25], GREY if n % 2 else GREY // 4)
    for n in range(4, 7):
        ((track,),) = follow(tracker, [n / 25])
        boxes.append(track.face.box.left)
        assert track.id == 1
    assert np.diff(boxes) == pytest.approx(1, abs=0.5)


@pytest.mark.parametrize("look_interval", [0, 0.1])
def test_box_of_a_moving_face_is_close_to_the_box_of_a_whole_frame_search(
    look_interval: float,
) -> None:
    detector = CenterFace(threads=1)
    near = FaceTracker(detector, scan_interval=9, look_interval=look_interval)
    whole = FaceTracker(detector, scan_interval=0, look_interval=0)
    for n in range(12):
        image = np.roll(astronaut(), (3 * n, 4 * n), axis=(0, 1))
        (one,), (other,) = (
            tracker.update(Frame(image, n / 25, n, "")) for tracker in (near, whole)
        )
        assert one.id == other.id == 1
        assert one.face.box.iou(other.face.box) > 0.75


def test_tracks_end_at_a_discontinuity_of_the_source() -> None:
    detector = FakeDetector(BOX)
    tracker = FaceTracker(detector, scan_interval=9, look_interval=0)
    (before,) = tracker.update(Frame(GREY, 0.0, 0, ""))
    (after,) = tracker.update(Frame(GREY, 0.1, 1, "", discontinuity=True))
    (later,) = tracker.update(Frame(GREY, 0.2, 2, ""))
    assert (before.id, after.id, later.id) == (1, 2, 2)
    assert detector.searches == ["full", "full", "near"]


def test_tracks_end_where_the_size_of_frames_changes() -> None:
    tracker = FaceTracker(FakeDetector(BOX))
    (before,) = tracker.update(Frame(GREY, 0.0, 0, ""))
    (after,) = tracker.update(Frame(GREY[:, :120], 0.1, 1, ""))
    assert (before.id, after.id) == (1, 2)
