"""Convert the inputs of `Analyzer.analyze` and `Analyzer.stream` to frames."""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from roomread.errors import MediaError, MediaWarning, without_credentials
from roomread.media import PICTURE_SUFFIXES, Source, read_image, search_folder
from roomread.media.files import find_existing, read_whole
from roomread.media.images import Picture, notes_of
from roomread.readings import Frame

# The types that `Analyzer.stream` accepts. An iterable holds frames, arrays or Pillow images.
Stream = str | os.PathLike[str] | int | bytes | bytearray | io.IOBase | Source | Iterable[Any]

_PICTURES = (
    "a path, a URL, the bytes of a picture, a file opened for reading bytes, a Pillow image, "
    "a uint8 array [H, W], [H, W, 3] or [H, W, 4], or a list of these"
)
_STREAMS = (
    "a path, a URL, a camera's number, the bytes of a video, an opened source, or an iterable of "
    "frames, uint8 arrays or Pillow images"
)
# Advice for particular types that are passed by mistake.
_ADVICE = {
    "NoneType": "OpenCV's imread returns None for a file that it cannot read",
    "int": "a camera is read by stream",
    "Source": "an opened source is read by stream",
    "Frame": "a frame is read by analyze_frame",
}


def check_picture(value: object, *, name: str = "the argument") -> None:
    """Check that a value has a type that `analyze` accepts.

    Args:
        value: The value to check.
        name: The name of the value in the error message.

    Raises:
        TypeError: The value has another type; the message lists the types.
    """
    is_file = hasattr(value, "read") and not isinstance(value, type)
    accepted = (str, os.PathLike, bytes, bytearray, memoryview, Image.Image, np.ndarray)
    if isinstance(value, accepted) or is_file:
        return
    kind = type(value).__name__
    advice = f" ({_ADVICE[kind]})" if kind in _ADVICE else ""
    raise TypeError(f"analyze takes {_PICTURES}; {name} is {kind}{advice}")


def picture_frame(picture: Picture) -> Frame:
    """Return a picture as a frame at time 0; its pixels are not shared with the caller.

    Raises:
        MediaError: The value cannot be read as a picture.
        MissingExtraError: The picture is HEIC, and the extra `heif` is not installed.

    Warns:
        MediaWarning: A file holds several pictures, of which the first is read.
    """
    frame = decoded_picture(picture)
    for note in frame.notes:
        warnings.warn(note, MediaWarning, stacklevel=4)
    return frame


def decoded_picture(picture: Picture) -> Frame:
    """Return a picture as `picture_frame` does, with notes (`Frame.notes`) instead of warnings."""
    name = _name(picture)
    image = read_image(picture, name=name)
    file = find_existing(Path(picture)) if isinstance(picture, str | os.PathLike) else picture
    notes = notes_of(file, name) if isinstance(file, Path | bytes) else ()
    if isinstance(picture, np.ndarray):
        # The caller may use the array's memory for the next picture.
        image = image.copy()
    return Frame(image, 0.0, 0, name, notes=notes)


def folder_files(folder: Path) -> list[Path]:
    """Return the pictures and videos of a folder, sorted.

    Raises:
        MediaError: The folder cannot be read, or has no picture and no video.

    Warns:
        MediaWarning: The folder holds other files.
    """
    return _files(folder, stacklevel=4)


def folder_pictures(folder: Path) -> list[Path]:
    """Return the pictures of a folder, sorted.

    Raises:
        MediaError: The folder cannot be read, or has no picture.

    Warns:
        MediaWarning: The folder holds videos or other files.
    """
    files = _files(folder, stacklevel=5)
    pictures = [path for path in files if path.suffix.lower() in PICTURE_SUFFIXES]
    videos = len(files) - len(pictures)
    if not pictures:
        raise MediaError(f"{folder}: has no picture", hint="use stream() to read its videos")
    if videos:
        note = f"{videos} left out because they are videos, which stream() reads"
        warnings.warn(f"{folder}: {note}", MediaWarning, stacklevel=4)
    return pictures


def _files(folder: Path, *, stacklevel: int) -> list[Path]:
    """Return a folder's media files; `stacklevel` is that of the warning about other files."""
    media = search_folder(folder)
    note = media.describe_left_out()
    if not media.files:
        raise MediaError(f"{folder}: has no picture or video", hint=note)
    if note:
        warnings.warn(f"{folder}: {note}", MediaWarning, stacklevel=stacklevel)
    return media.files


def _name(picture: object) -> str:
    if isinstance(picture, str | os.PathLike):
        return without_credentials(os.fspath(picture))
    # Files have a `name`, Pillow images a `filename`; either may be empty or not a str.
    name = getattr(picture, "filename", None) or getattr(picture, "name", None)
    return name if isinstance(name, str) and name else "picture"


def opened(source: Stream, *, rate: float) -> str | Path | bytes | Source | Iterable[Frame]:
    """Return the argument of `stream` as a path, a URL, bytes, a source or an iterator of frames.

    Args:
        source: See `Analyzer.stream`.
        rate: Frame rate of pictures without a time, frames per second.

    Raises:
        TypeError: The source has another type; the message lists the types.
        MediaError: The source is a negative camera number or a file that cannot be read.
        ValueError: `rate` is not above 0.
    """
    if not rate > 0:
        raise ValueError(f"rate must be above 0 frames a second, not {rate}")
    if isinstance(source, str | Path | bytes | Source):
        return source
    if isinstance(source, os.PathLike):
        return Path(source)
    if isinstance(source, bytearray | memoryview):
        return bytes(source)
    if isinstance(source, int | np.integer) and not isinstance(source, bool):
        if source < 0:
            raise MediaError(
                f"camera {source}: there is no such camera", hint="use 0 for the first camera"
            )
        return str(int(source))
    if hasattr(source, "read") and not isinstance(source, type):
        return read_whole(source, _name(source))
    if isinstance(source, Image.Image) or (isinstance(source, np.ndarray) and source.ndim < 4):
        raise TypeError(f"a single picture is read by analyze; stream takes {_STREAMS}")
    if isinstance(source, Iterable) and not isinstance(source, Mapping | AbstractSet):
        return _frames(source, rate)
    raise TypeError(f"stream takes {_STREAMS}, not {type(source).__name__}")


def _frames(items: Iterable[Any], rate: float) -> Iterator[Frame]:
    for index, item in enumerate(items):
        if isinstance(item, Frame):
            yield item
        elif isinstance(item, np.ndarray | Image.Image):
            yield Frame(read_image(item, name=f"frame {index}"), index / rate, index, "frames")
        else:
            kind = type(item).__name__
            raise TypeError(
                f"the iterable passed to stream() must yield frames or pictures, not {kind}"
            )
