"""Frames of a source, and the faces that are found and tracked in them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from roomread.geometry import Box
from roomread.readings.equality import ComparedByValue


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture of a source.

    Frames are compared by identity, because comparing pixels is expensive.

    Attributes:
        image: uint8 [H, W, 3], RGB, upright. It must not be written to: draw on a copy.
        time: seconds from the start of the source.
        index: position of the frame in its source, from 0.
        source: name of the file, camera or stream.
        discontinuity: whether the source restarts here (its clock jumps, or its size or
            orientation changes); no face is followed from earlier frames.
        notes: sentences on what is ignored in the picture's file, such as further pictures; empty
            for videos.
    """

    image: NDArray[np.uint8]
    time: float
    index: int
    source: str
    discontinuity: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Face(ComparedByValue):
    """One face that a detector found.

    Attributes:
        box: box of the face from forehead to chin, px; may reach beyond the picture.
        landmarks: float32 [5, 2], the (x, y) of five points in px. Their order is the eye on the
            picture's left, the eye on its right, the nose, and the left and the right corner of the
            mouth. None if the detector finds no landmarks.
        detection_confidence: probability of a face at this place, estimated by the detector, 0..1.
    """

    box: Box
    landmarks: NDArray[np.float32] | None
    detection_confidence: float


@dataclass(frozen=True, slots=True)
class CropGeometry:
    """The square crop of a face that a net expects, relative to the face's box.

    The values are measured on the training pictures of the net and stored in its model file.

    Attributes:
        side: side of the square, as a multiple of the box's height.
        shift: distance of the square's centre below the box's centre, as a fraction of the box's
            height.
    """

    side: float
    shift: float


@dataclass(frozen=True, slots=True, eq=False)
class Track(ComparedByValue):
    """A face that is followed from frame to frame.

    Attributes:
        id: id of the track, from 1, unique within its source and never reused.
        face: the face in this frame.
        age: seconds since the track began.
        last_seen: time of the frame in which the face was last detected, s.
    """

    id: int
    face: Face
    age: float
    last_seen: float
