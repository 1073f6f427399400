"""Find chunks of PNG files, and remove text chunks, as Pillow rejects pictures with long texts."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_NOTES = frozenset({b"tEXt", b"zTXt", b"iTXt", b"iCCP"})
# Text chunks that may contain the orientation of a picture.
_KEPT = (b"Raw profile type exif", b"Raw profile type APP1", b"XML:com.adobe.xmp")
# Maximum size of text or a profile that is kept, bytes; Pillow rejects much larger ones.
_MAX_NOTE = 500_000


def without_text(content: bytes) -> bytes:
    """Return a PNG without its text chunks; any other file is returned unchanged.

    Short text chunks that may contain the orientation, and a short colour profile, are kept.
    Pixels, palette, transparency and EXIF are untouched.

    Args:
        content: the content of the file.
    """
    if not content.startswith(_SIGNATURE):
        return content
    chunks = list(_chunks(content))
    if not any(kind in _NOTES for kind, _ in chunks):
        return content
    kept = [chunk for kind, chunk in chunks if kind not in _NOTES or _is_kept(chunk)]
    return _SIGNATURE + b"".join(kept)


def find_chunk(content: bytes, kind: bytes) -> bytes | None:
    """Return the data of a file's first PNG chunk of a type; None if it has no such chunk.

    Args:
        content: the content of the file.
        kind: the four letters of the type.
    """
    if not content.startswith(_SIGNATURE):
        return None
    return next((chunk[8:-4] for found, chunk in _chunks(content) if found == kind), None)


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the type and all bytes of each chunk of a PNG; the last chunk may be incomplete."""
    place = len(_SIGNATURE)
    while place < len(content):
        size = 12 + int.from_bytes(content[place : place + 4], "big")
        yield content[place + 4 : place + 8], content[place : place + size]
        place += size


def _is_kept(chunk: bytes) -> bool:
    data = chunk[8:-4]
    if chunk[4:8] == b"iCCP":
        _, _, profile = data.partition(b"\0")
        return _is_short(profile[1:])
    if not data.startswith(_KEPT) or len(data) > _MAX_NOTE:
        return False
    # The text follows the keyword. Only compressed text can be longer than its chunk.
    _, _, text = data.partition(b"\0")
    if chunk[4:8] == b"zTXt":
        return _is_short(text[1:])
    return chunk[4:8] == b"tEXt" or text[:1] == b"\0"


def _is_short(compressed: bytes) -> bool:
    try:
        return len(zlib.decompressobj().decompress(compressed, _MAX_NOTE)) < _MAX_NOTE
    except zlib.error:
        return False
