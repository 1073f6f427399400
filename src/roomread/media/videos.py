"""Video files to frames, with the file's own times, upright."""

from __future__ import annotations

import io
import math
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import IO, Any

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from roomread.errors import MediaError
from roomread.readings import Frame

# The name of threads that open what may not answer.
_OPENING = "roomread-open"
# How much shorter than announced a file may be: containers round, and sound may end a bit later.
_SLACK = 0.5
# Indexes hold the times of decoding, which come up to so much before those of showing, s.
_REORDERED = 1.0
_AGAIN = "copy or download it again; what could be read was analysed"


@contextmanager
def open_video(
    file: str | Path | IO[bytes] | io.RawIOBase,
    name: str,
    *,
    format_name: str | None = None,
    options: dict[str, str] | None = None,
    timeout: float | None = None,
    threads: int = 0,
) -> Iterator[tuple[InputContainer, VideoStream]]:
    """An opened container and its video track.

    Args:
        file: a path, a URL, or an opened file.
        name: for messages.
        format_name: FFmpeg's name of the format; None to find out.
        options: FFmpeg's.
        timeout: seconds that opening, and each read, may take; None for no limit.
        threads: of the decoder; 0 for as many as there are processors.

    Raises:
        MediaError: it cannot be opened, or has no video.
    """
    source = str(file) if isinstance(file, str | Path) else file

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
        videos[0].thread_type, videos[0].thread_count = "AUTO", threads
        yield container, videos[0]


def is_opening() -> bool:
    """Whether FFmpeg waits for a network in a thread that nothing can end.

    A program that ends meanwhile may crash: that thread still comes back to Python.
    """
    return any(thread.name == _OPENING for thread in threading.enumerate())


def _interruptible(open_it: Callable[[], InputContainer]) -> InputContainer:
    """Opens in another thread: FFmpeg's wait for a network would not end with Ctrl-C."""
    done: queue.SimpleQueue[InputContainer | Exception] = queue.SimpleQueue()

    def work() -> None:
        try:
            done.put(open_it())
        except (av.FFmpegError, OSError, ValueError) as error:
            done.put(error)

    threading.Thread(target=work, name=_OPENING, daemon=True).start()
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


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a video that is read by itself.

    The spans of one video share its frames out: each is in the span that its time falls into.

    Attributes:
        start: s; the first frame from here on is number 0.
        stop: s; frames from here on are not given.
        lead: s; so much before `start` is given first, with the number -1, so that what follows
            faces knows them.
        origin: when the video's first frame is shown, by the file's own clock, s; None where the
            span begins with it.
    """

    start: float = 0.0
    stop: float = math.inf
    lead: float = 0.0
    origin: float | None = None


WHOLE = Span()


class VideoReader:
    """The frames of an opened video, or of a part of it, in order; to be iterated over once.

    Times are the file's own (variable rates stay so), counted from the first frame; in AVI, and
    where a file has none, they are the frame's number over the average rate.

    Args:
        container: as `open_video` gives it.
        stream: the video track.
        name: for `Frame.source` and messages.
        span: the part; one that does not begin the video only of what `cut_points` can cut.
        every: seconds; only the first frame at or after each multiple is given. None for all.

    Attributes:
        frames: how many the part has, given or not; right once it is read.

    Raises:
        MediaError: after the last frame that could be read, where the file is damaged or cut.
    """

    def __init__(
        self,
        container: InputContainer,
        stream: VideoStream,
        name: str,
        *,
        span: Span = WHOLE,
        every: float | None = None,
    ) -> None:
        self.frames = 0
        self._container, self._stream, self._name = container, stream, name
        self._span, self._every = span, every
        # AVI counts frames and knows no times of its own; those FFmpeg makes up lack order.
        counted = container.format.name == "avi"
        self._clock = _Clock(stream, counted=counted, first=span.origin)

    def __iter__(self) -> Iterator[Frame]:
        span, every, due, index = self._span, self._every, 0.0, -1
        reader = _Reader(self._container, self._stream)
        for picture, time in self._from_key_frame(reader):
            if time >= span.stop:
                break
            if time >= span.start:
                index = self.frames
                self.frames += 1
            # Half a millisecond: containers round times to milliseconds.
            if every is not None:
                if time < due - 5e-4:
                    continue
                due = (int((time + 5e-4) / every) + 1) * every
            if time >= span.start - span.lead:
                yield Frame(upright(picture), time, index, self._name)
        else:
            reader.check_end(self._name, frames=self.frames if span == WHOLE else 1)
        reader.check(
            self._name, since=span.start + span.origin if span.origin is not None else -math.inf
        )

    def _from_key_frame(self, reader: _Reader) -> Iterator[tuple[VideoFrame, float]]:
        """The pictures with their times, from a key frame before what is wanted on."""
        wanted = self._span.start - self._span.lead
        if wanted <= 0 or self._span.origin is None:
            yield from self._timed(reader)
            return
        self._seek(wanted - _REORDERED + self._span.origin)
        pictures = self._timed(reader)
        first = next(pictures, None)
        if first is not None and first[1] > wanted:
            # The file's index is wrong, or that key frame is damaged: everything before is read.
            self._seek(self._span.origin)
            self._clock.restart()
            pictures = self._timed(reader)
        elif first is not None:
            yield first
        yield from pictures

    def _seek(self, time: float) -> None:
        base = self._stream.time_base
        if base is None:
            raise MediaError(f"{self._name}: has no clock", hint="read it whole")
        try:
            self._container.seek(math.floor(time / base), stream=self._stream)
        except (av.FFmpegError, OSError) as error:
            problem = f"{self._name}: has nothing at {time:.1f} s: {_reason(error)}"
            raise MediaError(problem, hint="copy or download it again") from error

    def _timed(self, reader: _Reader) -> Iterator[tuple[VideoFrame, float]]:
        for index, picture in enumerate(reader):
            yield picture, self._clock.time(picture, index)


def cut_points(
    container: InputContainer, stream: VideoStream, name: str
) -> tuple[float, float] | None:
    """How long an opened video is, s, and its `Span.origin`; None where it cannot be cut.

    Only files with an index can: MP4, MOV, Matroska and WebM. The reader has to be opened anew
    afterwards.

    Raises:
        MediaError: no frame of it can be decoded.
    """
    duration = length(container)
    first = next(iter(_Reader(container, stream)), None)
    if first is None:
        raise MediaError(f"{name}: no frame of it can be decoded", hint="is it damaged?")
    indexed = {"mov", "mp4", "matroska", "webm"} & set(container.format.name.split(","))
    if duration is None or not indexed or first.pts is None or first.time_base is None:
        return None
    return duration, float(first.pts * first.time_base)


class _Clock:
    """Seconds since a track's first frame, never running backwards."""

    def __init__(self, stream: VideoStream, *, counted: bool, first: float | None) -> None:
        self._counted = counted
        self._rate = stream.average_rate or stream.guessed_rate or Fraction(25)
        self._first = first
        self._last = 0.0

    def restart(self) -> None:
        """Lets earlier times come again."""
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
        self._damaged: list[float] = []
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
                shown = packet.pts if packet.pts is not None and packet.time_base else math.inf
                self._damaged.append(float(shown * (packet.time_base or 1)))
        if self._failure is not None:
            # Pictures that the decoder, in several threads, still had in hand.
            with suppress(av.FFmpegError):
                yield from self._stream.decode(None)

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

    def check(self, name: str, *, since: float) -> None:
        """Raises MediaError where something was left out from `since`, in the file's clock, on."""
        count = sum(time >= since for time in self._damaged)
        if count:
            raise MediaError(f"{name}: {count} damaged pieces were left out", hint=_AGAIN)

    def check_end(self, name: str, *, frames: int) -> None:
        """Raises MediaError where the file ended too soon, after so many frames."""
        start = (self._container.start_time or 0) / av.time_base
        total, read = length(self._container), max(self._end - start, 0.0)
        if not frames:
            raise MediaError(f"{name}: no frame of it can be decoded", hint="is it damaged?")
        if self._failure is not None:
            raise MediaError(f"{name}: stopped after {read:.1f} s", hint=_AGAIN)
        if total is not None and read < total - _SLACK:
            problem = f"{name}: is cut off: {read:.1f} s of {total:.1f} s could be read"
            raise MediaError(problem, hint=_AGAIN)


def upright(picture: VideoFrame) -> NDArray[np.uint8]:
    """RGB uint8 [H, W, 3], turned as the file's display matrix says."""
    image = np.asarray(picture.to_ndarray(format="rgb24"), dtype=np.uint8)
    turns = round(picture.rotation / 90) % 4
    return np.ascontiguousarray(np.rot90(image, turns)) if turns else image
