from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomread.readings import Box, Face
from roomread.tracking import TrackMatcher


def face(x: float, y: float, size: float = 100) -> Face:
    return Face(Box(x, y, x + size, y + size), None, 1.0)


def ids(matcher: TrackMatcher, faces: list[Face], time: float) -> list[int]:
    return [track.id for track in matcher.update(faces, time)]


def test_faces_keep_their_ids_when_the_detector_swaps_their_order() -> None:
    matcher = TrackMatcher()
    assert ids(matcher, [face(0, 0), face(300, 0)], 0.0) == [1, 2]
    assert ids(matcher, [face(305, 0), face(4, 0)], 0.04) == [2, 1]


def test_moving_face_keeps_its_track_id() -> None:
    matcher = TrackMatcher()
    seen = {ids(matcher, [face(12.0 * n, 3.0 * n)], n / 25)[0] for n in range(100)}
    assert seen == {1}


def test_faces_that_pass_each_other_keep_their_ids() -> None:
    matcher = TrackMatcher()
    for n in range(60):
        left, right = face(10.0 * n, 0), face(600 - 10.0 * n, 60)
        assert ids(matcher, [left, right], n / 25) == [1, 2]


def test_face_that_comes_back_to_its_place_keeps_its_id() -> None:
    matcher = TrackMatcher()
    ids(matcher, [face(0, 0), face(300, 0)], 0.0)
    assert ids(matcher, [face(0, 0)], 0.5) == [1]
    assert ids(matcher, [face(0, 0), face(310, 5)], 9.0) == [1, 2]


def test_face_that_left_fast_keeps_its_id_when_it_returns() -> None:
    matcher = TrackMatcher()
    for n in range(10):
        assert ids(matcher, [face(60.0 * n, 0)], n / 10) == [1]
    # Extrapolated at 600 px a second, it would be 180 px further right.
    assert ids(matcher, [face(520, 0, size=70)], 5.0) == [1]


def test_face_that_appears_elsewhere_gets_a_new_id() -> None:
    matcher = TrackMatcher()
    ids(matcher, [face(0, 0)], 0.0)
    assert ids(matcher, [face(900, 500)], 0.04) == [2]


def test_ids_are_never_reused() -> None:
    matcher = TrackMatcher(memory=1.0)
    assert ids(matcher, [face(0, 0)], 0.0) == [1]
    assert ids(matcher, [face(0, 0)], 60.0) == [2]


def test_age_of_a_track_is_counted_from_its_first_frame() -> None:
    matcher = TrackMatcher()
    matcher.update([face(0, 0)], 10.0)
    (track,) = matcher.update([face(1, 0)], 12.5)
    assert track.age == pytest.approx(2.5)
    assert track.last_seen == 12.5


def test_each_matcher_counts_its_ids_from_1() -> None:
    assert ids(TrackMatcher(), [face(0, 0)], 0.0) == ids(TrackMatcher(), [face(0, 0)], 0.0) == [1]


def test_time_that_runs_backwards_raises_value_error() -> None:
    matcher = TrackMatcher()
    matcher.update([face(0, 0)], 1.0)
    with pytest.raises(ValueError, match="is before that of the previous frame"):
        matcher.update([face(0, 0)], 0.5)


spots = st.lists(st.tuples(st.floats(-200, 2000), st.floats(-200, 2000)), max_size=12)


@given(st.lists(spots, min_size=1, max_size=8))
def test_every_face_has_its_own_track_id(frames: list[list[tuple[float, float]]]) -> None:
    matcher = TrackMatcher()
    for n, frame in enumerate(frames):
        tracks = matcher.update([face(x, y) for x, y in frame], n * 0.1)
        assert [track.face.box.left for track in tracks] == [x for x, _ in frame]
        assert len({track.id for track in tracks}) == len(frame)


def test_memory_of_lost_faces_is_bounded() -> None:
    matcher = TrackMatcher(memory=1.0)
    for n in range(500):
        matcher.update([face(n * 1000.0, 0)], n * 0.5)
    assert len(matcher._known) <= 4


def test_expected_position_of_a_face_extrapolates_its_motion() -> None:
    matcher = TrackMatcher()
    assert matcher.expected(0.0) == []
    for n in range(4):
        matcher.update([face(10.0 * n, 0, size=40)], n / 10)
    (expected,) = matcher.expected(0.4)
    assert expected.face.box.left == pytest.approx(40, abs=6)
    assert expected.face.box.width == pytest.approx(40)
    assert expected.last_seen == pytest.approx(0.3)
    assert expected.speed == pytest.approx(100 / 40, rel=0.3)
    assert matcher.missing() == []


def test_lost_faces_are_listed_as_missing_at_their_last_position() -> None:
    matcher = TrackMatcher()
    matcher.update([face(30, 0)], 0.0)
    matcher.update([], 0.1)
    assert matcher.expected(0.2) == []
    assert [lost.box for lost in matcher.missing()] == [Box(30, 0, 130, 100)]


def test_face_that_is_not_searched_for_keeps_its_id_and_its_velocity() -> None:
    matcher = TrackMatcher()
    points = np.zeros((5, 2), dtype=np.float32)
    for n in range(4):
        last = Face(Box(10.0 * n, 0, 10.0 * n + 40, 50), points, 1.0)
        matcher.update([last], n / 10)
    (track,) = matcher.update([], 0.4, carried=[1])
    assert track.id == 1
    assert track.last_seen == pytest.approx(0.3)
    further = track.face.box.left - last.box.left
    assert further == pytest.approx(10, abs=4)
    assert track.face.landmarks is not None
    assert np.allclose(track.face.landmarks, [further, 0], atol=1e-3)
    assert matcher.missing() == []
    (again,) = matcher.update([Face(Box(50, 0, 90, 50), points, 1.0)], 0.5)
    assert again.id == 1
