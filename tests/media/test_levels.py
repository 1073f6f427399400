"""Colours of more than 8 bits."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest

from roomread.bench.scenes import astronaut
from roomread.media import read_image


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_of_16_bits(levels: np.ndarray, *, orientation: int = 1) -> bytes:
    """Return a PNG of uint16 [H, W, 3] RGB or [H, W, 4] RGBA with an EXIF orientation."""
    height, width, channels = levels.shape
    head = struct.pack(">IIBBBBB", width, height, 16, 2 if channels == 3 else 6, 0, 0, 0)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in levels)
    exif = b"II*\0\x08\0\0\0\x01\0" + struct.pack("<HHII", 0x0112, 3, 1, orientation) + bytes(4)
    parts = [(b"IHDR", head), (b"eXIf", exif), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(kind, data) for kind, data in parts)


def tiff_of_16_bits(levels: np.ndarray) -> bytes:
    """Return a TIFF of uint16 [H, W, 3] RGB."""
    height, width, _ = levels.shape
    data = levels.astype("<u2").tobytes()
    directory = 8 + len(data)
    depths = directory + 2 + 9 * 12 + 4
    entries = [(256, 3, 1, width), (257, 3, 1, height), (258, 3, 3, depths), (259, 3, 1, 1)]
    entries += [(262, 3, 1, 2), (273, 4, 1, 8), (277, 3, 1, 3), (278, 4, 1, height)]
    entries.append((279, 4, 1, len(data)))
    table = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *e) for e in entries)
    return b"II*\0" + struct.pack("<I", directory) + data + table + bytes(4) + b"\x10\0" * 3


@pytest.mark.parametrize("bits", [10, 12, 14, 16])
@pytest.mark.parametrize("make", [png_of_16_bits, tiff_of_16_bits])
def test_colors_of_lower_bit_depth_stored_in_16_bits_are_not_read_as_black(
    make: object, bits: int
) -> None:
    # Scientific cameras store 10 to 14 bits in 16, of which Pillow keeps the upper 8.
    assert callable(make)
    levels = np.round(astronaut() / 255 * (2**bits - 1)).astype(np.uint16)
    read = read_image(make(levels)).astype(int)
    assert np.abs(read - astronaut()).mean() < 1


def test_transparency_and_orientation_are_kept_when_values_are_scaled() -> None:
    levels = np.zeros((4, 6, 4), np.uint16)
    levels[..., 0] = 1023
    levels[..., 3] = 65_535
    levels[0, 0, 3] = 0
    image = read_image(png_of_16_bits(levels, orientation=6))
    assert image.shape == (6, 4, 3)
    # The transparent pixel becomes white; it was at the top left before the rotation.
    assert image[0, 3].tolist() == [255, 255, 255]
    assert image[3, 0].tolist() == [255, 0, 0]


def test_transparent_level_of_a_16_bit_grey_picture_is_white() -> None:
    levels = np.full((4, 6), 30_000, np.uint16)
    levels[0] = 4660
    levels[3] = 65_535
    head = struct.pack(">IIBBBBB", 6, 4, 16, 0, 0, 0, 0)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in levels)
    parts = [(b"IHDR", head), (b"tRNS", struct.pack(">H", 4660)), (b"IDAT", zlib.compress(rows))]
    parts.append((b"IEND", b""))
    png = b"\x89PNG\r\n\x1a\n" + b"".join(chunk(kind, data) for kind, data in parts)
    assert read_image(png)[:, 0, 0].tolist() == [255, 117, 117, 255]
