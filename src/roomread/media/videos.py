"""Video files to frames, with the file's own times, upright."""

from __future__ import annotations

import io
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from roomread.errors import MediaError
from roomread.readings import Frame

VIDEO_SUFFIXES = frozenset(
    {".mp4", ".m4v", ".mov", ".webm", ".mkv", ".avi", ".mpg", ".mpeg", ".ts", ".wmv", ".flv"}
)
# How much shorter than announced a file may be: containers round, and sound may end a bit later.
_SLACK = 0.5


@contextmanager
def open_video(
    file: str | Path | io.BytesIO,
    name: str,
    *,
    format_name: str | None = None,
    options: dict[str, str] | None = None,
    timeout: float | None = None,
) -> Iterator[tuple[InputContainer, VideoStream]]:
    """An opened container and its video track.

    Args:
        file: a path, a URL, or the bytes.
        name: for messages.
        format_name: FFmpeg's name of the format; None to find out.
        options: FFmpeg's.
        timeout: seconds that opening, and each read, may take; None for no limit.

    Raises:
        MediaError: it cannot be opened, or has no video.
    """
    source = file if isinstance(file, io.BytesIO) else str(file)

    def open_it() -> InputContainer:
        limits = (timeout, timeout) if timeout is not None else None
        return av.open(source, "r", format=format_name, options=options or {}, timeout=limits)

    try:
        container = open_it() if timeout is None else _interruptible(open_it)
    except (av.FFmpegError, OSError, ValueError) as error:
        raise MediaError(f"{name}: {_reason(error)}", hint=_advice(error)) from error
    with container:
        # An audio file's cover is a video track of one picture.
        videos = [s for s in container.streams.video if not _is_cover(s)]
        if not videos:
            raise MediaError(f"{name}: has no video track", hint="give a file with pictures")
        videos[0].thread_type = "AUTO"
        yield container, videos[0]


def _interruptible(open_it: Callable[[], InputContainer]) -> InputContainer:
    """Opens in another thread: FFmpeg's wait for a network would not end with Ctrl-C."""
    done: queue.SimpleQueue[InputContainer | Exception] = queue.SimpleQueue()

    def work() -> None:
        try:
            done.put(open_it())
        except (av.FFmpegError, OSError, ValueError) as error:
            done.put(error)

    threading.Thread(target=work, name="open", daemon=True).start()
    result = done.get()
    if isinstance(result, Exception):
        raise result
    return result


def _is_cover(stream: VideoStream) -> bool:
    return bool(stream.disposition & stream.disposition.attached_pic)


def _reason(error: Exception) -> str:
    if isinstance(error, av.error.InvalidDataError):
        return "not a picture or video that can be read, or damaged"
    if isinstance(error, FileNotFoundError):
        return "no such file"
    if isinstance(error, av.error.ExitError | TimeoutError):
        return "no answer"
    text = getattr(error, "strerror", None) or str(error)
    return str(text).splitlines()[0]


def _advice(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "check the name"
    if isinstance(error, av.error.InvalidDataError):
        return "MP4, WebM, MKV, AVI and MOV can be read; copy or download it again"
    if isinstance(error, TimeoutError | av.error.ExitError):
        return "is it reachable, and switched on?"
    return "check the address, the permissions and the network"


def length(container: InputContainer) -> float | None:
    """The announced duration, s; None where the container has none, as live streams."""
    return container.duration / av.time_base if container.duration else None


def read_video(
    container: InputContainer, stream: VideoStream, name: str, *, every: float | None = None
) -> Iterator[Frame]:
    """The frames of an opened video, in order.

    Times are the file's own (variable rates stay so), counted from the first frame; in AVI, and
    where a file has none, they are the frame's number over the average rate.

    Args:
        container: as `open_video` gives it.
        stream: the video track.
        name: for `Frame.source` and messages.
        every: seconds; only the first frame at or after each multiple is given. None for all.

    Raises:
        MediaError: after the last frame that could be read, where the file is damaged or cut.
    """
    # AVI counts frames and knows no times of its own; those FFmpeg makes up lack order.
    clock, due, index = _Clock(stream, counted=container.format.name == "avi"), 0.0, 0
    reader = _Reader(container, stream)
    for picture in reader:
        time = clock.time(picture, index)
        # Half a millisecond: containers round times to milliseconds.
        if every is None or time >= due - 5e-4:
            yield Frame(upright(picture), time, index, name)
            due = (int((time + 5e-4) / every) + 1) * every if every is not None else 0.0
        index += 1
    reader.check(name, frames=index)


class _Clock:
    """Seconds since a track's first frame, never running backwards."""

    def __init__(self, stream: VideoStream, *, counted: bool) -> None:
        self._counted = counted
        self._rate = stream.average_rate or stream.guessed_rate or Fraction(25)
        self._first: float | None = None
        self._last = 0.0

    def time(self, picture: VideoFrame, index: int) -> float:
        if self._counted or picture.pts is None or picture.time_base is None:
            time = float(index / self._rate)
        else:
            seconds = float(picture.pts * picture.time_base)
            if self._first is None:
                self._first = seconds
            time = seconds - self._first
        self._last = max(self._last, time)
        return self._last


class _Reader:
    """Decodes what can be decoded, and remembers what could not."""

    def __init__(self, container: InputContainer, stream: VideoStream) -> None:
        self._container, self._stream = container, stream
        self._damaged = 0
        self._end = 0.0
        self._failure: Exception | None = None

    def __iter__(self) -> Iterator[VideoFrame]:
        for packet in self._packets():
            if packet.stream is not self._stream:
                continue
            try:
                yield from self._stream.decode(packet)
            except av.FFmpegError:
                # One damaged packet; the decoder goes on at the next. `check` tells.
                self._damaged += 1

    def _packets(self) -> Iterator[Packet[Any]]:
        # All tracks: the last moment of any of them tells whether the file was cut.
        try:
            for packet in self._container.demux():
                shown = packet.pts if packet.pts is not None else packet.dts
                if shown is not None and packet.time_base is not None:
                    end = (shown + (packet.duration or 0)) * packet.time_base
                    self._end = max(self._end, float(end))
                yield packet
        except (av.FFmpegError, OSError) as error:
            self._failure = error

    def check(self, name: str, *, frames: int) -> None:
        """Raises MediaError where the file was not read whole."""
        start = (self._container.start_time or 0) / av.time_base
        total, read = length(self._container), max(self._end - start, 0.0)
        again = "copy or download it again; what could be read was analysed"
        if not frames:
            raise MediaError(f"{name}: no frame of it can be decoded", hint="is it damaged?")
        if self._failure is not None:
            raise MediaError(f"{name}: stopped after {read:.1f} s", hint=again)
        if total is not None and read < total - _SLACK:
            problem = f"{name}: is cut off: {read:.1f} s of {total:.1f} s could be read"
            raise MediaError(problem, hint=again)
        if self._damaged:
            raise MediaError(f"{name}: {self._damaged} damaged pieces were left out", hint=again)


def upright(picture: VideoFrame) -> NDArray[np.uint8]:
    """RGB uint8 [H, W, 3], turned as the file's display matrix says."""
    image = np.asarray(picture.to_ndarray(format="rgb24"), dtype=np.uint8)
    turns = round(picture.rotation / 90) % 4
    return np.ascontiguousarray(np.rot90(image, turns)) if turns else image
