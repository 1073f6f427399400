from __future__ import annotations

import pytest

from roomread.errors import PluginError
from roomread.plugins import PluginKind
from roomread.readings import Frame, Track
from roomread.testing import FixedDetector
from roomread.tracking import Tracker, choices
from roomread.tracking.choices import tracker_factory


class NoFaces:
    """A tracker that keeps the detector that it is given."""

    def __init__(self, detector: FixedDetector) -> None:
        self.detector = detector

    def update(self, frame: Frame) -> list[Track]:  # noqa: ARG002 (the protocol's)
        return []


class FakePlugin:
    """A plug-in that makes `NoFaces` trackers."""

    loaded = False

    def load(self) -> None:
        self.loaded = True

    def make(self, make: object) -> Tracker:
        assert callable(make)
        tracker: Tracker = make(NoFaces)
        return tracker


def test_factory_of_the_built_in_tracker_is_none() -> None:
    assert tracker_factory() is None
    assert tracker_factory("default") is None


def test_tracker_plugin_is_created_anew_for_each_video_with_its_detector(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plugin = FakePlugin()

    def require(kind: PluginKind, name: str, built_in: list[str]) -> FakePlugin:
        assert (kind, name, built_in) == (PluginKind.TRACKER, "sort", ["default"])
        return plugin

    monkeypatch.setattr(choices, "require_plugin", require)
    make = tracker_factory("sort")
    assert make is not None
    assert plugin.loaded
    detectors = [FixedDetector([]), FixedDetector([])]
    trackers = [make(detector) for detector in detectors]
    assert [tracker.detector for tracker in trackers if isinstance(tracker, NoFaces)] == detectors


def test_error_for_an_unknown_tracker_lists_the_known_names() -> None:
    with pytest.raises(PluginError, match=r"no tracker 'sort' \(choose one of default"):
        tracker_factory("sort")
