from __future__ import annotations

import struct
import zlib

import pytest

from roomread.media.png import find_chunk, without_text

SIGNATURE = b"\x89PNG\r\n\x1a\n"
ENDS = [(b"IDAT", b"pixels"), (b"IEND", b"")]


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    return SIGNATURE + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def compressed(length: int) -> bytes:
    return zlib.compress(bytes(length))


@pytest.mark.parametrize(
    "chunk",
    [
        (b"tEXt", b"Comment\0a word"),
        (b"zTXt", b"Raw profile type exif\0\0" + compressed(500_000)),
        (b"iCCP", b"icc\0\0" + compressed(500_000)),
        (b"iCCP", b"icc\0\0no zlib"),
    ],
)
def test_png_text_and_large_or_damaged_color_profiles_are_removed(
    chunk: tuple[bytes, bytes],
) -> None:
    assert without_text(png(chunk, *ENDS)) == png(*ENDS)


@pytest.mark.parametrize(
    "chunk",
    [
        (b"gAMA", struct.pack(">I", 45_455)),
        (b"zTXt", b"Raw profile type exif\0\0" + compressed(100)),
        (b"iCCP", b"icc\0\0" + compressed(3000)),
    ],
)
def test_png_chunks_with_the_orientation_or_colours_are_kept(chunk: tuple[bytes, bytes]) -> None:
    content = png((b"tEXt", b"Comment\0a word"), chunk, *ENDS)
    assert without_text(content) == png(chunk, *ENDS)


def test_first_png_chunk_of_a_type_is_found() -> None:
    content = png((b"cICP", b"\x09\x10\0\1"), (b"cICP", b"later"), *ENDS)
    assert find_chunk(content, b"cICP") == b"\x09\x10\0\1"
    assert find_chunk(content, b"gAMA") is None


def test_file_that_is_not_a_png_is_unchanged_and_has_no_chunks() -> None:
    content = b"\xff\xd8\xff" + png((b"tEXt", b"Comment\0a word"))
    assert without_text(content) is content
    assert find_chunk(content, b"tEXt") is None
