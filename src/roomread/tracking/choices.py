"""Choose a tracker by its name: the built-in one or that of a plug-in."""

from __future__ import annotations

from collections.abc import Callable

from roomread.faces import FaceDetector
from roomread.plugins import PluginKind, require_plugin
from roomread.tracking.tracker import Tracker

# The name of the built-in tracker, `FaceTracker`.
DEFAULT = "default"
# Makes the tracker of one video.
TrackerFactory = Callable[[FaceDetector], Tracker]


def tracker_factory(name: str = DEFAULT) -> TrackerFactory | None:
    """Return the factory of the tracker with a name; None for the built-in tracker.

    Args:
        name: "default", or the name of a plug-in.

    Raises:
        PluginError: There is no such tracker, or the plug-in cannot be imported. What the factory
            returns raises it too, if no tracker can be made.
    """
    if name == DEFAULT:
        return None
    plugin = require_plugin(PluginKind.TRACKER, name, [DEFAULT])
    plugin.load()

    def make(detector: FaceDetector) -> Tracker:
        tracker: Tracker = plugin.make(lambda factory: factory(detector))
        return tracker

    return make
