"""Match the faces of a frame to the tracks of earlier frames by place, size and time."""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import lap
import numpy as np
from numpy.typing import NDArray

from roomread.readings import Box, Face, Track

# Maximum distance of a face from its prediction, in face sizes. A quick nod at 10 frames a second
# moves a face by half its size; the neighbour in a call grid is two face sizes away.
_REACH = 0.8
# Growth of that maximum with the time since the face was last seen, face sizes per second.
_REACH_GROWTH = 0.6
_MAX_REACH = 1.6
# Predictions further ahead than this are not reliable, s.
_MAX_PREDICTION = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class Expected:
    """The predicted position of a known face in the next frame.

    Attributes:
        track_id: the id of the face's track.
        face: the face at its predicted position.
        last_seen: the time of the last frame in which the face was found, s.
        speed: the speed of the face, face sizes per second.
    """

    track_id: int
    face: Face
    last_seen: float
    speed: float


@dataclass(slots=True)
class _Memory:
    """The state of one track between frames."""

    id: int
    face: Face
    velocity: tuple[float, float]
    first_seen: float
    last_seen: float
    # Time of the last frame in which the face was found or assumed, s.
    present: float

    def predicted(self, time: float) -> tuple[float, float, float]:
        """Return the centre (x, y) and the size, px, expected at `time`."""
        x, y = self.face.box.center
        ahead = min(time - self.last_seen, _MAX_PREDICTION)
        return x + self.velocity[0] * ahead, y + self.velocity[1] * ahead, _size(self.face.box)

    def expected(self, time: float) -> Expected:
        """Return the face at its predicted position at `time`."""
        x, y, size = self.predicted(time)
        x0, y0 = self.face.box.center
        shift = x - x0, y - y0
        points = self.face.landmarks
        if points is not None:
            points = points + np.array(shift, dtype=np.float32)
        face = Face(self.face.box.moved(*shift), points, self.face.detection_confidence)
        return Expected(self.id, face, self.last_seen, math.hypot(*self.velocity) / size)

    def reach(self, time: float) -> float:
        """Return the maximum distance of a matching face from the prediction, in face sizes."""
        return min(_REACH + _REACH_GROWTH * (time - self.last_seen), _MAX_REACH)

    def see(self, face: Face, time: float) -> None:
        """Update the state with the face found at `time`."""
        gap = time - self.last_seen
        if 0 < gap <= _MAX_PREDICTION:
            (x0, y0), (x1, y1) = self.face.box.center, face.box.center
            vx, vy = self.velocity
            # Half old, half new: detectors jitter by a few per cent of a face from frame to frame.
            self.velocity = (0.5 * vx + 0.5 * (x1 - x0) / gap, 0.5 * vy + 0.5 * (y1 - y0) / gap)
        else:
            self.velocity = (0.0, 0.0)
        self.face, self.last_seen, self.present = face, time, time


def _size(box: Box) -> float:
    return math.sqrt(max(box.area, 1.0))


class TrackMatcher:
    """A matcher that gives each face of a video a lasting id.

    Recently seen tracks are matched first, then tracks that have been away. Both times, the sum of
    the distances between faces and predictions is minimised (Jonker and Volgenant 1987). A face is
    not recognised: a person who comes back elsewhere in the picture gets a new id.

    Args:
        max_gap: seconds without being found after which a track counts as away.
        memory: seconds for which the place of a track that is away is kept.
    """

    def __init__(self, *, max_gap: float = 1.0, memory: float = 60.0) -> None:
        self.max_gap = max_gap
        self.memory = memory
        self._ids = itertools.count(1)
        self._known: list[_Memory] = []
        self._updated = -math.inf

    def update(
        self, faces: Sequence[Face], time: float, *, carried: Collection[int] = ()
    ) -> list[Track]:
        """Return the tracks of `faces`, in their order, followed by the carried tracks.

        Args:
            faces: the faces found in a frame.
            time: the frame's time, s; must not decrease.
            carried: ids of tracks whose faces were not searched for in this frame; each of these
                faces is assumed to be at its predicted position.

        Raises:
            ValueError: `time` is earlier than in a previous call.
        """
        if any(time < known.present for known in self._known):
            raise ValueError(f"the time {time} s is before that of the previous frame")
        self._known = [k for k in self._known if time - k.last_seen <= self.memory]
        self._updated = time
        owners: dict[int, _Memory] = {}
        assumed = [k for k in self._known if k.id in carried]
        for known in assumed:
            known.present = time
        recent = [
            k for k in self._known if time - k.last_seen <= self.max_gap and k.id not in carried
        ]
        away = [k for k in self._known if time - k.last_seen > self.max_gap]
        for known in away:
            # A face is expected back where it was last seen, not further along its path.
            known.velocity = (0.0, 0.0)
        for candidates in (recent, away):
            free = [i for i in range(len(faces)) if i not in owners]
            owners |= _assign(candidates, faces, free, time)
        tracks = [self._track(face, owners.get(i), time) for i, face in enumerate(faces)]
        return tracks + [
            Track(k.id, k.expected(time).face, time - k.first_seen, k.last_seen) for k in assumed
        ]

    def end_tracks(self) -> None:
        """Forget every face; assigned ids are not reused."""
        self._known = []

    def expected(self, time: float) -> list[Expected]:
        """Return each face of the last update at its predicted position at `time`."""
        return [known.expected(time) for known in self._known if known.present == self._updated]

    def missing(self) -> list[Face]:
        """Return the last known faces of tracks that are lost, most recently seen first."""
        lost = [known for known in self._known if known.present < self._updated]
        return [known.face for known in sorted(lost, key=lambda k: k.last_seen, reverse=True)]

    def _track(self, face: Face, owner: _Memory | None, time: float) -> Track:
        if owner is None:
            owner = _Memory(next(self._ids), face, (0.0, 0.0), time, time, time)
            self._known.append(owner)
        else:
            owner.see(face, time)
        return Track(owner.id, face, time - owner.first_seen, time)


def _assign(
    known: list[_Memory], faces: Sequence[Face], free: list[int], time: float
) -> dict[int, _Memory]:
    """Return the track matched to each `free` face, by the face's index in `faces`.

    Faces that are too far from every track are left out.
    """
    if not known or not free:
        return {}
    _, column_of, _ = lap.lapjv(
        _distances(known, [faces[i] for i in free], time), extend_cost=True, cost_limit=1.0
    )
    return {free[column]: known[row] for row, column in enumerate(column_of) if column >= 0}


def _distances(known: list[_Memory], faces: list[Face], time: float) -> NDArray[np.float64]:
    """Return the distance of each face from each prediction, float64 [len(known), len(faces)].

    The distance is measured in multiples of the track's `reach`, and 0.5 is added if the face is
    twice or half as large as predicted. A face and a track with a distance over 1 are not matched.
    """
    x, y, size = np.array([k.predicted(time) for k in known]).T[..., np.newaxis]
    reach = np.array([[k.reach(time)] for k in known])
    centers = np.array([face.box.center for face in faces])
    sizes = np.array([_size(face.box) for face in faces])
    away = np.hypot(centers[:, 0] - x, centers[:, 1] - y) / np.maximum(sizes, size)
    cost: NDArray[np.float64] = away / reach + 0.5 * np.abs(np.log2(sizes / size))
    return cost
