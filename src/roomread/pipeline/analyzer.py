"""Find the faces of pictures and videos and read their expressions."""

from __future__ import annotations

import os
import warnings
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from contextlib import aclosing, closing
from pathlib import Path
from typing import overload

from roomread.classifier import ExpressionClassifier, FaceClassifier, ModelFile
from roomread.errors import MediaError, MediaWarning
from roomread.faces import CenterFace, FaceDetector
from roomread.fewshot import Profile, ProfileBinding
from roomread.fewshot.profile import Observation
from roomread.media import Source, is_folder, open_source
from roomread.media.images import Picture
from roomread.pipeline.batches import read_batches
from roomread.pipeline.explanation import Explanation, explain_faces
from roomread.pipeline.face_reader import FaceReader
from roomread.pipeline.inputs import (
    Stream,
    check_picture,
    folder_files,
    folder_pictures,
    opened,
    picture_frame,
)
from roomread.pipeline.moment import FrameMoment
from roomread.pipeline.prefetch import ahead, in_thread
from roomread.pipeline.readings import Readings
from roomread.pipeline.stream_analyzer import (
    DEFAULT_CADENCE,
    DEFAULT_SMOOTHING,
    Cadence,
    StreamAnalyzer,
)
from roomread.readings import Face, Frame, Reading
from roomread.tracking.choices import TrackerFactory

# Types that are sequences in Python but hold a single picture.
_ONE = (str, bytes, bytearray, memoryview)


class Analyzer:
    """A reader of pictures and videos that finds faces and reads their expressions.

    Make one analyzer and keep it, because it loads the nets. `analyze` and `stream` keep no state
    in it, so several threads and several videos can share one analyzer.

    Args:
        detector: The detector that finds faces; None for CenterFace.
        classifier: The net that reads expressions; None for the bundled model.
        smoothing: The time over which the scores of a face in a video are averaged, seconds; 0 for
            no smoothing.
        cadence: How often each stage runs in a video.
        tracker: A function that creates the tracker of one video from the detector, such as a
            class; None for `FaceTracker` with this cadence.
        profiles: Profiles of people, and of states such as "confused", taught from a few pictures.
            A person's profile is used for the only face of a frame, or for one track:
            `ProfileBinding(profile, track_id=3)`. A state's profile is used for every face.

    Raises:
        ProfileError: The profiles were taught with another net, or contradict each other.
    """

    def __init__(
        self,
        *,
        detector: FaceDetector | None = None,
        classifier: FaceClassifier | None = None,
        smoothing: float = DEFAULT_SMOOTHING,
        cadence: Cadence = DEFAULT_CADENCE,
        tracker: TrackerFactory | None = None,
        profiles: Sequence[Profile | ProfileBinding] = (),
    ) -> None:
        self.detector = detector if detector is not None else CenterFace()
        self.smoothing = smoothing
        self.cadence = cadence
        self.tracker = tracker
        self.reader = FaceReader(
            classifier if classifier is not None else ExpressionClassifier(),
            [
                each if isinstance(each, ProfileBinding) else ProfileBinding(each)
                for each in profiles
            ],
        )

    @property
    def classifier(self) -> FaceClassifier:
        """The net that reads expressions."""
        return self.reader.classifier

    @property
    def profiles(self) -> tuple[ProfileBinding, ...]:
        """The profiles in use, with the tracks that they are bound to."""
        return self.reader.profiles

    @property
    def model(self) -> ModelFile:
        """The model file of the classifier.

        Raises:
            ProfileError: The classifier has no model file, which profiles need.
        """
        return self.reader.model

    def with_profiles(self, profiles: Sequence[Profile | ProfileBinding]) -> Analyzer:
        """Return an analyzer with the same nets and other profiles, without loading anything.

        Raises:
            ProfileError: The profiles were taught with another net, or contradict each other.
        """
        return Analyzer(
            detector=self.detector,
            classifier=self.classifier,
            smoothing=self.smoothing,
            cadence=self.cadence,
            tracker=self.tracker,
            profiles=profiles,
        )

    # The overloads overlap for type checkers, because a str is a sequence of str; here it is one
    # path.
    @overload
    def analyze(  # type: ignore[overload-overlap] # see above
        self, picture: Picture, *, batch: None = None
    ) -> Readings: ...

    @overload
    def analyze(
        self, picture: Sequence[Picture], *, batch: int | None = None
    ) -> list[Readings]: ...

    @overload
    def analyze(self, picture: Picture, *, batch: int) -> list[Readings]: ...

    def analyze(
        self, picture: Picture | Sequence[Picture], *, batch: int | None = None
    ) -> Readings | list[Readings]:
        """Return the readings of one picture, largest face first; empty when it shows no face.

        Four views of each face are read and averaged: two crops and their mirror images. A frame of
        a video, of which `stream` reads one view, has slightly different scores.

        Args:
            picture: A path; an http(s) or file URL; the bytes of a picture; a file opened for
                reading bytes; a Pillow image; an array uint8 [H, W] grey, [H, W, 3] RGB or [H, W,
                4] RGBA; or a list or another sequence of these. With `batch`, also the path of a
                folder, whose pictures are read in the order of their paths. The input is not
                changed.
            batch: The number of pictures whose faces the net reads at once; threads decode and
                search the next pictures meanwhile. This is faster and gives the same readings.
                None to read one picture after another.

        Returns:
            The readings together with their picture; for a sequence of pictures, or with `batch`, a
            list of readings. The pictures of a sequence stay in memory, the pictures of a folder do
            not (`reading.source` is the path).

        Raises:
            MediaError: A picture cannot be read, or a folder has no picture.
            MissingExtraError: The picture is HEIC, and the extra `heif` is not installed.
            TypeError: The argument has another type.
            ValueError: `batch` is under 1.

        Warns:
            MediaWarning: A folder holds videos or other files, which are left out, or a file holds
                several pictures, of which the first is read.
        """
        if batch is not None:
            return self._analyze_batches(picture, batch)
        if isinstance(picture, Sequence) and not isinstance(picture, _ONE):
            _check_pictures(picture)
            return [self._analyze(each) for each in picture]
        check_picture(picture)
        folder = _folder(picture)
        if folder is not None:
            raise MediaError(
                f"{folder}: is a folder, not a picture",
                hint="use batch=32 to read its pictures, or stream to read its videos too",
            )
        return self._analyze(picture)

    def _analyze_batches(self, picture: Picture | Sequence[Picture], batch: int) -> list[Readings]:
        pictures: Sequence[Picture]
        folder = _folder(picture)
        if folder is not None:
            pictures = folder_pictures(folder)
        elif isinstance(picture, Sequence) and not isinstance(picture, _ONE):
            pictures = picture
            _check_pictures(pictures)
        else:
            check_picture(picture)
            pictures = [picture]
        return list(
            read_batches(pictures, self.detector, self.reader, batch=batch, keep=folder is None)
        )

    def explain(self, picture: Picture) -> list[Explanation]:
        """Return how much each region of each readable face supports the face's expression.

        The largest face comes first. The net reads about 100 crops to explain a face, because
        its regions are hidden one after another.

        Args:
            picture: See `analyze`; one picture.

        Raises:
            MediaError: The picture cannot be read.
            MissingExtraError: The picture is HEIC, and the extra `heif` is not installed.
            TypeError: The argument has another type.
        """
        check_picture(picture)
        return explain_faces(self.detector, self.reader, picture_frame(picture))

    def _analyze(self, picture: Picture) -> Readings:
        frame = picture_frame(picture)
        return Readings(self.analyze_frame(frame), frame=frame)

    def analyze_frame(self, frame: Frame) -> list[Reading]:
        """Return the readings of a single frame, without track ids, largest face first.

        Four views of each face are read and averaged, as in `analyze`.
        """
        return self.reader.read(frame, self.detector.detect(frame.image))

    def observe(self, frame: Frame, faces: Sequence[Face] | None = None) -> list[Observation]:
        """Return a frame's readings with the net's features, as needed to teach a profile.

        Args:
            frame: The picture.
            faces: The faces to read; None for all faces of the frame, largest first.

        Raises:
            ProfileError: The classifier has no model file.
        """
        faces = self.detector.detect(frame.image) if faces is None else faces
        return self.reader.observe(frame, faces)

    def stream(
        self,
        source: Stream,
        *,
        every: float | None = None,
        overlap: bool | None = None,
        rate: float = 25.0,
    ) -> Iterator[FrameMoment]:
        """Yield a moment (`frame`, `time`, `readings`) for each frame of a source.

        Within one video, each face keeps its track id (`Reading.track_id`), and its scores are
        averaged over the smoothing time. Pictures of a folder are read without track ids.

        Args:
            source: The path of a picture, a folder or a video; a URL; a camera's number; the bytes
                of a picture or video, or a file opened for reading them; an opened source; or an
                iterable of frames, uint8 arrays or Pillow images.
            every: Seconds between two analysed frames; None for all frames. It has no effect on an
                opened source or an iterable.
            overlap: Whether threads decode and search the next frame while the present one is read;
                frames of an iterable must not be changed meanwhile. None enables it for video files
                only.
            rate: Frame rate assumed for arrays and Pillow images, which have no times, frames per
                second.

        Raises:
            MediaError: The source cannot be read, or not to its end, or a folder has no picture and
                no video. The moments yielded before are valid.
            TypeError: The source has another type.

        Warns:
            MediaWarning: A folder holds other files, which are left out, or a video has several
                video tracks, of which one is read.
        """
        return self._stream(opened(source, rate=rate), every, overlap)

    async def astream(
        self,
        source: Stream,
        *,
        every: float | None = None,
        overlap: bool | None = None,
        rate: float = 25.0,
    ) -> AsyncGenerator[FrameMoment]:
        """Yield what `stream` yields, without blocking the event loop.

        A thread computes each moment after the previous one has been used, so a moment's frame is
        valid as long as with `stream`. Close the generator (`contextlib.aclosing`) if you stop
        before its end; this closes the source.

        Args:
            source: See `stream`.
            every: See `stream`.
            overlap: See `stream`.
            rate: See `stream`.

        Raises:
            MediaError: The source cannot be read, or not to its end.
            TypeError: The source has another type.
        """
        moments = self.stream(source, every=every, overlap=overlap, rate=rate)
        async with aclosing(in_thread(moments)) as made:
            async for moment in made:
                yield moment

    def stream_analyzer(self) -> StreamAnalyzer:
        """Return an analyzer for one video whose frames are passed to it one by one."""
        return StreamAnalyzer(
            self.detector,
            self.reader,
            smoothing=self.smoothing,
            cadence=self.cadence,
            tracker=self.tracker(self.detector) if self.tracker is not None else None,
        )

    def _stream(
        self,
        source: str | Path | bytes | Source | Iterable[Frame],
        every: float | None,
        overlap: bool | None,  # noqa: FBT001 (private)
    ) -> Iterator[FrameMoment]:
        if isinstance(source, str | Path) and is_folder(source):
            for path in folder_files(Path(source)):
                yield from self._stream(path, every, overlap)
        elif isinstance(source, str | Path | bytes):
            with open_source(source, every=every) as found:
                for note in found.notes:
                    # The level of the loop over `Analyzer.stream` depends on the source.
                    warnings.warn(note, MediaWarning, stacklevel=3)
                yield from self._stream(found, every, overlap)
        elif isinstance(source, Source) and source.is_picture:
            yield from (_moment(frame, self.analyze_frame(frame)) for frame in source)
        else:
            if overlap is None:
                # Read ahead only in files: a camera should yield its newest frame, and an iterable
                # may reuse the memory of a frame.
                overlap = isinstance(source, Source) and not source.live
            yield from self._follow_ahead(source) if overlap else self._follow(source)

    def _follow(self, frames: Iterable[Frame]) -> Iterator[FrameMoment]:
        stream = self.stream_analyzer()
        for frame in frames:
            yield _moment(frame, stream.update(frame))

    def _follow_ahead(self, frames: Iterable[Frame]) -> Iterator[FrameMoment]:
        """Yield a moment for each frame, while other threads prepare the next frame."""
        stream = self.stream_analyzer()
        with closing(ahead(frames)) as decoded:
            searched = ((frame, stream.find(frame)) for frame in decoded)
            with closing(ahead(searched)) as found:
                for frame, tracks in found:
                    yield _moment(frame, stream.read(frame, tracks))


def _moment(frame: Frame, readings: list[Reading]) -> FrameMoment:
    return FrameMoment(frame.time, readings, frame=frame)


def _folder(picture: object) -> Path | None:
    """Return the path of a folder that was given as a picture; None for anything else."""
    # An empty path would mean the current folder.
    path = Path(picture) if isinstance(picture, str | os.PathLike) and picture != "" else None
    return path if path is not None and is_folder(path) else None


def _check_pictures(pictures: Sequence[Picture]) -> None:
    for index, each in enumerate(pictures):
        check_picture(each, name=f"item {index}")


@overload
def analyze(  # type: ignore[overload-overlap] # a str is one path, not a sequence
    picture: Picture, *, batch: None = None
) -> Readings: ...


@overload
def analyze(picture: Sequence[Picture], *, batch: int | None = None) -> list[Readings]: ...


@overload
def analyze(picture: Picture, *, batch: int) -> list[Readings]: ...


def analyze(
    picture: Picture | Sequence[Picture], *, batch: int | None = None
) -> Readings | list[Readings]:
    """Return `Analyzer().analyze(picture, batch=batch)`.

    Each call loads the nets: for more than one picture, keep an `Analyzer`.

    Raises:
        MediaError: The picture cannot be read.
        TypeError: `Analyzer.analyze` does not accept the type of the picture.
        ValueError: `batch` is under 1.
    """
    analyzer = Analyzer()
    return analyzer.analyze(picture) if batch is None else analyzer.analyze(picture, batch=batch)
