"""Looks at whole frames of a video where that is needed, and elsewhere where faces were."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from roomread.faces.detector import SAME_FACE, FaceDetector, NearDetector, largest_first
from roomread.readings import Box, Face, Frame

# A frame is compared with the one before at so many places a side, to see a cut.
_GRID = 24
# Mean difference of brightness, 0..255, from which two frames are of different scenes. Hands and
# heads move 1 to 10 in a webcam's picture, a cut from one person to another is over 40.
_CUT = 30.0
# Of those who were lost so many are looked for; a long recording loses ever more.
_MOST_MISSING = 8
# Every so many searches of a whole frame one misses no small face.
_FULL = 4
# Of one who moves faster, in sizes a second, nobody knows where that will be in a tenth of one.
_FAST = 1.0


def stagger(track_id: int) -> float:
    """A track's turn among others, 0..1: the golden ratio spreads any run of numbers evenly."""
    return track_id * 0.618034 % 1


@dataclass(frozen=True, slots=True, eq=False)
class Expected:
    """A face of the frame before.

    Attributes:
        track_id: its number.
        face: as it should be in this frame.
        seen: the time of the frame that it was found in last, s.
        speed: its sizes a second.
    """

    track_id: int
    face: Face
    seen: float
    speed: float


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """The faces of a frame.

    Attributes:
        faces: that were found, the largest first.
        there: the numbers of tracks that were not looked for, and should be where they were
            expected.
    """

    faces: list[Face]
    there: list[int] = field(default_factory=list)


class VideoDetector:
    """Finds the faces of a video's frames, one frame after another.

    A whole frame is searched where no face is known, at a cut, and where a known face is not found
    again. Else only the surroundings of known faces are, and where others were lost, and every
    `every` seconds there is a glance at the whole frame, every fourth time a full search: whoever
    comes in elsewhere is found at most `every` seconds later, and a small face at most four times
    that. Known faces take turns, and are expected to move on in between; a fast one is looked for
    in every frame.

    Args:
        detector: what finds faces; one without `detect_near` searches every frame.
        every: seconds between two glances at whole frames; 0 searches every frame.
        turn: seconds between two looks at a face that does not move fast; 0 looks at all of them.

    Attributes:
        scans: how many whole frames were searched; glances do not count.
    """

    def __init__(self, detector: FaceDetector, *, every: float = 0.5, turn: float = 0.1) -> None:
        self.scans = 0
        self._detector = detector
        self._every = every
        self._turn = turn
        self._last = self._glanced = -math.inf
        self._sample: NDArray[np.int16] | None = None

    def find(
        self, frame: Frame, expected: Sequence[Expected], missing: Sequence[Box] = ()
    ) -> Found:
        """The faces of the next frame.

        Args:
            frame: later than the one before.
            expected: the faces of the frame before.
            missing: where others were seen last, the latest first, px.

        Raises:
            MediaError: the frame is not uint8 [H, W, 3].
        """
        cut = self._is_cut(frame.image)
        due = frame.time - self._last >= _FULL * self._every
        if isinstance(self._detector, NearDetector) and expected and not cut and not due:
            near = [one for one in expected if self._is_due(one, frame.time)]
            places = [*(one.face.box for one in near), *missing[:_MOST_MISSING]]
            found = self._detector.detect_near(frame.image, places)
            if None not in found[: len(near)]:
                looked_for = {one.track_id for one in near}
                there = [one for one in expected if one.track_id not in looked_for]
                known = [one.face for one in there]
                faces = _others([face for face in found if face is not None], known)
                if frame.time - self._glanced >= self._every:
                    self._glanced = frame.time
                    faces += _others(self._detector.detect_coarse(frame.image), known + faces)
                return Found(largest_first(faces), [one.track_id for one in there])
        self._last = self._glanced = frame.time
        self.scans += 1
        return Found(self._detector.detect(frame.image))

    def _is_due(self, one: Expected, time: float) -> bool:
        if one.speed > _FAST or not self._turn:
            return True
        # Each has a clock of its own, or all who were found together would be due together.
        turns, before = (now / self._turn + stagger(one.track_id) for now in (time, one.seen))
        return math.floor(turns) > math.floor(before)

    def _is_cut(self, image: NDArray[np.uint8]) -> bool:
        rows, columns = (np.linspace(0, n - 1, _GRID).astype(int) for n in image.shape[:2])
        sample = image[np.ix_(rows, columns)].mean(axis=-1).astype(np.int16)
        before, self._sample = self._sample, sample
        return before is not None and float(np.abs(sample - before).mean()) > _CUT


def _others(faces: list[Face], known: list[Face]) -> list[Face]:
    """Those that are none of the known."""
    if not faces or not known:
        return faces
    boxes, others = (np.array([face.box for face in each]) for each in (faces, known))
    low = np.maximum(boxes[:, np.newaxis, :2], others[:, :2])
    high = np.minimum(boxes[:, np.newaxis, 2:], others[:, 2:])
    common = np.prod(np.maximum(high - low, 0), axis=-1)
    areas, their = (np.prod(each[:, 2:] - each[:, :2], axis=1) for each in (boxes, others))
    same = common > SAME_FACE * (areas[:, np.newaxis] + their - common)
    return [face for face, is_known in zip(faces, same.any(axis=1), strict=True) if not is_known]
