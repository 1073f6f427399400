"""Send readings to Lab Streaming Layer, for experiments that record several devices at once.

https://labstreaminglayer.readthedocs.io
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from roomread.errors import MissingExtraError
from roomread.readings import VALENCE, Expression, Frame, Reading
from roomread.readings.action_units import DESCRIPTIONS
from roomread.wire import FrameReadings, frame_to_dict
from roomread.wire.schema import POSE_NAMES

# The channels of a numeric sample: means over faces, then counts of faces.
CHANNELS = (
    *(each.display_name for each in Expression),
    "valence",
    *POSE_NAMES,
    *DESCRIPTIONS,
    "readable",
    "faces",
)
_UNITS = dict.fromkeys(POSE_NAMES, "degrees") | dict.fromkeys(("readable", "faces"), "count")


class LslSink:
    """Sink that sends two samples for each frame that is read, one to each of two streams.

    The first stream is numeric. Its samples have the mean scores of the readable faces, the valence
    of these means, the mean pose and action units of the faces that have them, and the numbers of
    readable faces and of all faces. A value that no face has is NaN. The second stream has markers:
    each is a frame with all its faces, as JSON in the schema of readings. The timestamps of both
    streams come from LSL's clock; the frame's own time is in the JSON.

    Args:
        name: The name of the numeric stream on the network. The name of the marker stream is this
            name followed by " faces".

    Raises:
        MissingExtraError: pylsl is not installed.
    """

    def __init__(self, name: str = "Roomread") -> None:
        if importlib.util.find_spec("pylsl") is None:
            raise MissingExtraError("Lab Streaming Layer", extra="lsl")
        import pylsl  # noqa: PLC0415 (an extra)

        info = pylsl.StreamInfo(name, "Expressions", len(CHANNELS), pylsl.IRREGULAR_RATE)
        channels = info.desc().append_child("channels")
        for label in CHANNELS:
            channel = channels.append_child("channel")
            channel.append_child_value("label", label)
            channel.append_child_value("unit", _UNITS.get(label, "normalized"))
        faces = pylsl.StreamInfo(
            f"{name} faces", "Markers", 1, pylsl.IRREGULAR_RATE, pylsl.cf_string
        )
        self._clock = pylsl.local_clock
        self._means: Any = pylsl.StreamOutlet(info)
        self._faces: Any = pylsl.StreamOutlet(faces)

    def add(self, frame: Frame, readings: Sequence[Reading]) -> None:
        """Send the two samples of one frame."""
        now = self._clock()
        self._means.push_sample(sample(readings), now)
        self._faces.push_sample([json.dumps(frame_to_dict(FrameReadings.of(frame, readings)))], now)

    def close(self) -> None:
        """Close both streams."""
        self._means = self._faces = None


def sample(readings: Sequence[Reading]) -> list[float]:
    """Return the values of one numeric sample in the order of `CHANNELS`."""
    scores = [each.scores.probabilities for each in readings if each.scores is not None]
    poses = [each.pose for each in readings if each.pose is not None]
    units = [each.action_units for each in readings if each.action_units is not None]
    expressions = [_mean([each[e] for each in scores]) for e in Expression]
    return [
        *expressions,
        float(VALENCE @ expressions),
        *(_mean([getattr(pose, name) for pose in poses]) for name in POSE_NAMES),
        *(_mean([each[name] for each in units if name in each]) for name in DESCRIPTIONS),
        float(len(scores)),
        float(len(readings)),
    ]


def _mean(values: Sequence[float]) -> float:
    """Return the mean of the values; NaN if there are no values."""
    return float(np.mean(values, dtype=np.float64)) if values else float("nan")
