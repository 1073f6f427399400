"""Write frames to a video file with their times, and with the sound of a source."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from roomread.errors import OutputError
from roomread.media.files import atomic_path
from roomread.media.opening import open_container
from roomread.media.sound import SoundCopy
from roomread.pyav import av

if TYPE_CHECKING:
    from av.container import OutputContainer
    from av.video.stream import VideoStream

WRITABLE_VIDEO_SUFFIXES = frozenset({".mp4", ".m4v", ".mov", ".mkv", ".webm"})
# Seconds per tick of the 90 kHz clock of MPEG.
_TIME_BASE = Fraction(1, 90_000)
# Shortest time between two pictures, in ticks: one millisecond.
_SHORTEST = 90
_CODECS = {".webm": ("libvpx", {"deadline": "realtime", "cpu-used": "8", "crf": "10"})}
_H264 = ("libx264", {"preset": "veryfast", "crf": "20"})


@dataclass(frozen=True, slots=True)
class SoundSource:
    """The file whose sound, if it has any sound, is copied into an annotated video.

    Attributes:
        file: the file to copy from.
        shifts: offsets from the file's timestamps to the frames' times, s; see `Source.shifts`.
        start: the time in the file at which the written video begins, s from the first frame.
        seek: whether to seek to `start` instead of reading all sound before it; only for a file
            whose clock does not jump.
    """

    file: Path
    shifts: Sequence[float] = (0.0,)
    start: float = 0.0
    seek: bool = False


class VideoWriter:
    """A video file that is written frame by frame, as H.264 or, in WebM, as VP8.

    The file is complete when the `with` block ends; after an error, no file is left.

    Args:
        path: the file, with the suffix .mp4, .m4v, .mov, .mkv or .webm.
        sound_from: the source of the sound; None for a silent video.

    Raises:
        OutputError: the file cannot be written, or has another suffix.
    """

    def __init__(self, path: Path, *, sound_from: SoundSource | None = None) -> None:
        if path.suffix.lower() not in WRITABLE_VIDEO_SUFFIXES:
            known = ", ".join(sorted(WRITABLE_VIDEO_SUFFIXES))
            raise OutputError(
                f"{path}: videos of this kind cannot be written",
                hint=f"use one of the suffixes {known}",
            )
        self._path = path
        self._sound_from = sound_from
        self._stack = ExitStack()
        self._video: VideoStream | None = None
        self._sound: SoundCopy | None = None
        self._last = -1
        self._cut_short = False

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            draft = stack.enter_context(atomic_path(self._path))
            suffix = self._path.suffix.lower()
            options = {"movflags": "faststart"} if suffix in (".mp4", ".m4v", ".mov") else {}
            self._container: OutputContainer = stack.enter_context(
                av.open(str(draft), "w", options=options)
            )
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._stack:
            if error is not None:
                # The exception passes through `atomic_path`, which removes the draft.
                raise error
            with self._as_output_errors():
                if self._video is not None:
                    self._container.mux(self._video.encode(None))
                if self._sound is not None:
                    end = float(self._last * _TIME_BASE) if self._cut_short else math.inf
                    self._sound.write_until(end)

    def cut_short(self) -> None:
        """End the sound with the last picture, because the rest of the source is not copied."""
        self._cut_short = True

    def write(self, image: NDArray[np.uint8], time: float) -> None:
        """Add a picture to the video.

        The first picture determines the size of the video. Later pictures are scaled to this size,
        with black bars if their aspect ratio differs. A picture that is not later than the previous
        picture is dropped, because no player could show both. A picture before 0 s is dropped too,
        but the sound is read up to its time.

        Args:
            image: uint8 [H, W, 3], RGB.
            time: when the picture appears, s from the start of the video.
        """
        if self._video is None:
            self._start(image)
        if self._video is None:
            raise TypeError("the video track could not be created")
        pts = round(time / _TIME_BASE)
        if pts <= self._last:
            if pts < 0 and self._sound is not None:
                with self._as_output_errors():
                    self._sound.write_until(time)
            return
        # Some containers count milliseconds and reject two pictures in the same one.
        pts = max(pts, self._last + _SHORTEST) if self._last >= 0 else pts
        self._last = pts
        fitted = _fitted(image, self._video.width, self._video.height)
        frame = av.VideoFrame.from_ndarray(fitted, format="rgb24")
        frame.pts, frame.time_base = pts, _TIME_BASE
        with self._as_output_errors():
            if self._sound is not None:
                self._sound.write_until(time)
            self._container.mux(self._video.encode(frame))

    @contextmanager
    def _as_output_errors(self) -> Iterator[None]:
        """Convert FFmpeg's exceptions to OutputError."""
        try:
            yield
        except av.FFmpegError as error:
            if isinstance(error, OSError):
                # `atomic_path` reports errors of the operating system, such as a full disk.
                raise
            raise OutputError(
                f"{self._path}: cannot be written: {error.strerror}",
                hint="try the suffix .mkv, which supports most formats",
            ) from error

    def _start(self, image: NDArray[np.uint8]) -> None:
        codec, options = _CODECS.get(self._path.suffix.lower(), _H264)
        # The rate is nominal, as each frame has its own time.
        video = self._container.add_stream(codec, rate=30, options=options)
        if not isinstance(video, av.VideoStream):
            raise TypeError(f"{codec} is not a video codec")
        height, width = _even(image).shape[:2]
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        video.codec_context.time_base = _TIME_BASE
        if codec == "libvpx":
            video.bit_rate = 4 * width * height
        self._video = video
        if self._sound_from is not None:
            self._sound = self._open_sound(self._sound_from)

    def _open_sound(self, given: SoundSource) -> SoundCopy | None:
        source = self._stack.enter_context(open_container(given.file, str(given.file)))
        if not source.streams.audio:
            return None
        return SoundCopy(source, self._container, given.shifts, start=given.start, seek=given.seek)


def _even(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return an image whose width and height are even, as 4:2:0 chroma subsampling requires."""
    height, width = image.shape[:2]
    if height % 2 == 0 and width % 2 == 0:
        return image
    return np.pad(image, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")


def _fitted(image: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """Return an image of the given size, scaled and centred on black if its own size differs."""
    even = _even(image)
    if even.shape[:2] == (height, width):
        return even
    scale = min(width / image.shape[1], height / image.shape[0])
    size = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
    canvas = Image.new("RGB", (width, height))
    place = (width - size[0]) // 2, (height - size[1]) // 2
    canvas.paste(Image.fromarray(image).resize(size, Image.Resampling.BILINEAR), place)
    return np.asarray(canvas)
