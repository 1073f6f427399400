"""The contract of `Tracker`, tested for every implementation."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from roomread.bench import scenes
from roomread.errors import MediaError
from roomread.faces import CenterFace, FaceDetector
from roomread.readings import Frame
from roomread.tracking import FaceTracker, Tracker

DETECTOR = CenterFace(threads=1)
MakeTracker = Callable[[FaceDetector], Tracker]


def whole_frame_tracker(detector: FaceDetector) -> Tracker:
    return FaceTracker(detector, scan_interval=0, look_interval=0)


@pytest.fixture(params=[FaceTracker, whole_frame_tracker], ids=["default", "whole frames"])
def tracker(request: pytest.FixtureRequest) -> Tracker:
    make: MakeTracker = request.param
    return make(DETECTOR)


def call(count: int = 12) -> list[Frame]:
    return list(scenes.moving(scenes.grid(columns=3, rows=2, people=5), count))


def test_each_face_of_a_call_keeps_its_id(tracker: Tracker) -> None:
    grid = scenes.grid(columns=3, rows=2, people=5)
    for frame in call():
        tracks = tracker.update(frame)
        assert sorted(track.id for track in tracks) == [1, 2, 3, 4, 5]
        for track in tracks:
            x, y = track.face.box.center
            inside = [t.left <= x < t.right and t.top <= y < t.bottom for t in grid.people]
            assert sum(inside) == 1


def test_each_track_id_stays_in_its_tile(tracker: Tracker) -> None:
    places: dict[int, set[tuple[int, int]]] = {}
    for frame in call():
        for track in tracker.update(frame):
            x, y = track.face.box.center
            height, width = frame.image.shape[:2]
            tile = int(3 * x / width), int(2 * y / height)
            places.setdefault(track.id, set()).add(tile)
    assert all(len(tiles) == 1 for tiles in places.values())


def test_largest_face_comes_first(tracker: Tracker) -> None:
    for frame in call(4):
        areas = [track.face.box.area for track in tracker.update(frame)]
        assert areas == sorted(areas, reverse=True)


def test_moving_face_is_followed(tracker: Tracker) -> None:
    for n in range(12):
        image = np.roll(scenes.astronaut(), (3 * n, 4 * n), axis=(0, 1))
        (track,) = tracker.update(Frame(image, n / 25, n, ""))
        assert track.id == 1
        assert track.face.box.iou(scenes.ASTRONAUT_FACE.moved(4 * n, 3 * n)) > 0.5


def test_age_and_last_seen_are_seconds_of_the_source(tracker: Tracker) -> None:
    for time in (10.0, 10.5, 12.0):
        (track,) = tracker.update(Frame(scenes.astronaut(), time, 0, ""))
        assert track.age == pytest.approx(time - 10)
        assert 10 <= track.last_seen <= time


def test_face_that_leaves_is_not_reported(tracker: Tracker) -> None:
    tracker.update(Frame(scenes.astronaut(), 0.0, 0, ""))
    empty = np.full_like(scenes.astronaut(), 90)
    assert tracker.update(Frame(empty, 2.0, 1, "")) == []


def test_two_trackers_count_from_1() -> None:
    for _ in range(2):
        (track,) = FaceTracker(DETECTOR).update(Frame(scenes.astronaut(), 0.0, 0, ""))
        assert track.id == 1


def test_time_that_runs_backwards_raises_value_error(tracker: Tracker) -> None:
    tracker.update(Frame(scenes.astronaut(), 1.0, 0, ""))
    with pytest.raises(ValueError, match="backwards"):
        tracker.update(Frame(scenes.astronaut(), 0.5, 1, ""))


def test_grey_frame_raises_media_error(tracker: Tracker) -> None:
    with pytest.raises(MediaError, match="uint8"):
        tracker.update(Frame(np.zeros((40, 40), np.uint8), 0.0, 0, ""))
