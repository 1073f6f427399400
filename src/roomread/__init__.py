"""Roomread reads the facial expressions in a room.

from roomread import Analyzer

for reading in Analyzer().analyze("photo.jpg"):
    print(reading.label, reading.box)
"""

from roomread._version import __version__
from roomread.analyzer import Analyzer, analyze
from roomread.errors import RoomreadError
from roomread.readings import Expression, Face, Frame, Reading, Scores, Track
from roomread.room import RoomMood

__all__ = [
    "Analyzer",
    "Expression",
    "Face",
    "Frame",
    "Reading",
    "RoomMood",
    "RoomreadError",
    "Scores",
    "Track",
    "__version__",
    "analyze",
]
