"""The pipeline, and the only place that knows the order of its stages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from roomread.classifier import ExpressionClassifier, FaceClassifier
from roomread.faces import CenterFace, FaceDetector, Scanner, cut, judge
from roomread.media import find_media, is_folder, open_source, read_image
from roomread.readings import Face, Frame, Reading
from roomread.tracking import ScoreSmoother, Tracker

Picture = str | Path | bytes | Image.Image | NDArray[np.uint8]


class Analyzer:
    """Finds the faces of a picture and reads their expressions.

    Make one and keep it: it holds the nets. `analyze` and each `stream` keep no state in it, so
    that one analyzer serves several threads and several videos at once.

    Args:
        detector: what finds faces; None for CenterFace.
        classifier: what reads them; None for the bundled model.
        smoothing: seconds over which a face's scores are averaged in a video; 0 for none.
        scan_every: seconds between two searches of whole frames in a video; in between known faces
            are looked for where they were. 0 searches every frame whole.
    """

    def __init__(
        self,
        *,
        detector: FaceDetector | None = None,
        classifier: FaceClassifier | None = None,
        smoothing: float = 0.3,
        scan_every: float = 0.5,
    ) -> None:
        self.detector = detector if detector is not None else CenterFace()
        self.classifier = classifier if classifier is not None else ExpressionClassifier()
        self.smoothing = smoothing
        self.scan_every = scan_every

    def analyze(self, picture: Picture) -> list[Reading]:
        """The readings of one picture, largest face first; an empty list when it shows none.

        Args:
            picture: a path, encoded bytes, a Pillow image, or uint8 [H, W, 3] RGB
                ([H, W] grey and [H, W, 4] with alpha too).

        Raises:
            MediaError: it cannot be read as a picture.
        """
        name = str(picture) if isinstance(picture, str | Path) else "picture"
        return self.analyze_frame(Frame(read_image(picture), 0.0, 0, name))

    def analyze_frame(self, frame: Frame) -> list[Reading]:
        """The readings of one frame by itself, without track numbers; largest face first."""
        return self.read(frame, self.detector.detect(frame.image))

    def stream(
        self,
        source: str | Path | bytes | Iterable[Frame],
        *,
        every: float | None = None,
    ) -> Iterator[tuple[Frame, list[Reading]]]:
        """The frames of a source with their readings, as they come.

        Faces keep their number (`Reading.track`) and their scores are averaged over a moment,
        within one video; pictures are read one by one.

        Args:
            source: a picture, a folder, a video, a camera's number, a URL, or frames.
            every: seconds from one analysed frame to the next; None for all. Of no effect on
                frames passed in.

        Raises:
            MediaError: the source cannot be read, or not to its end; what came before is good.
        """
        if isinstance(source, str | Path) and is_folder(source):
            for path in find_media(Path(source)):
                yield from self.stream(path, every=every)
        elif isinstance(source, str | Path | bytes):
            with open_source(source, every=every) as frames:
                if frames.is_picture:
                    yield from ((frame, self.analyze_frame(frame)) for frame in frames)
                else:
                    yield from self._follow(frames)
        else:
            yield from self._follow(source)

    def follow(self) -> Follower:
        """What reads the frames of one video, one after another, as they are handed in."""
        return Follower(self)

    def _follow(self, frames: Iterable[Frame]) -> Iterator[tuple[Frame, list[Reading]]]:
        follower = self.follow()
        for frame in frames:
            yield frame, follower.update(frame)

    def read(self, frame: Frame, faces: list[Face]) -> list[Reading]:
        """The readings of faces that are found already, in their order."""
        classifier = self.classifier
        crops = cut(frame.image, faces, classifier.framing, side=classifier.side)
        qualities = judge(frame.image, faces, crops)
        readable = [i for i, quality in enumerate(qualities) if quality.reason is None]
        scores = dict(zip(readable, classifier.classify(crops[readable]), strict=True))
        return [
            Reading(
                source=frame.source,
                time=frame.time,
                frame=frame.index,
                box=face.box,
                detection=face.confidence,
                quality=quality,
                scores=scores.get(i),
                landmarks=face.landmarks,
            )
            for i, (face, quality) in enumerate(zip(faces, qualities, strict=True))
        ]


class Follower:
    """Reads the frames of one video: the same face keeps its number, its scores are steady.

    One for each video or camera; not to be used by several threads at once.

    Args:
        analyzer: what finds and reads the faces; it may serve other followers meanwhile.
    """

    def __init__(self, analyzer: Analyzer) -> None:
        self._analyzer = analyzer
        self._scanner = Scanner(analyzer.detector, every=analyzer.scan_every)
        self._tracker = Tracker()
        self._smoother = ScoreSmoother(time_constant=analyzer.smoothing)

    def update(self, frame: Frame) -> list[Reading]:
        """The readings of the next frame; its time is later than the last one's."""
        tracker = self._tracker
        faces = self._scanner.find(frame, tracker.expected(frame.time), tracker.missing())
        tracks = self._tracker.update(faces, frame.time)
        readings = self._analyzer.read(frame, faces)
        return [
            self._smoother.update(replace(reading, track=track.id))
            for reading, track in zip(readings, tracks, strict=True)
        ]


def analyze(picture: Picture) -> list[Reading]:
    """`Analyzer().analyze(picture)`, for a single picture; keep an `Analyzer` for more.

    Raises:
        MediaError: it cannot be read as a picture.
    """
    return Analyzer().analyze(picture)
