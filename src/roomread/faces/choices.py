"""Make a face detector by its name: a built-in one or that of a plug-in."""

from __future__ import annotations

from roomread.faces.centerface import CenterFace
from roomread.faces.detector import FaceDetector
from roomread.faces.haar import Haar
from roomread.plugins import PluginKind, require_plugin
from roomread.runtime import Device

# The built-in detectors; a plug-in of the same name is not used.
DEFAULT, HAAR = "default", "haar"
BUILT_IN = [DEFAULT, HAAR]


def make_detector(
    name: str = DEFAULT,
    *,
    min_face: float | None = None,
    threads: int | None = None,
    device: Device = Device.CPU,
) -> FaceDetector:
    """Load a detector.

    Args:
        name: "default" (CenterFace), "haar", or the name of a plug-in.
        min_face: The smallest wanted face, px; None for the detector's own. A plug-in is called
            with `min_face` only if it is given.
        threads: The number of threads for one picture, of the default detector.
        device: The device of the default detector.

    Raises:
        PluginError: There is no such detector, or the plug-in does not work.
        MissingExtraError: The detector is "haar", and its extra is not installed.
        ValueError: `min_face` is not more than 0.
    """
    if name == DEFAULT:
        return CenterFace(min_face=min_face, threads=threads, device=device)
    if name == HAAR:
        return Haar() if min_face is None else Haar(min_face=min_face)
    plugin = require_plugin(PluginKind.DETECTOR, name, BUILT_IN)
    detector: FaceDetector = plugin.make(
        lambda factory: factory() if min_face is None else factory(min_face=min_face)
    )
    return detector
