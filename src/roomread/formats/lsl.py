"""Send readings to Lab Streaming Layer, for experiments that record several devices at once.

https://labstreaminglayer.readthedocs.io
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from typing import Any

import numpy as np

from roomread.errors import MissingExtraError
from roomread.readings import VALENCE, Expression, Frame, Reading

# The channels of a sample: means over the readable faces, then counts of faces.
CHANNELS = (*(each.display_name for each in Expression), "valence", "readable", "faces")


class LslSink:
    """Sends one sample for each frame, when it was read.

    A sample has the mean scores of the readable faces, the valence of that mean, and the numbers
    of readable and of all faces. Scores and valence are NaN where no face is readable. A frame's
    own time is not sent: LSL stamps samples with the clock that all its streams share.

    Args:
        name: The stream's name on the network.

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
            channels.append_child("channel").append_child_value("label", label)
        self._outlet: Any = pylsl.StreamOutlet(info)

    def add(self, _frame: Frame, readings: Sequence[Reading]) -> None:
        """Send one frame's sample."""
        self._outlet.push_sample(sample(readings))

    def close(self) -> None:
        """End the stream."""
        self._outlet = None


def sample(readings: Sequence[Reading]) -> list[float]:
    """Return the values of one sample in the order of `CHANNELS`."""
    probabilities = [each.scores.probabilities for each in readings if each.scores is not None]
    counts = [float(len(probabilities)), float(len(readings))]
    if not probabilities:
        return [float("nan")] * (len(CHANNELS) - len(counts)) + counts
    mean = np.mean(np.array(probabilities, dtype=np.float64), axis=0)
    return [*mean.tolist(), float(VALENCE @ mean), *counts]
