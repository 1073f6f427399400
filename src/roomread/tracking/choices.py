"""Choose a tracker by name, either the built-in one or a plug-in's."""

from __future__ import annotations

from collections.abc import Callable

from roomread.faces import FaceDetector
from roomread.plugins import PluginKind, require_plugin
from roomread.tracking.tracker import Tracker

# The name of the built-in tracker, `FaceTracker`.
DEFAULT = "default"
# A function that makes the tracker of one video from a detector.
TrackerFactory = Callable[[FaceDetector], Tracker]


def tracker_factory(name: str = DEFAULT) -> TrackerFactory | None:
    """Return the factory of the tracker with a name; None for the built-in tracker.

    Args:
        name: "default", or the name of a plug-in.

    Raises:
        PluginError: There is no such tracker, or the plug-in cannot be imported. The returned
            factory raises it too if it cannot make a tracker.
    """
    if name == DEFAULT:
        return None
    plugin = require_plugin(PluginKind.TRACKER, name, [DEFAULT])
    plugin.load()

    def make(detector: FaceDetector) -> Tracker:
        tracker: Tracker = plugin.make(lambda factory: factory(detector))
        return tracker

    return make
