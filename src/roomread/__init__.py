"""Roomread reads the facial expressions in a room.

    from roomread import Analyzer, analyze

    readings = analyze("photo.jpg")
    for moment in Analyzer().stream("class.mp4"):
        print(moment.time, [str(reading) for reading in moment.readings])

`analyze` reads pictures, and `Analyzer.stream` reads videos, cameras and streams. `RoomPipeline`
reads a room frame by frame and computes its mood.
"""

import os as _os

# The wheels of ONNX Runtime send telemetry with a device id to Microsoft unless this is set before
# they are loaded (Privacy.md of ONNX Runtime 1.31). A value set by the user is not changed.
_os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

from roomread._version import __version__
from roomread.errors import RoomreadError
from roomread.pipeline import Analyzer, Moment, Readings, RoomPipeline, analyze
from roomread.readings import Expression, Face, Frame, Reading, Scores, Track
from roomread.room import RoomMood

__all__ = [
    "Analyzer",
    "Expression",
    "Face",
    "Frame",
    "Moment",
    "Reading",
    "Readings",
    "RoomMood",
    "RoomPipeline",
    "RoomreadError",
    "Scores",
    "Track",
    "__version__",
    "analyze",
]

del _os


def __dir__() -> list[str]:
    # Importing a submodule sets it as an attribute here; completion shows the public names alone.
    dunders = [name for name in globals() if name.startswith("__") and name.endswith("__")]
    return sorted({*__all__, *dunders})
