"""Read the frames of one video, one after another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from roomread.classifier import Prediction
from roomread.faces import FaceDetector
from roomread.pipeline.face_reader import FaceReader
from roomread.readings import Frame, Reading, Track
from roomread.room.eyes import EyeMeter
from roomread.tracking import FaceTracker, ScoreCache, ScoreSmoother, Tracker


@dataclass(frozen=True, slots=True)
class Cadence:
    """The intervals at which the stages of reading a video run, seconds; 0 for every frame.

    Attributes:
        scan: The time between two searches of a whole frame. Every fourth search is a full search;
            the other three are coarse. In the frames between them, faces are searched for only near
            their last positions.
        look: The time between two searches for one known face. In the frames between them, the face
            is assumed to move at constant speed; a fast face is searched for in every frame.
        read: The time for which the prediction of a face is reused. It is short compared with the
            duration of an expression (0.5 to 4 s: Ekman 2003) and with the smoothing.
    """

    scan: float = 0.5
    look: float = 0.1
    read: float = 0.12


DEFAULT_CADENCE = Cadence()
# The time over which the scores of a face in a video are averaged, s.
DEFAULT_SMOOTHING = 0.3
EVERY_FRAME = Cadence(0, 0, 0)


class StreamAnalyzer:
    """A reader of one video's frames that adds track ids, smoothed scores and eye activity.

    Make an analyzer for each video or camera (`Analyzer.stream_analyzer`). It must not be used by
    several threads at once, except that one thread may call `find` while another calls `read`.

    Args:
        detector: The detector that finds faces; it may be shared.
        reader: The stage that reads faces; it may be shared. Between two frames it may be exchanged
            for a reader with other profiles.
        smoothing: The time over which a face's scores are averaged, seconds; 0 for no smoothing.
        cadence: How often each stage runs.
        tracker: The tracker that follows the faces; None for a `FaceTracker` with the detector.

    Attributes:
        reader: The stage that reads the faces of the next frame; see the argument `reader`.
    """

    def __init__(
        self,
        detector: FaceDetector,
        reader: FaceReader,
        *,
        smoothing: float = DEFAULT_SMOOTHING,
        cadence: Cadence = DEFAULT_CADENCE,
        tracker: Tracker | None = None,
    ) -> None:
        self.reader = reader
        self._tracker: Tracker = tracker or FaceTracker(
            detector, scan_interval=cadence.scan, look_interval=cadence.look
        )
        self._cache = ScoreCache[Prediction](max_age=cadence.read)
        self._cached_by = reader
        self._smoother = ScoreSmoother(time_constant=smoothing)
        self._eyes = EyeMeter()

    def update(self, frame: Frame) -> list[Reading]:
        """Return the readings of the next frame, largest face first.

        Args:
            frame: The frame; its time is later than the previous frame's.
        """
        return self.read(frame, self.find(frame))

    def find(self, frame: Frame) -> list[Track]:
        """Return the faces of the next frame, largest first: the first half of `update`.

        The result does not depend on `read`, so `find` may be called for later frames before `read`
        is called for this frame.
        """
        return self._tracker.update(frame)

    def read(self, frame: Frame, tracks: Sequence[Track]) -> list[Reading]:
        """Return the readings of the faces that `find` returned: the second half of `update`."""
        if self._cached_by is not self.reader:
            # Predictions depend on the profiles, so a change of profiles clears the cache.
            self._cache.clear()
            self._cached_by = self.reader
        faces, track_ids = [track.face for track in tracks], [track.id for track in tracks]
        readings = self.reader.read(frame, faces, track_ids, cache=self._cache)
        return [self._eyes.update(self._smoother.update(reading)) for reading in readings]
