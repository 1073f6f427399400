"""The basic types of the package: frames, faces, scores and readings.

Boxes and landmarks are in pixels of the upright picture, origin at its top left corner, x to the
right and y down. Times are seconds from the start of the source. Colour is RGB everywhere.
"""

from roomread.geometry import Box
from roomread.readings.expressions import VALENCE, Expression, percent
from roomread.readings.faces import CropGeometry, Face, Frame, Track
from roomread.readings.reading import (
    EyeActivity,
    NoPicture,
    Pose,
    Quality,
    Reading,
    Scores,
    StateScore,
    Unreadable,
)

__all__ = [
    "VALENCE",
    "Box",
    "CropGeometry",
    "Expression",
    "EyeActivity",
    "Face",
    "Frame",
    "NoPicture",
    "Pose",
    "Quality",
    "Reading",
    "Scores",
    "StateScore",
    "Track",
    "Unreadable",
    "percent",
]
