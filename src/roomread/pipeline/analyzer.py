"""The pipeline, and the only place that knows the order of its stages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from roomread.classifier import ExpressionClassifier, FaceClassifier, ModelFile
from roomread.errors import ProfileError
from roomread.faces import CenterFace, FaceDetector, assess_quality, cut
from roomread.fewshot import Adapter, Profile, ProfileBinding
from roomread.fewshot.adapter import Adapted
from roomread.fewshot.profile import Observation
from roomread.media import Source, find_media, is_folder, open_source, read_image
from roomread.pipeline.moment import FrameMoment
from roomread.pipeline.prefetch import ahead
from roomread.readings import Face, Frame, Quality, Reading, Track
from roomread.tracking import FaceTracker, ScoreCache, ScoreSmoother, Tracker

Picture = str | Path | bytes | Image.Image | NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Cadence:
    """How often what is done in a video, seconds; 0 does it in every frame.

    Attributes:
        scan: between two glances at whole frames, every fourth of which is a full search; in
            between known faces are looked for where they were.
        look: between two looks at a known face; in between it moves on as before. A fast one is
            looked for in every frame.
        read: for which what was said of a face holds, a fraction of what an expression lasts (0.5
            to 4 s: Ekman 2003) and of the smoothing.
    """

    scan: float = 0.5
    look: float = 0.1
    read: float = 0.12


DEFAULT_CADENCE = Cadence()
EVERY_FRAME = Cadence(0, 0, 0)


class Said(NamedTuple):
    """What there is to say of a face; what is said of one that cannot be read is None."""

    quality: Quality
    adapted: Adapted | None


class Analyzer:
    """Finds the faces of a picture and reads their expressions.

    Make one and keep it: it holds the nets. `analyze` and each `stream` keep no state in it, so
    that one analyzer serves several threads and several videos at once.

    Args:
        detector: what finds faces; None for CenterFace.
        classifier: what reads them; None for the bundled model.
        smoothing: seconds over which a face's scores are averaged in a video; 0 for none.
        cadence: how often what is done in a video.
        profiles: people and states taught from a few pictures. A person's is used for the only
            face of a frame, or for one track: `ProfileBinding(profile, track_id=3)`; a state
            for every face.

    Raises:
        ProfileError: the profiles were taught with another net, or contradict each other.
    """

    def __init__(
        self,
        *,
        detector: FaceDetector | None = None,
        classifier: FaceClassifier | None = None,
        smoothing: float = 0.3,
        cadence: Cadence = DEFAULT_CADENCE,
        profiles: Sequence[Profile | ProfileBinding] = (),
    ) -> None:
        self.detector = detector if detector is not None else CenterFace()
        self.classifier = classifier if classifier is not None else ExpressionClassifier()
        self.smoothing = smoothing
        self.cadence = cadence
        self.profiles = tuple(
            use if isinstance(use, ProfileBinding) else ProfileBinding(use) for use in profiles
        )
        self._adapter = Adapter(self.profiles, self.model) if self.profiles else None

    @property
    def model(self) -> ModelFile:
        """The model file that reads the faces.

        Raises:
            ProfileError: the classifier is not one of a model file, whose features profiles need.
        """
        return self._of_model_file().model

    def with_profiles(self, profiles: Sequence[Profile | ProfileBinding]) -> Analyzer:
        """The same nets with other profiles; costs nothing.

        Raises:
            ProfileError: see `Analyzer`.
        """
        return Analyzer(
            detector=self.detector,
            classifier=self.classifier,
            smoothing=self.smoothing,
            cadence=self.cadence,
            profiles=profiles,
        )

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
        source: str | Path | bytes | Source | Iterable[Frame],
        *,
        every: float | None = None,
        overlap: bool | None = None,
    ) -> Iterator[FrameMoment]:
        """Yield a moment (`frame`, `time`, `readings`) for each frame of a source.

        Faces keep their number (`Reading.track_id`) and their scores are averaged over a moment,
        within one video; pictures are read one by one.

        Args:
            source: a picture, a folder, a video, a camera's number, a URL, an opened source, or
                frames.
            every: seconds from one analysed frame to the next; None for all. Of no effect on what
                is open already, and on frames.
            overlap: decode and search the next frames, in other threads, while one is read; they
                are not to be changed meanwhile. None: where the source is a video file.

        Raises:
            MediaError: the source cannot be read, or not to its end; what came before is good.
        """
        if isinstance(source, str | Path) and is_folder(source):
            for path in find_media(Path(source)):
                yield from self.stream(path, every=every, overlap=overlap)
        elif isinstance(source, str | Path | bytes):
            with open_source(source, every=every) as opened:
                yield from self.stream(opened, overlap=overlap)
        elif isinstance(source, Source) and source.is_picture:
            yield from (_moment(frame, self.analyze_frame(frame)) for frame in source)
        else:
            if overlap is None:
                # Of a camera the newest frame counts; others may use a frame's memory again.
                overlap = isinstance(source, Source) and not source.live
            yield from self._follow_ahead(source) if overlap else self._follow(source)

    def stream_analyzer(self) -> StreamAnalyzer:
        """Return a reader for the frames of one video, which are handed to it one by one."""
        return StreamAnalyzer(self)

    def _follow(self, frames: Iterable[Frame]) -> Iterator[FrameMoment]:
        reader = self.stream_analyzer()
        for frame in frames:
            yield _moment(frame, reader.update(frame))

    def _follow_ahead(self, frames: Iterable[Frame]) -> Iterator[FrameMoment]:
        """As `_follow`: the next frame is decoded and searched while one is read."""
        reader = self.stream_analyzer()
        with closing(ahead(frames)) as decoded:
            searched = ((frame, reader.find(frame)) for frame in decoded)
            with closing(ahead(searched)) as found:
                for frame, tracks in found:
                    yield _moment(frame, reader.read(frame, tracks))

    def read(
        self,
        frame: Frame,
        faces: list[Face],
        tracks: Sequence[int | None] | None = None,
        *,
        recent: ScoreCache[Said] | None = None,
    ) -> list[Reading]:
        """The readings of faces that are found already, in their order.

        Args:
            frame: the picture.
            faces: N of them.
            tracks: their N numbers in a video; None in a picture.
            recent: what was said of these tracks a moment ago; it is taken where it still holds.
        """
        tracks = tracks or [None] * len(faces)
        said = [
            recent.find(track, frame.time) if recent is not None and track is not None else None
            for track in tracks
        ]
        unread = [i for i, known in enumerate(said) if known is None]
        new = self._look(frame, [faces[i] for i in unread], [tracks[i] for i in unread], len(faces))
        for i, one in zip(unread, new, strict=True):
            said[i] = one
            track = tracks[i]
            if recent is not None and track is not None:
                recent.keep(track, one, frame.time)
        return [
            _reading(frame, face, track, one)
            for face, track, one in zip(faces, tracks, said, strict=True)
            if one is not None
        ]

    def _look(
        self, frame: Frame, faces: list[Face], tracks: Sequence[int | None], count: int
    ) -> list[Said]:
        """What there is to say of some faces of a frame that has `count` in all."""
        classifier = self.classifier
        crops = cut(frame.image, faces, classifier.framing, side=classifier.side)
        qualities = assess_quality(frame.image, faces, crops)
        readable = [i for i, quality in enumerate(qualities) if quality.reason is None]
        adapted = self._say(crops[readable], [tracks[i] for i in readable], faces=count)
        of = dict(zip(readable, adapted, strict=True))
        return [Said(quality, of.get(i)) for i, quality in enumerate(qualities)]

    def _say(
        self, crops: NDArray[np.uint8], tracks: Sequence[int | None], *, faces: int
    ) -> list[Adapted]:
        """What the net and the profiles say of crops, in a frame of so many faces."""
        classifier = self.classifier
        if self._adapter is None or not isinstance(classifier, ExpressionClassifier):
            return [Adapted(scores, (), None) for scores in classifier.classify(crops)]
        return self._adapter.adapt(classifier.predict(crops), tracks, faces=faces)

    def _of_model_file(self) -> ExpressionClassifier:
        if not isinstance(self.classifier, ExpressionClassifier):
            raise ProfileError(
                "profiles need a model file, and this classifier has none",
                hint="use ExpressionClassifier",
            )
        return self.classifier

    def observe(self, frame: Frame, faces: list[Face] | None = None) -> list[Observation]:
        """The faces of a frame with their features, for teaching.

        Args:
            frame: the picture.
            faces: those to look at; None for all that it shows, the largest first.

        Raises:
            ProfileError: the classifier is not one of a model file.
        """
        faces = self.detector.detect(frame.image) if faces is None else faces
        readings = self.read(frame, faces)
        classifier = self._of_model_file()
        crops = cut(frame.image, faces, classifier.framing, side=classifier.side)
        predictions = classifier.predict(crops)
        return [
            Observation(
                reading,
                predictions.features[i] if reading.scores is not None else None,
                predictions.logits[i] if reading.scores is not None else None,
            )
            for i, reading in enumerate(readings)
        ]


def _moment(frame: Frame, readings: list[Reading]) -> FrameMoment:
    return FrameMoment(frame.time, readings, frame=frame)


def _reading(frame: Frame, face: Face, track: int | None, said: Said) -> Reading:
    adapted = said.adapted
    return Reading(
        source=frame.source,
        time=frame.time,
        frame_index=frame.index,
        box=face.box,
        detection_confidence=face.detection_confidence,
        quality=said.quality,
        scores=adapted.scores if adapted is not None else None,
        track_id=track,
        person=adapted.person if adapted is not None else None,
        landmarks=face.landmarks,
        states=adapted.states if adapted is not None else (),
    )


class StreamAnalyzer:
    """Reads the frames of one video: the same face keeps its number, its scores are steady.

    One for each video or camera; not to be used by several threads at once.

    Args:
        analyzer: what finds and reads the faces; it may serve other streams meanwhile, and be
            replaced by one with other profiles between two frames.
    """

    def __init__(self, analyzer: Analyzer) -> None:
        self.analyzer = analyzer
        cadence = analyzer.cadence
        self._recent = ScoreCache[Said](max_age=cadence.read)
        self._recent_of = analyzer
        self._tracker: Tracker = FaceTracker(
            analyzer.detector, scan_interval=cadence.scan, look_interval=cadence.look
        )
        self._smoother = ScoreSmoother(time_constant=analyzer.smoothing)

    def update(self, frame: Frame) -> list[Reading]:
        """The readings of the next frame; its time is later than the last one's."""
        return self.read(frame, self.find(frame))

    def find(self, frame: Frame) -> list[Track]:
        """The first half of `update`: the faces, largest first. It does not wait for the second."""
        return self._tracker.update(frame)

    def read(self, frame: Frame, tracks: Sequence[Track]) -> list[Reading]:
        """The second half of `update`: the readings of what `find` found, frame by frame."""
        if self._recent_of is not self.analyzer:
            # Other profiles may say something else.
            self._recent.clear()
            self._recent_of = self.analyzer
        faces, numbers = [track.face for track in tracks], [track.id for track in tracks]
        readings = self.analyzer.read(frame, faces, numbers, recent=self._recent)
        return [self._smoother.update(reading) for reading in readings]


def analyze(picture: Picture) -> list[Reading]:
    """`Analyzer().analyze(picture)`, for a single picture; keep an `Analyzer` for more.

    Raises:
        MediaError: it cannot be read as a picture.
    """
    return Analyzer().analyze(picture)
