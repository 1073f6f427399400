"""Roomread reads the facial expressions in a room.

from roomread import Analyzer

for reading in Analyzer().analyze("photo.jpg"):
    print(reading.expression, reading.box)
"""

import os

# ONNX Runtime's wheels keep a device's number and report to Microsoft unless this is set before
# they load (their Privacy.md, 1.31). Who sets it to 0 has chosen so.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

from roomread._version import __version__
from roomread.errors import RoomreadError
from roomread.pipeline import Analyzer, Moment, RoomPipeline, analyze
from roomread.readings import Expression, Face, Frame, Reading, Scores, Track
from roomread.room import RoomMood

__all__ = [
    "Analyzer",
    "Expression",
    "Face",
    "Frame",
    "Moment",
    "Reading",
    "RoomMood",
    "RoomPipeline",
    "RoomreadError",
    "Scores",
    "Track",
    "__version__",
    "analyze",
]
