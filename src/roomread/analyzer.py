"""The pipeline, and the only place that knows the order of its stages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from roomread.classifier import ExpressionClassifier, FaceClassifier, ModelFile
from roomread.errors import ProfileError
from roomread.faces import CenterFace, FaceDetector, Scanner, cut, judge
from roomread.fewshot import Adapter, Profile, Use
from roomread.fewshot.adapter import Adapted
from roomread.fewshot.profile import Observation
from roomread.media import find_media, is_folder, open_source, read_image
from roomread.readings import Face, Frame, Reading
from roomread.tracking import Recent, ScoreSmoother, Tracker

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
        reread_every: seconds for which a face's scores in a video hold, a fraction of what an
            expression lasts (0.5 to 4 s: Ekman 2003) and of `smoothing`. 0 reads every face of
            every frame.
        profiles: people and states taught from a few pictures. A person's is used for the only
            face of a frame, or for one track: `Use(profile, track=3)`; a state for every face.

    Raises:
        ProfileError: the profiles were taught with another net, or contradict each other.
    """

    def __init__(
        self,
        *,
        detector: FaceDetector | None = None,
        classifier: FaceClassifier | None = None,
        smoothing: float = 0.3,
        scan_every: float = 0.5,
        reread_every: float = 0.12,
        profiles: Sequence[Profile | Use] = (),
    ) -> None:
        self.detector = detector if detector is not None else CenterFace()
        self.classifier = classifier if classifier is not None else ExpressionClassifier()
        self.smoothing = smoothing
        self.scan_every = scan_every
        self.reread_every = reread_every
        self.profiles = tuple(use if isinstance(use, Use) else Use(use) for use in profiles)
        self._adapter = Adapter(self.profiles, self.model) if self.profiles else None

    @property
    def model(self) -> ModelFile:
        """The model file that reads the faces.

        Raises:
            ProfileError: the classifier is not one of a model file, whose features profiles need.
        """
        if not isinstance(self.classifier, ExpressionClassifier):
            raise ProfileError(
                "profiles need a model file, and this classifier has none",
                hint="use ExpressionClassifier",
            )
        return self.classifier.model

    def with_profiles(self, profiles: Sequence[Profile | Use]) -> Analyzer:
        """The same nets with other profiles; costs nothing.

        Raises:
            ProfileError: see `Analyzer`.
        """
        return Analyzer(
            detector=self.detector,
            classifier=self.classifier,
            smoothing=self.smoothing,
            scan_every=self.scan_every,
            reread_every=self.reread_every,
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

    def read(
        self,
        frame: Frame,
        faces: list[Face],
        tracks: Sequence[int | None] | None = None,
        *,
        recent: Recent[Adapted] | None = None,
    ) -> list[Reading]:
        """The readings of faces that are found already, in their order.

        Args:
            frame: the picture.
            faces: N of them.
            tracks: their N numbers in a video; None in a picture.
            recent: what was said of these tracks a moment ago; it is taken where it still holds.
        """
        classifier, tracks = self.classifier, tracks or [None] * len(faces)
        crops = cut(frame.image, faces, classifier.framing, side=classifier.side)
        qualities = judge(frame.image, faces, crops)
        said: dict[int, Adapted] = {}
        unread = []
        for i, (quality, track) in enumerate(zip(qualities, tracks, strict=True)):
            if quality.reason is not None:
                continue
            known = None
            if recent is not None and track is not None:
                known = recent.find(track, frame.time)
            if known is not None:
                said[i] = known
            else:
                unread.append(i)
        new = self._say(crops[unread], [tracks[i] for i in unread], faces=len(faces))
        for i, adapted in zip(unread, new, strict=True):
            said[i] = adapted
            track = tracks[i]
            if recent is not None and track is not None:
                recent.keep(track, adapted, frame.time)
        return [
            Reading(
                source=frame.source,
                time=frame.time,
                frame=frame.index,
                box=face.box,
                detection=face.confidence,
                quality=quality,
                scores=said[i].scores if i in said else None,
                track=track,
                participant=said[i].person if i in said else None,
                landmarks=face.landmarks,
                states=said[i].states if i in said else (),
            )
            for i, (face, quality, track) in enumerate(zip(faces, qualities, tracks, strict=True))
        ]

    def _say(
        self, crops: NDArray[np.uint8], tracks: Sequence[int | None], *, faces: int
    ) -> list[Adapted]:
        """What the net and the profiles say of crops, in a frame of so many faces."""
        classifier = self.classifier
        if self._adapter is None or not isinstance(classifier, ExpressionClassifier):
            return [Adapted(scores, (), None) for scores in classifier.classify(crops)]
        return self._adapter.adapt(classifier.predict(crops), tracks, faces=faces)

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
        classifier = ExpressionClassifier(self.model)
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


class Follower:
    """Reads the frames of one video: the same face keeps its number, its scores are steady.

    One for each video or camera; not to be used by several threads at once.

    Args:
        analyzer: what finds and reads the faces; it may serve other followers meanwhile, and be
            replaced by one with other profiles between two frames.
    """

    def __init__(self, analyzer: Analyzer) -> None:
        self.analyzer = analyzer
        self._scanner = Scanner(analyzer.detector, every=analyzer.scan_every)
        self._recent = Recent[Adapted](max_age=analyzer.reread_every)
        self._recent_of = analyzer
        self._tracker = Tracker()
        self._smoother = ScoreSmoother(time_constant=analyzer.smoothing)

    def update(self, frame: Frame) -> list[Reading]:
        """The readings of the next frame; its time is later than the last one's."""
        tracker = self._tracker
        faces = self._scanner.find(frame, tracker.expected(frame.time), tracker.missing())
        tracks = self._tracker.update(faces, frame.time)
        if self._recent_of is not self.analyzer:
            # Other profiles may say something else.
            self._recent.clear()
            self._recent_of = self.analyzer
        numbers = [track.id for track in tracks]
        readings = self.analyzer.read(frame, faces, numbers, recent=self._recent)
        return [self._smoother.update(reading) for reading in readings]


def analyze(picture: Picture) -> list[Reading]:
    """`Analyzer().analyze(picture)`, for a single picture; keep an `Analyzer` for more.

    Raises:
        MediaError: it cannot be read as a picture.
    """
    return Analyzer().analyze(picture)
