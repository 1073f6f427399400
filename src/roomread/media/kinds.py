"""Tell pictures from videos, by their names and by their content."""

from __future__ import annotations

import io
import mmap
import re
import warnings
from enum import StrEnum
from pathlib import Path
from typing import IO

from PIL import Image, UnidentifiedImageError

WRITABLE_PICTURE_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".bmp", ".dib", ".tif", ".tiff", ".gif"}
)
PICTURE_SUFFIXES = WRITABLE_PICTURE_SUFFIXES | frozenset(
    {".heic", ".heics", ".heif", ".heifs", ".hif", ".avif", ".avifs"}
)
VIDEO_SUFFIXES = frozenset(
    {".mp4", ".m4v", ".mov", ".qt", ".3gp", ".3g2", ".webm", ".mkv", ".avi", ".divx", ".dv"}
    | {".mpg", ".mpeg", ".mpe", ".m1v", ".m2v", ".vob", ".ts", ".mts", ".m2ts", ".m2t", ".mxf"}
    | {".wmv", ".asf", ".flv", ".f4v", ".ogv", ".ogm", ".mjpeg", ".mjpg"}
    | {".h264", ".264", ".h265", ".265", ".hevc"}
)
# Pillow knows some forty kinds of picture. The others stay unread whatever a file is named: its
# reader of EPS starts Ghostscript.
PILLOW_FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "DIB", "TIFF", "GIF", "AVIF")

_HEIC_BRANDS = frozenset(
    {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"mif2"}
    | {b"msf1", b"avci", b"avcs", b"jpeg", b"jpgs"}
)
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
# A marker that ends a scan of a JPEG: neither a stuffed byte, nor a restart, nor a fill byte.
_END_OF_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD9)})
_JPEG = b"\xff\xd8\xff"
# Enough for the header of each kind of picture that is read, bytes.
_HEAD = 65_536


class Heif(StrEnum):
    """The two kinds of picture in a HEIF container."""

    HEIC = "HEIC"
    AVIF = "AVIF"


def heif_kind(head: bytes) -> Heif | None:
    """Return which HEIF picture a file is by its first bytes; None for other files and for films.

    Args:
        head: the start of the file, at least the first box.
    """
    if head[4:8] != b"ftyp":
        return None
    size = min(int.from_bytes(head[:4], "big"), len(head))
    major = head[8:12]
    compatible = {head[i : i + 4] for i in range(16, size, 4)}
    if major in _AVIF_BRANDS or (major in _HEIC_BRANDS and compatible & _AVIF_BRANDS):
        return Heif.AVIF
    return Heif.HEIC if major in _HEIC_BRANDS else None


def is_picture(file: Path | bytes) -> bool:
    """Return whether the content of a file is one still picture of a kind that is read.

    A damaged or huge picture counts, as its reader says best what is wrong with it. Several JPEGs
    in a row, as cameras record them, are a video.

    Raises:
        OSError: the file cannot be read.
    """
    if isinstance(file, bytes):
        return _is_picture(io.BytesIO(file[:_HEAD])) and not is_jpeg_stream(file)
    with file.open("rb") as opened:
        if not _is_picture(io.BytesIO(opened.read(_HEAD))):
            return False
        opened.seek(0)
        return file.suffix.lower() in PICTURE_SUFFIXES or not _is_jpeg_stream_file(opened)


def _is_picture(head: io.BytesIO) -> bool:
    if heif_kind(head.getvalue()) is not None:
        return True
    try:
        with warnings.catch_warnings():
            # The reader of pictures itself says what is too large or damaged.
            warnings.simplefilter("ignore")
            Image.open(head, formats=PILLOW_FORMATS).close()
    except UnidentifiedImageError:
        # A JPEG whose header is longer than the head, or is damaged.
        return head.getvalue().startswith(_JPEG)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        # Recognised, and then damaged or too large.
        return True
    return True


def _is_jpeg_stream_file(file: IO[bytes]) -> bool:
    if file.read(len(_JPEG)) != _JPEG:
        return False
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return is_jpeg_stream(content)


def is_jpeg_stream(content: bytes | mmap.mmap) -> bool:
    """Return whether content is JPEGs in a row (raw Motion JPEG) rather than one.

    A picture that announces further ones of its own (MPF, as depth maps and 3D pictures) is one.
    """
    if content[:3] != _JPEG:
        return False
    place = 2
    while (marker := content[place : place + 2]) != b"\xff\xd9":
        if len(marker) < 2 or marker[0] != 0xFF:
            return False
        if marker[1] == 0xFF:
            place += 1
        elif marker[1] in _STANDALONE:
            place += 2
        else:
            if marker[1] == 0xE2 and content[place + 4 : place + 8] == b"MPF\0":
                return False
            place += 2 + int.from_bytes(content[place + 2 : place + 4], "big")
            if marker[1] == 0xDA:
                end = _END_OF_SCAN.search(content, place)
                if end is None:
                    return False
                place = end.start()
    following = content[place + 2 : place + 66].lstrip(b"\0\r\n")
    return following.startswith(_JPEG)
