"""Open a video file, stream or device, and choose its video track."""

from __future__ import annotations

import io
import queue
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING

from roomread.errors import MediaError, without_credentials
from roomread.pyav import av

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

# Name of the threads that open sources which may never respond.
_OPENING = "roomread-open"
# FFmpeg's demuxers for single pictures (a suffix and names), and those that render text as video.
_PICTURE_SUFFIX = "_pipe"
_PICTURES = frozenset({"image2", "gif", "apng"})
_TEXTS = frozenset({"tty", "bin", "xbin", "adf", "idf"})
_JPEG = b"\xff\xd8\xff"
# The prefix that makes FFmpeg treat any text after it as a file name.
FILE_PREFIX = "file:"
_KINDS = "MP4, WebM, MKV, AVI, MOV, MPEG, WMV and FLV can be read; copy or download it again"


class StillPictureError(MediaError):
    """Raised when the file opened as a video is a single picture."""


@dataclass(frozen=True, slots=True)
class Opening:
    """Options for opening a video.

    Attributes:
        format_name: FFmpeg's name of the format; None to detect it.
        options: FFmpeg's options for the format.
        timeout: time limit for opening and for each read, s; None for no limit.
        threads: number of decoder threads; 0 for one per processor.
        stream: the index of the video track among all tracks; None to choose the largest.
    """

    format_name: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    timeout: float | None = None
    threads: int = 0
    stream: int | None = None


@contextmanager
def open_video(
    file: str | Path | IO[bytes] | io.RawIOBase, name: str, opening: Opening | None = None
) -> Iterator[tuple[InputContainer, VideoStream]]:
    """Open a video and yield its container and the video track to read.

    Args:
        file: a path, a URL or the name of a device as FFmpeg expects it, or an opened file.
        name: the name of the file in messages.
        opening: options; None for the defaults.

    Raises:
        MediaError: the file cannot be opened, or has no video track or not the requested track.
    """
    opening = opening or Opening()
    with open_container(file, name, opening) as container:
        stream = choose_track(container, name, opening.stream)
        stream.thread_type, stream.thread_count = "AUTO", opening.threads
        yield container, stream


@contextmanager
def open_container(
    file: str | Path | IO[bytes] | io.RawIOBase, name: str, opening: Opening | None = None
) -> Iterator[InputContainer]:
    """Open a file and yield its container; see `open_video`.

    Raises:
        MediaError: the file cannot be opened.
    """
    with _opened(file, name, opening or Opening()) as container:
        yield container


def _opened(
    file: str | Path | IO[bytes] | io.RawIOBase, name: str, opening: Opening
) -> InputContainer:
    def open_it() -> InputContainer:
        limits = (opening.timeout, opening.timeout) if opening.timeout is not None else None
        return av.open(
            source, "r", format=format_name, options=dict(opening.options), timeout=limits
        )

    try:
        # Without the prefix, FFmpeg would parse a name such as 12:30.mp4 as a URL.
        source = f"{FILE_PREFIX}{file}" if isinstance(file, Path) else file
        # FFmpeg would read only the first of several JPEGs in a row, so the format is named; a
        # single JPEG is not read as a video.
        format_name = opening.format_name or ("mjpeg" if _is_jpeg(file) else None)
        return open_it() if opening.timeout is None else _interruptible(open_it)
    except (av.FFmpegError, OSError, ValueError) as error:
        failure = error
    # Raised outside the handler, so that no traceback quotes a URL with its password.
    raise MediaError(f"{name}: {reason(failure)}", hint=_advice(failure)) from _clean(failure)


def _is_jpeg(file: str | Path | IO[bytes] | io.RawIOBase) -> bool:
    """Return whether a local file starts with the signature of a JPEG; False for a URL."""
    if isinstance(file, str):
        return False
    if isinstance(file, Path):
        with file.open("rb") as opened:
            return opened.read(len(_JPEG)) == _JPEG
    start = file.read(len(_JPEG))
    file.seek(0)
    return start == _JPEG


def _clean(error: Exception) -> Exception:
    """Return the error with the credentials of the URL removed from its message."""
    if not isinstance(error, av.FFmpegError):
        return error
    address = str(error.filename) if error.filename is not None else None
    if address is None or without_credentials(address) == address:
        return error
    return type(error)(error.errno or 0, error.strerror or "", without_credentials(address))


def is_opening() -> bool:
    """Return whether FFmpeg is waiting for a network in a thread that cannot be interrupted.

    A program that exits meanwhile may crash, because that thread still returns to Python.
    """
    return any(thread.name == _OPENING for thread in threading.enumerate())


def _interruptible(open_it: Callable[[], InputContainer]) -> InputContainer:
    """Call `open_it` in another thread, so that Ctrl-C works while FFmpeg waits for a network."""
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


def choose_track(container: InputContainer, name: str, index: int | None) -> VideoStream:
    """Return the video track with the given index, or the largest one if `index` is None.

    Raises:
        MediaError: the container has no such track.
    """
    kind = container.format.name
    if kind in _TEXTS:
        raise MediaError(f"{name}: is not a video", hint=_KINDS)
    if kind in _PICTURES or kind.endswith(_PICTURE_SUFFIX):
        hint = "save it as JPEG or PNG"
        raise StillPictureError(f"{name}: is a picture of an unsupported kind", hint=hint)
    tracks = video_tracks(container)
    if index is not None:
        for stream in container.streams.video:
            if stream.index == index:
                return stream
        known = ", ".join(map(describe, tracks)) or "none"
        raise MediaError(f"{name}: track {index} is not a video", hint=f"its video tracks: {known}")
    if not tracks:
        # The cover picture of an audio file is not a video track.
        raise MediaError(f"{name}: has no video track", hint="give a file with a video track")
    return max(tracks, key=_rank)


def video_tracks(container: InputContainer) -> Sequence[VideoStream]:
    """Return the video tracks of a container, except cover pictures and thumbnails."""
    kinds = av.stream.Disposition
    not_a_video = kinds.attached_pic | kinds.timed_thumbnails
    tracks = [
        stream
        for stream in container.streams.video
        if not stream.disposition & not_a_video and stream.codec_context is not None
    ]
    # A track of one frame beside a longer track is a cover picture that is not marked as such.
    return [stream for stream in tracks if stream.frames != 1] or tracks


def _rank(stream: VideoStream) -> tuple[int, bool, int]:
    area = stream.codec_context.width * stream.codec_context.height
    return area, bool(stream.disposition & av.stream.Disposition.default), -stream.index


def describe(stream: VideoStream) -> str:
    """Return a track's index, size and codec, such as "1 (1920 x 1080 h264)"."""
    codec = stream.codec_context
    return f"{stream.index} ({codec.width} x {codec.height} {codec.name})"


def reason(error: Exception) -> str:
    """Return a short description of why a video could not be opened or read."""
    if isinstance(error, av.error.InvalidDataError):
        return "is damaged or no supported picture or video"
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
        return _KINDS
    if isinstance(error, TimeoutError | av.error.ExitError):
        return "check that it is switched on and reachable"
    return "check the address, the permissions and the network"


def length(container: InputContainer) -> float | None:
    """Return the duration that a container states, s; None if there is none, as in live streams."""
    return container.duration / av.time_base if container.duration else None
