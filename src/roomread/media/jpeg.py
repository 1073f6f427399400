"""Count the scans of a JPEG file before it is decoded."""

from __future__ import annotations

import re

_START = b"\xff\xd8"
# A marker other than stuffing, restarts and padding.
_MARKER = re.compile(rb"\xff+[\x01-\xcf\xd8-\xfe]")
_SCAN, _END = 0xDA, 0xD9
# Markers that have no length: a temporary one, and the start and the end of an image.
_ALONE = frozenset({0x01, 0xD8, _END})


def count_scans(content: bytes) -> int:
    """Return how many scans the first image of a JPEG file has; 0 if it is no JPEG.

    Each scan of a progressive JPEG visits the whole picture, and takes a few bytes if nothing
    changes, so that a small file can keep a decoder busy for minutes.
    """
    if not content.startswith(_START):
        return 0
    scans, position = 0, len(_START)
    while (found := _MARKER.search(content, position)) is not None:
        marker, position = content[found.end() - 1], found.end()
        if marker == _END:
            break
        scans += marker == _SCAN
        if marker not in _ALONE:
            # The content of a segment may look like markers.
            position += int.from_bytes(content[position : position + 2], "big")
    return scans
