"""Tests that the built-in tracker fulfils the contract of trackers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from roomread.bench import scenes
from roomread.faces import CenterFace, FaceDetector
from roomread.readings import Frame
from roomread.testing.contracts import TrackerContract
from roomread.tracking import FaceTracker, Tracker

DETECTOR = CenterFace(threads=1)
MakeTracker = Callable[[FaceDetector], Tracker]


def whole_frame_tracker(detector: FaceDetector) -> Tracker:
    return FaceTracker(detector, scan_interval=0, look_interval=0)


class TestTrackers(TrackerContract):
    @pytest.fixture(params=[FaceTracker, whole_frame_tracker], ids=["default", "whole frames"])
    def tracker(self, request: pytest.FixtureRequest) -> Tracker:
        make: MakeTracker = request.param
        return make(DETECTOR)


def test_first_track_of_each_tracker_has_the_id_1() -> None:
    for _ in range(2):
        (track,) = FaceTracker(DETECTOR).update(Frame(scenes.astronaut(), 0.0, 0, ""))
        assert track.id == 1
