"""Inspect JPEG files: count their scans, and find out whether they are complete."""

from __future__ import annotations

import re
from dataclasses import dataclass

from PIL import Image

from roomread.pyav import av

_START, _EOI = b"\xff\xd8", b"\xff\xd9"
# A marker other than stuffing, restarts and padding. Python searches for its first byte as fast as
# memory is read, because that byte is not repeated in the pattern.
_MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
_SCAN, _END = 0xDA, 0xD9
# Markers without a length: TEM, and the start and the end of an image.
_ALONE = frozenset({0x01, 0xD8, _END})
# The level that decoders assign to missing pixels.
_MISSING = 128


@dataclass(frozen=True, slots=True)
class Scans:
    """The scans of the first image of a JPEG file.

    Attributes:
        count: the number of scans; 0 if the file is not a JPEG.
        ended: whether the end of the image is marked.
    """

    count: int
    ended: bool


def find_scans(content: bytes) -> Scans:
    """Return how many scans the first image of a JPEG file has, and whether its end is marked.

    Each scan of a progressive JPEG covers the whole picture, but takes only a few bytes if it
    changes nothing, so a small file can keep a decoder busy for minutes.
    """
    if not content.startswith(_START):
        return Scans(0, ended=False)
    scans, position = 0, len(_START)
    while (found := _MARKER.search(content, position)) is not None:
        marker, position = content[found.end() - 1], found.end()
        if marker == _END:
            return Scans(scans, ended=True)
        scans += marker == _SCAN
        if marker not in _ALONE:
            # The content of a segment may look like markers.
            position += int.from_bytes(content[position : position + 2], "big")
    return Scans(scans, ended=False)


def with_end(content: bytes, scans: Scans) -> bytes:
    """Return the content of a JPEG with its end marked; other content is returned unchanged.

    Zeros at the end are removed: they are left when a copy into preallocated space is interrupted.

    Args:
        content: the content of the file.
        scans: the result of `find_scans` for it.
    """
    return content if scans.ended or not scans.count else content.rstrip(b"\0") + _EOI


def may_be_cut(picture: Image.Image, scans: Scans) -> bool:
    """Return whether a part of a JPEG seems to be missing; False for other files.

    Args:
        picture: the decoded picture, before its EXIF orientation is applied.
        scans: the result of `find_scans` for its file.
    """
    if not scans.count:
        return False
    last = picture.crop((0, picture.height - 1, picture.width, picture.height))
    extrema = last.getextrema()
    levels = extrema if isinstance(extrema[0], tuple) else (extrema,)
    return not scans.ended or all(level == (_MISSING, _MISSING) for level in levels)


def is_complete(content: bytes) -> bool:
    """Return whether a JPEG has the data of its whole picture, except perhaps its last few blocks.

    libjpeg fills missing data with grey without reporting it to Pillow, so FFmpeg's decoder is
    used, which can be made strict.

    Args:
        content: the content of the file, as returned by `with_end`.
    """
    decoder = av.CodecContext.create("mjpeg", "r")
    decoder.options = {"err_detect": "explode"}
    decoder.thread_count = 1
    try:
        return bool(decoder.decode(av.Packet(content)))
    except av.FFmpegError:
        return False
