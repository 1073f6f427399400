"""JPEGs with many scans, and JPEGs of which a part is missing."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from roomread.bench.scenes import astronaut
from roomread.errors import MediaError
from roomread.media import read_image
from roomread.media.jpeg import find_scans, with_end


def scans_of(content: bytes) -> int:
    return find_scans(content).count


def jpeg(image: Image.Image, *, progressive: bool, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", progressive=progressive, **options)
    return file.getvalue()


def with_scans(content: bytes, more: int) -> bytes:
    """Return a progressive JPEG whose last scan is repeated `more` times."""
    last = content.rindex(b"\xff\xda")
    return content[:-2] + content[last:-2] * more + content[-2:]


def test_counting_jpeg_scans_ignores_bytes_that_look_like_a_scan_marker() -> None:
    portrait = Image.fromarray(astronaut())
    looks_alike = b"Exif\0\0" + b"\xff\xda" * 1000
    assert scans_of(jpeg(portrait, progressive=False, exif=looks_alike)) == 1
    progressive = jpeg(portrait, progressive=True, exif=looks_alike)
    assert 2 <= scans_of(progressive) <= 16
    # Phones append a second picture or a video to a JPEG.
    assert scans_of(progressive + b"\xff\xda" * 1000) == scans_of(progressive)


def test_padding_before_a_jpeg_marker_is_skipped() -> None:
    progressive = jpeg(Image.fromarray(astronaut()), progressive=True)
    padded = progressive.replace(b"\xff\xda", b"\xff\xff\xff\xda")
    assert find_scans(padded) == find_scans(progressive)


@pytest.mark.parametrize("content", [b"", b"\xff\xd8", b"\xff\xd8\xff", b"\x89PNG\xff\xda"])
def test_truncated_jpegs_and_files_of_other_formats_have_no_scans(content: bytes) -> None:
    assert scans_of(content) == 0


def test_jpeg_with_many_scans_is_refused_if_large_and_read_if_small() -> None:
    large = with_scans(jpeg(Image.new("RGB", (5000, 5000), "grey"), progressive=True), 100)
    assert len(large) < 500_000
    with pytest.raises(MediaError, match=r"has 1\d\d scans"):
        read_image(large)
    portrait = jpeg(Image.fromarray(astronaut()), progressive=True)
    assert read_image(with_scans(portrait, 100)).shape == astronaut().shape


# Garbage after progressive data cannot be detected, and neither can an early end of the data.
@pytest.mark.parametrize(
    ("progressive", "tail"),
    [
        *(
            (progressive, tail)
            for progressive in (False, True)
            for tail in (b"", b"\xff", bytes(400))
        ),
        (False, b"no picture" * 400),
    ],
)
def test_jpeg_without_an_end_marker_is_read(tail: bytes, *, progressive: bool) -> None:
    content = jpeg(Image.fromarray(astronaut()), progressive=progressive)
    np.testing.assert_array_equal(read_image(content[:-2] + tail), read_image(content))


@pytest.mark.parametrize(
    ("progressive", "tail"),
    [
        (False, b""),
        (False, b"\xff\xd9"),
        (False, bytes(90_000)),
        (True, b""),
        (True, bytes(90_000)),
    ],
)
def test_jpeg_with_missing_data_is_refused(tail: bytes, *, progressive: bool) -> None:
    # The copy was interrupted; its end may be marked, or its space may have been preallocated.
    content = jpeg(Image.fromarray(astronaut()), progressive=progressive)
    with pytest.raises(MediaError, match="a part of the picture is missing"):
        read_image(content[: len(content) * 2 // 3] + tail)


def test_uniform_grey_jpeg_is_not_mistaken_for_a_truncated_jpeg() -> None:
    grey = Image.new("RGB", (64, 64), (128, 128, 128))
    assert read_image(jpeg(grey, progressive=False)).mean() == 128


def test_no_end_marker_is_added_to_a_file_that_is_not_a_jpeg() -> None:
    for content in (b"", b"GIF89a", b"\xff\xd8\xff"):
        assert with_end(content, find_scans(content)) == content
