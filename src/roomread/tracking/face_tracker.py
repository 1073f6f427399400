"""The default tracker: searches whole frames when needed, and otherwise only near known faces."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from roomread.faces.detector import SAME_FACE, FaceDetector, NearDetector, largest_first
from roomread.geometry import iou
from roomread.readings import Face, Frame, Track
from roomread.tracking.matching import Expected, TrackMatcher
from roomread.tracking.schedule import CutDetector, is_due

# Maximum number of lost faces that are searched for in one frame; a long video loses many.
_MOST_MISSING = 8
# Every fourth search of a whole frame is a full one, which finds small faces too.
_FULL = 4
# Speed above which the position of a face cannot be predicted, face sizes per second.
_FAST = 1.0


class _Detected(NamedTuple):
    """The result of searching a frame for faces.

    Attributes:
        faces: the faces found.
        carried: ids of tracks whose faces were not searched for in this frame; each of these faces
            is assumed to be at its predicted position.
    """

    faces: list[Face]
    carried: frozenset[int]


class FaceTracker:
    """The default tracker of the faces of one video; see `Tracker`.

    A frame is searched in one of two ways:

    - The whole frame is searched if no face is known, after a cut, if a known face is not found
      again, and every `4 * scan_interval` seconds.
    - Otherwise only the surroundings of known and recently lost faces are searched, and every
      `scan_interval` seconds the whole frame at a coarse resolution.

    A new face is therefore found within `scan_interval` seconds, and a small new face within
    `4 * scan_interval` seconds. Known faces take turns: each is searched for every `look_interval`
    seconds and assumed to move at constant speed in between. A fast face is searched for in every
    frame.

    Args:
        detector: finds the faces. If it is not a `NearDetector`, every frame is searched whole.
        scan_interval: seconds between two searches of a whole frame; 0 searches every frame whole.
        look_interval: seconds between two searches for a known face that does not move fast; 0
            searches for every known face in every frame.

    Attributes:
        full_searches: the number of searches of whole frames so far, except the coarse searches.
    """

    def __init__(
        self, detector: FaceDetector, *, scan_interval: float = 0.5, look_interval: float = 0.1
    ) -> None:
        self.full_searches = 0
        self._detector = detector
        self._scan_interval = scan_interval
        self._look_interval = look_interval
        self._last_full = self._last_scan = self._last_turned = -math.inf
        self._cuts = CutDetector()
        self._matcher = TrackMatcher()
        self._shape: tuple[int, ...] | None = None

    def update(self, frame: Frame) -> list[Track]:
        """Return the faces of the next frame, largest first; see `Tracker.update`.

        If the size of the frame differs from the previous frame's, all tracks end, as at a
        discontinuity.
        """
        if frame.discontinuity or self._shape not in (None, frame.image.shape):
            self._matcher.end_tracks()
            self._cuts = CutDetector()
            # The new scene may show turned faces, so search for them at once.
            self._last_turned = -math.inf
        self._shape = frame.image.shape
        known = self._matcher.expected(frame.time)
        cut = self._cuts.update(frame.image)
        due = frame.time - self._last_full >= _FULL * self._scan_interval
        detected = None
        if known and not cut and not due and isinstance(self._detector, NearDetector):
            detected = self._search_near(self._detector, frame, known)
        if detected is None:
            detected = self._search_whole(frame)
        tracks = self._matcher.update(detected.faces, frame.time, carried=detected.carried)
        return sorted(tracks, key=lambda track: track.face.box.area, reverse=True)

    def _search_whole(self, frame: Frame) -> _Detected:
        """Search a whole frame; every `4 * scan_interval` seconds, also for faces in any rotation.

        Only a `NearDetector` can omit rotated faces; any other detector is used in full each time.
        """
        self.full_searches += 1
        detector = self._detector
        turned_due = frame.time - self._last_turned >= _FULL * self._scan_interval
        if isinstance(detector, NearDetector) and not turned_due:
            faces = detector.detect_upright(frame.image)
        else:
            self._last_turned = frame.time
            faces = detector.detect(frame.image)
        self._last_full = self._last_scan = frame.time
        return _Detected(faces, frozenset())

    def _search_near(
        self, detector: NearDetector, frame: Frame, known: Sequence[Expected]
    ) -> _Detected | None:
        """Search the surroundings of known and lost faces; return None if a known face is missing.

        Every `scan_interval` seconds, the whole frame is also searched at a coarse resolution.
        """
        sought = [one for one in known if self._is_sought(one, frame.time)]
        missing = self._matcher.missing()[:_MOST_MISSING]
        found = detector.detect_near(frame.image, [*(one.face for one in sought), *missing])
        if None in found[: len(sought)]:
            return None
        carried = frozenset(one.track_id for one in known) - {one.track_id for one in sought}
        assumed = [one.face for one in known if one.track_id in carried]
        faces = _not_among(assumed, [face for face in found if face is not None])
        if frame.time - self._last_scan >= self._scan_interval:
            self._last_scan = frame.time
            faces += _not_among(assumed + faces, detector.detect_coarse(frame.image))
        return _Detected(largest_first(faces), carried)

    def _is_sought(self, one: Expected, time: float) -> bool:
        period = self._look_interval
        return one.speed > _FAST or is_due(
            one.track_id, last=one.last_seen, time=time, period=period
        )


def _not_among(known: list[Face], faces: list[Face]) -> list[Face]:
    """Return the faces that do not overlap a known face."""
    if not faces or not known:
        return faces
    boxes, others = (np.array([face.box for face in each]) for each in (faces, known))
    same: NDArray[np.bool_] = np.any(iou(boxes, others) > SAME_FACE, axis=1)
    return [face for face, is_known in zip(faces, same, strict=True) if not is_known]
