"""Detect files made by concatenating videos, of which FFmpeg reads only the first."""

from __future__ import annotations

import re
from typing import IO

# First bytes of Matroska and WebM, of FLV, and of MP4 and MOV files.
_BEGINNINGS = re.compile(
    rb"\x1a\x45\xdf\xa3.{1,64}?(?:matroska|webm)"
    rb"|FLV\x01[\x01\x04\x05]\0\0\0\x09"
    rb"|\0\0\0[\x10-\xff]ftyp",
    re.DOTALL,
)
# Number of bytes to search after the first video, because an index may follow it.
_SEARCHED = 16_000_000


def has_video_after(file: IO[bytes], offset: int) -> bool:
    """Return whether another video begins after an offset in a file.

    FFmpeg reads concatenated transport streams and MPEG files to the end. In other formats it reads
    only the first of the videos.

    Args:
        file: the opened file; its position changes.
        offset: where the last packet that was read ends, bytes from the start of the file.
    """
    file.seek(offset)
    return _BEGINNINGS.search(file.read(_SEARCHED)) is not None
