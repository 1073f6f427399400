"""PNG without its notes: Pillow refuses a whole picture for a long comment or colour profile."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_NOTES = frozenset({b"tEXt", b"zTXt", b"iTXt", b"iCCP"})
# Notes in which programs keep how a picture is turned.
_KEPT = (b"Raw profile type exif", b"Raw profile type APP1", b"XML:com.adobe.xmp")
# Pillow refuses larger notes, bytes.
_MAX_NOTE = 500_000


def without_text(content: bytes) -> bytes:
    """Return a PNG without its texts and colour profile; any other file as it is.

    Short notes that may say how the picture is turned are kept. Pixels, palette, transparency and
    EXIF are untouched.

    Args:
        content: the file.
    """
    if not content.startswith(_SIGNATURE):
        return content
    chunks = list(_chunks(content))
    if not any(kind in _NOTES for kind, _ in chunks):
        return content
    kept = [chunk for kind, chunk in chunks if kind not in _NOTES or _is_kept(chunk)]
    return _SIGNATURE + b"".join(kept)


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the type and the bytes of each chunk; the last one may be cut off."""
    place = len(_SIGNATURE)
    while place < len(content):
        size = 12 + int.from_bytes(content[place : place + 4], "big")
        yield content[place + 4 : place + 8], content[place : place + size]
        place += size


def _is_kept(chunk: bytes) -> bool:
    data = chunk[8:-4]
    if not data.startswith(_KEPT) or len(data) > _MAX_NOTE:
        return False
    # The compressed text follows its keyword; of no other kind of note the size is unknown.
    _, _, text = data.partition(b"\0")
    if chunk[4:8] == b"zTXt":
        return _is_short(text[1:])
    return chunk[4:8] == b"tEXt" or text[:1] == b"\0"


def _is_short(compressed: bytes) -> bool:
    try:
        return len(zlib.decompressobj().decompress(compressed, _MAX_NOTE)) < _MAX_NOTE
    except zlib.error:
        return False
