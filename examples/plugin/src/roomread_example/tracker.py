"""Example of a tracker as a plug-in: a face gets the id of the nearest face in the last frame."""

from __future__ import annotations

import itertools
import math

from roomread.faces import FaceDetector
from roomread.readings import Face, Frame, Track

# The maximum distance that a face may move between two frames, as a multiple of its box's height.
REACH = 0.5


class Nearest:
    """Tracker that matches faces by distance; a face that is missed in one frame gets a new id.

    Args:
        detector: the detector that finds the faces of each frame.
    """

    def __init__(self, detector: FaceDetector) -> None:
        self._detector = detector
        self._ids = itertools.count(1)
        self._tracks: list[tuple[int, Face, float]] = []
        self._time = -math.inf

    def update(self, frame: Frame) -> list[Track]:
        """Return the tracks of the faces in the next frame, largest face first."""
        if frame.time < self._time:
            raise ValueError(f"time runs backwards, from {self._time} to {frame.time}")
        known = [] if frame.discontinuity else list(self._tracks)
        faces = self._detector.detect(frame.image)
        self._time = frame.time
        self._tracks = [self._track(face, known) for face in faces]
        return [
            Track(track_id, face, age=frame.time - start, last_seen=frame.time)
            for track_id, face, start in self._tracks
        ]

    def _track(self, face: Face, known: list[tuple[int, Face, float]]) -> tuple[int, Face, float]:
        """Return the id, the face and the start time of a track.

        A face of the last frame is removed from `known` once it is matched.
        """
        near = min(known, key=lambda each: _distance(each[1], face), default=None)
        if near is None or _distance(near[1], face) > REACH * face.box.height:
            return next(self._ids), face, self._time
        known.remove(near)
        return near[0], face, near[2]


def _distance(one: Face, other: Face) -> float:
    return math.dist(one.box.center, other.box.center)
