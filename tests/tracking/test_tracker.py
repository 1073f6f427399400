from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomread.readings import Box, Face
from roomread.tracking import Tracker


def face(x: float, y: float, size: float = 100) -> Face:
    return Face(Box(x, y, x + size, y + size), None, 1.0)


def ids(tracker: Tracker, faces: list[Face], time: float) -> list[int]:
    return [track_id.id for track_id in tracker.update(faces, time)]


def test_two_faces_keep_their_numbers_when_the_detector_swaps_their_order() -> None:
    tracker = Tracker()
    assert ids(tracker, [face(0, 0), face(300, 0)], 0.0) == [1, 2]
    assert ids(tracker, [face(305, 0), face(4, 0)], 0.04) == [2, 1]


def test_a_walking_face_keeps_its_number() -> None:
    tracker = Tracker()
    seen = {ids(tracker, [face(12.0 * n, 3.0 * n)], n / 25)[0] for n in range(100)}
    assert seen == {1}


def test_two_faces_that_pass_each_other_keep_their_numbers() -> None:
    tracker = Tracker()
    for n in range(60):
        left, right = face(10.0 * n, 0), face(600 - 10.0 * n, 60)
        assert ids(tracker, [left, right], n / 25) == [1, 2]


def test_who_comes_back_to_the_same_place_has_the_same_number() -> None:
    tracker = Tracker()
    ids(tracker, [face(0, 0), face(300, 0)], 0.0)
    assert ids(tracker, [face(0, 0)], 0.5) == [1]
    assert ids(tracker, [face(0, 0), face(310, 5)], 9.0) == [1, 2]


def test_who_hurried_out_of_the_picture_has_the_same_number_when_coming_back() -> None:
    tracker = Tracker()
    for n in range(10):
        assert ids(tracker, [face(60.0 * n, 0)], n / 10) == [1]
    # On at 600 px a second, they would be 180 px further right.
    assert ids(tracker, [face(520, 0, size=70)], 5.0) == [1]


def test_who_appears_elsewhere_is_new() -> None:
    tracker = Tracker()
    ids(tracker, [face(0, 0)], 0.0)
    assert ids(tracker, [face(900, 500)], 0.04) == [2]


def test_a_number_is_never_given_again() -> None:
    tracker = Tracker(memory=1.0)
    assert ids(tracker, [face(0, 0)], 0.0) == [1]
    assert ids(tracker, [face(0, 0)], 60.0) == [2]


def test_age_counts_from_the_first_sight() -> None:
    tracker = Tracker()
    tracker.update([face(0, 0)], 10.0)
    (track_id,) = tracker.update([face(1, 0)], 12.5)
    assert track_id.age == pytest.approx(2.5)
    assert track_id.last_seen == 12.5


def test_two_trackers_share_no_numbers() -> None:
    assert ids(Tracker(), [face(0, 0)], 0.0) == ids(Tracker(), [face(0, 0)], 0.0) == [1]


def test_time_does_not_run_backwards() -> None:
    tracker = Tracker()
    tracker.update([face(0, 0)], 1.0)
    with pytest.raises(ValueError, match="backwards"):
        tracker.update([face(0, 0)], 0.5)


spots = st.lists(st.tuples(st.floats(-200, 2000), st.floats(-200, 2000)), max_size=12)


@given(st.lists(spots, min_size=1, max_size=8))
def test_every_face_has_one_number_of_its_own(frames: list[list[tuple[float, float]]]) -> None:
    tracker = Tracker()
    for n, frame in enumerate(frames):
        tracks = tracker.update([face(x, y) for x, y in frame], n * 0.1)
        assert [track_id.face.box.left for track_id in tracks] == [x for x, _ in frame]
        assert len({track_id.id for track_id in tracks}) == len(frame)


def test_memory_of_those_who_left_is_bounded() -> None:
    tracker = Tracker(memory=1.0)
    for n in range(500):
        tracker.update([face(n * 1000.0, 0)], n * 0.5)
    assert len(tracker._known) <= 4
