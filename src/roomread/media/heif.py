"""Decode HEIC pictures, and read the orientation and colours of HEIF files (HEIC, AVIF)."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

from PIL import ExifTags, Image, ImageOps

from roomread.errors import MissingExtraError

# Headers of EXIF data, in either byte order, whose first table follows immediately.
_TIFF_HEADER = re.compile(rb"II\*\0\x08\0\0\0|MM\0\*\0\0\0\x08")
# Boxes whose content starts with a version and flags.
_FULL_BOXES = frozenset({b"meta"})
# Size of an `nclx` colour property, bytes: type, primaries, transfer function, matrix and range.
_NCLX_BYTES = 11


def open_heic(content: bytes) -> Image.Image:
    """Open the primary picture of an HEIC file; it is decoded on the first access to its pixels.

    Raises:
        MissingExtraError: the extra `heif` is not installed.
        OSError, ValueError, RuntimeError, EOFError: the content is damaged.
    """
    try:
        from pi_heif.as_plugin import HeifImageFile  # noqa: PLC0415 (an extra)
    except ImportError as error:
        raise MissingExtraError("an HEIC picture", extra="heif") from error
    picture: Image.Image = HeifImageFile(io.BytesIO(content))
    return picture


def upright_heif(picture: Image.Image, content: bytes) -> Image.Image:
    """Return an opened HEIC or AVIF picture upright.

    A rotation or mirroring in the container takes precedence over the orientation in EXIF. The HEIC
    decoder has already applied the container's rotation or mirroring; for AVIF, Pillow reports the
    same as the EXIF orientation. The orientation in EXIF is used only if the container has neither.

    Args:
        picture: the picture as opened by `open_heic` or Pillow.
        content: the content of the whole file.
    """
    if not has_turn(content) and (orientation := _exif_orientation(content)) != 1:
        picture.getexif()[ExifTags.Base.Orientation] = orientation
    return ImageOps.exif_transpose(picture)


def _exif_orientation(content: bytes) -> int:
    """Return the EXIF orientation of a HEIF file, 1 to 8; 1 if the file does not state it."""
    start = _TIFF_HEADER.search(content)
    if start is None:
        return 1
    exif = Image.Exif()
    exif.load(b"Exif\0\0" + content[start.start() :])
    orientation = exif.get(ExifTags.Base.Orientation, 1)
    return orientation if isinstance(orientation, int) else 1


def has_turn(content: bytes) -> bool:
    """Return whether the container rotates or mirrors the primary picture of a HEIF file."""
    return any(kind in (b"irot", b"imir") for kind, _ in _primary_properties(content))


def find_colors(content: bytes) -> tuple[int, int] | None:
    """Return the primaries and the transfer function of the primary picture of a HEIF file.

    Both are code points of ITU-T H.273. The result is None if the file does not state them, or is
    not a HEIF file.
    """
    if content[4:8] != b"ftyp":
        return None
    for kind, body in _primary_properties(content):
        if kind == b"colr" and body[:4] == b"nclx" and len(body) >= _NCLX_BYTES:
            return int.from_bytes(body[4:6], "big"), int.from_bytes(body[6:8], "big")
    return None


def _primary_properties(content: bytes) -> list[tuple[bytes, bytes]]:
    """Return the type and content of each property of the primary picture of a HEIF file."""
    meta = next((body for kind, body in _boxes(content) if kind == b"meta"), b"")
    parts = dict(_boxes(meta))
    primary = _primary(parts.get(b"pitm", b""))
    properties = dict(_boxes(parts.get(b"iprp", b"")))
    found = list(_boxes(properties.get(b"ipco", b"")))
    used = _associations(properties.get(b"ipma", b""), primary)
    return [found[index - 1] for index in used if 0 < index <= len(found)]


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the type and content of each box in a container, up to the first incomplete box."""
    place = 0
    while place + 8 <= len(data):
        size, kind, start = (
            int.from_bytes(data[place : place + 4], "big"),
            data[place + 4 : place + 8],
            8,
        )
        if size == 1:
            size, start = int.from_bytes(data[place + 8 : place + 16], "big"), 16
        elif size == 0:
            size = len(data) - place
        if size < start or place + size > len(data):
            return
        start += 4 if kind in _FULL_BOXES else 0
        yield kind, data[place + start : place + size]
        place += size


def _primary(pitm: bytes) -> int:
    """Return the id of the primary picture from the content of a `pitm` box."""
    width = 4 if pitm[:1] == b"\1" else 2
    return int.from_bytes(pitm[4 : 4 + width], "big")


def _associations(ipma: bytes, item: int) -> list[int]:
    """Read the 1-based indices of a picture's properties from the content of an `ipma` box."""
    id_width = 4 if ipma[:1] != b"\0" else 2
    width = 2 if ipma[3:4] and ipma[3] & 1 else 1
    place = 8
    for _ in range(int.from_bytes(ipma[4:8], "big")):
        found = int.from_bytes(ipma[place : place + id_width], "big")
        place += id_width
        count = ipma[place] if place < len(ipma) else 0
        place += 1
        used = [ipma[i : i + width] for i in range(place, place + count * width, width)]
        if found == item:
            # The highest bit marks the property as essential and is not part of the index.
            return [int.from_bytes(part, "big") & (0x7FFF if width == 2 else 0x7F) for part in used]
        place += count * width
        if place >= len(ipma):
            break
    return []
