"""Make a face detector by name, either a built-in one or a plug-in's."""

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
    """Return a new face detector by name.

    Args:
        name: "default" (CenterFace), "haar", or the name of a plug-in.
        min_face: The longer side of the smallest face to find, px; None for the detector's own
            limit. `min_face` is passed to a plug-in only if it is not None.
        threads: The number of threads that the default detector uses for one picture; None for
            one per processor, at most four.
        device: The device on which the default detector computes.

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
