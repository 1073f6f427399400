"""Drawn frames to a video that plays, with its times and its sound."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import av
import numpy as np
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from roomread.errors import OutputError
from roomread.media.files import atomic_path

WRITABLE_VIDEO_SUFFIXES = frozenset({".mp4", ".m4v", ".mov", ".mkv", ".webm"})
# Exact for every common frame rate, and what MPEG's own clocks count in.
_TIME_BASE = Fraction(1, 90_000)
_CODECS = {".webm": ("libvpx", {"deadline": "realtime", "cpu-used": "8", "crf": "10"})}
# Sound that a container takes as it is, by FFmpeg's names; other sound is encoded anew.
_COPIED = {
    "mp4": {"aac", "mp3", "ac3", "alac", "opus", "flac"},
    "mov": {"aac", "mp3", "ac3", "alac", "pcm_s16le"},
    "matroska": {"aac", "mp3", "ac3", "opus", "vorbis", "flac", "pcm_s16le"},
    "webm": {"opus", "vorbis"},
    "ipod": {"aac", "alac"},
}
_H264 = ("libx264", {"preset": "veryfast", "crf": "20"})


class VideoWriter:
    """Writes frames to a video file; H.264, in WebM VP8.

    The file is there whole once the `with` block is left, or not at all after an error.

    Args:
        path: MP4, M4V, MOV, MKV or WebM by its ending.
        sound_from: a file whose sound, if it has any, is kept; its times are those of the frames.

    Raises:
        OutputError: the file cannot be written, or has another ending.
    """

    def __init__(self, path: Path, *, sound_from: Path | None = None) -> None:
        if path.suffix.lower() not in WRITABLE_VIDEO_SUFFIXES:
            known = ", ".join(sorted(WRITABLE_VIDEO_SUFFIXES))
            raise OutputError(f"{path}: not a kind of video that can be written", hint=known)
        self._path = path
        self._sound_from = sound_from
        self._stack = ExitStack()
        self._video: VideoStream | None = None
        self._sound: _Sound | None = None
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
                # Passed on through atomic_path, which then removes what was written.
                raise error
            with self._told():
                if self._video is not None:
                    self._container.mux(self._video.encode(None))
                if self._sound is not None:
                    end = float(self._last * _TIME_BASE) if self._cut_short else math.inf
                    self._sound.write_until(end)

    def cut_short(self) -> None:
        """To be called where the pictures end before their source: its sound ends with them."""
        self._cut_short = True

    def write(self, image: NDArray[np.uint8], time: float) -> None:
        """Adds a picture uint8 [H, W, 3] RGB, shown from `time`, in seconds from the start.

        All pictures have the size of the first; a picture that is not later than the one before
        it is left out, as no player could show both.
        """
        if self._video is None:
            self._start(image)
        if self._video is None:
            raise TypeError("the writer has no track")
        pts = round(time / _TIME_BASE)
        if pts <= self._last:
            return
        self._last = pts
        frame = VideoFrame.from_ndarray(_even(image), format="rgb24")
        frame.pts, frame.time_base = pts, _TIME_BASE
        with self._told():
            if self._sound is not None:
                self._sound.write_until(time)
            self._container.mux(self._video.encode(frame))

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except av.FFmpegError as error:
            if isinstance(error, OSError):
                # A full disk: `atomic_path` knows what to do.
                raise
            raise OutputError(
                f"{self._path}: cannot be written: {error.strerror}",
                hint="try another kind: .mkv takes most",
            ) from error

    def _start(self, image: NDArray[np.uint8]) -> None:
        codec, options = _CODECS.get(self._path.suffix.lower(), _H264)
        # The rate is nominal: each frame carries its own time.
        video = self._container.add_stream(codec, rate=30, options=options)
        if not isinstance(video, VideoStream):
            raise TypeError(f"{codec} is not a video codec")
        height, width = _even(image).shape[:2]
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        video.codec_context.time_base = _TIME_BASE
        if codec == "libvpx":
            video.bit_rate = 4 * width * height
        self._video = video
        if self._sound_from is not None:
            sound = self._stack.enter_context(av.open(str(self._sound_from), "r"))
            if sound.streams.audio:
                self._sound = _Sound(sound, self._container)


def _even(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """With an odd last row or column repeated: 4:2:0 colour has one value for 2 x 2 px."""
    height, width = image.shape[:2]
    if height % 2 == 0 and width % 2 == 0:
        return image
    return np.pad(image, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")


class _Sound:
    """A file's sound, written into another as its video goes on; what is damaged is left out."""

    def __init__(self, source: InputContainer, target: OutputContainer) -> None:
        self._target = target
        self._input = source.streams.audio[0]
        # Frames count from the first picture, so the sound does too.
        self._start = _start_time(source.streams.video[0]) if source.streams.video else 0.0
        self._copied = self._input.codec_context.name in _COPIED[target.format.name]
        if self._copied:
            self._output = target.add_stream_from_template(self._input)
        else:
            codec: Literal["libopus", "aac"] = "libopus" if target.format.name == "webm" else "aac"
            self._output = target.add_stream(codec, rate=48_000)
        self._packets = source.demux(self._input)
        self._time = 0.0
        self._last_dts = -math.inf
        self._ended = False

    def write_until(self, time: float) -> None:
        """Goes on to `time`, s; to the end for infinity."""
        while not self._ended and self._time <= time:
            packet = self._next()
            if packet is None:
                self._ended = True
                self._flush()
                return
            if packet.pts is None:
                continue
            self._time = float(packet.pts * packet.time_base) - self._start
            if self._time >= 0:
                self._write(packet)

    def _next(self) -> Packet[Any] | None:
        try:
            packet = next(self._packets, None)
        except av.FFmpegError:
            return None
        # PyAV ends each track with an empty packet.
        return packet if packet is not None and packet.size else None

    def _write(self, packet: Packet[Any]) -> None:
        shift = round(self._start / packet.time_base) if packet.time_base else 0
        if self._copied:
            packet.pts = (packet.pts or 0) - shift
            packet.dts = packet.dts - shift if packet.dts is not None else packet.pts
            if packet.dts <= self._last_dts:
                # No container takes a packet that is not after the one before.
                return
            self._last_dts = packet.dts
            packet.stream = self._output
            self._target.mux(packet)
            return
        try:
            frames = self._input.decode(packet)
        except av.FFmpegError:
            return
        for frame in frames:
            frame.pts = frame.pts - shift if frame.pts is not None else None
            self._target.mux(self._output.encode(frame))

    def _flush(self) -> None:
        if not self._copied:
            self._target.mux(self._output.encode(None))


def _start_time(stream: VideoStream) -> float:
    if stream.start_time is None or stream.time_base is None:
        return 0.0
    return float(stream.start_time * stream.time_base)
