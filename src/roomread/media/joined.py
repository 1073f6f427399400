"""Detect files that were joined byte by byte, of which only the first film is read."""

from __future__ import annotations

import re
from pathlib import Path

# How Matroska and WebM, FLV, and MP4 and MOV begin.
_BEGINNINGS = re.compile(
    rb"\x1a\x45\xdf\xa3.{1,64}?(?:matroska|webm)"
    rb"|FLV\x01[\x01\x04\x05]\0\0\0\x09"
    rb"|\0\0\0[\x10-\xff]ftyp",
    re.DOTALL,
)
# An index may stand between two films, bytes.
_SEARCHED = 16_000_000


def has_film_behind(path: Path, place: int) -> bool:
    """Return whether another film begins behind a byte of a file.

    Transport streams and MPEG files are read to their end however they were joined; of the other
    kinds only the first film, or the second, is.

    Args:
        path: the file.
        place: where the last packet that was read ends.
    """
    with path.open("rb") as file:
        file.seek(place)
        return _BEGINNINGS.search(file.read(_SEARCHED)) is not None
