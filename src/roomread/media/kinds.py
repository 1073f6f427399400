"""Distinguish pictures from videos by their names and by their content."""

from __future__ import annotations

import io
import mmap
import re
import warnings
from enum import StrEnum
from functools import cache
from importlib import import_module
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
# The only formats that Pillow may open. Its other readers are not used, whatever a file is named,
# because some are unsafe: the reader of EPS starts Ghostscript.
PILLOW_FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "DIB", "TIFF", "GIF", "AVIF")
# Readers of these formats that Pillow by itself loads only together with all its others, which
# takes 16 ms and 4 MB.
_FURTHER_READERS = ("PIL.AvifImagePlugin", "PIL.TiffImagePlugin", "PIL.WebPImagePlugin")

_HEIC_BRANDS = frozenset(
    {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"mif2"}
    | {b"msf1", b"avci", b"avcs", b"jpeg", b"jpgs"}
)
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
# Matches a marker that ends the scan of a JPEG: no stuffed byte, restart or fill byte.
_END_OF_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD9)})
_JPEG = b"\xff\xd8\xff"
_SIGNATURES = {
    _JPEG: "JPEG",
    b"\x89PNG": "PNG",
    b"GIF8": "GIF",
    b"RIFF": "WebP",
    b"BM": "BMP",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
}
# Number of bytes that contain the header of every supported picture format.
_HEAD = 65_536


class Heif(StrEnum):
    """The two codecs of pictures in a HEIF container."""

    HEIC = "HEIC"
    AVIF = "AVIF"


def heif_kind(head: bytes) -> Heif | None:
    """Return the codec of a HEIF picture from its first bytes; None for other files and videos.

    Args:
        head: the start of the file, which must include the first box.
    """
    if head[4:8] != b"ftyp":
        return None
    size = min(int.from_bytes(head[:4], "big"), len(head))
    major = head[8:12]
    compatible = {head[i : i + 4] for i in range(16, size, 4)}
    if major in _AVIF_BRANDS or (major in _HEIC_BRANDS and compatible & _AVIF_BRANDS):
        return Heif.AVIF
    return Heif.HEIC if major in _HEIC_BRANDS else None


def picture_format(content: bytes) -> str | None:
    """Return the picture format that a file's first bytes indicate; None for other files.

    Args:
        content: the content of the file, damaged or not.
    """
    if (heif := heif_kind(content)) is not None:
        return heif
    return next((name for head, name in _SIGNATURES.items() if content.startswith(head)), None)


def open_encoded(file: IO[bytes], *, formats: tuple[str, ...] = PILLOW_FORMATS) -> Image.Image:
    """Open a picture of a supported format; it is decoded when its pixels are accessed.

    Args:
        file: the encoded picture, at its start.
        formats: Pillow's names of the formats to try.

    Raises:
        UnidentifiedImageError: the file has none of these formats.
        Exception: Pillow raised an error because the picture is damaged or too large.
    """
    _load_readers()
    return Image.open(file, formats=formats)


@cache
def _load_readers() -> None:
    Image.preinit()
    for name in _FURTHER_READERS:
        import_module(name)


def is_picture(file: Path | bytes) -> bool:
    """Return whether the content of a file is one still picture of a supported format.

    Damaged and huge pictures count as pictures, so that reading them reports what is wrong. Several
    JPEGs in a row (Motion JPEG) are a video.

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
            # It is a picture; reading it will report that it is too large or damaged.
            warnings.simplefilter("ignore")
            open_encoded(head).close()
    except UnidentifiedImageError:
        # The header of a JPEG is longer than `head`, or damaged.
        return head.getvalue().startswith(_JPEG)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        # Pillow recognised the format; reading it will report the damage or the size.
        return True
    return True


def _is_jpeg_stream_file(file: IO[bytes]) -> bool:
    if file.read(len(_JPEG)) != _JPEG:
        return False
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return is_jpeg_stream(content)


def is_jpeg_stream(content: bytes | mmap.mmap) -> bool:
    """Return whether content is several JPEGs in a row (raw Motion JPEG), not a single JPEG.

    A JPEG whose header declares further pictures (MPF: depth maps, 3D pictures) counts as a single
    JPEG.
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
