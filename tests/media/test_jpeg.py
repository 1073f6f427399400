"""A JPEG with a great number of scans is refused before it keeps a decoder busy."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from roomread.bench.scenes import astronaut
from roomread.errors import MediaError
from roomread.media import read_image
from roomread.media.jpeg import count_scans


def jpeg(image: Image.Image, *, progressive: bool, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", progressive=progressive, **options)
    return file.getvalue()


def with_scans(content: bytes, more: int) -> bytes:
    """Return a progressive JPEG whose last scan is repeated."""
    last = content.rindex(b"\xff\xda")
    return content[:-2] + content[last:-2] * more + content[-2:]


def test_scans_are_counted_and_what_only_looks_like_one_is_not() -> None:
    portrait = Image.fromarray(astronaut())
    looks_alike = b"Exif\0\0" + b"\xff\xda" * 1000
    assert count_scans(jpeg(portrait, progressive=False, exif=looks_alike)) == 1
    progressive = jpeg(portrait, progressive=True, exif=looks_alike)
    assert 2 <= count_scans(progressive) <= 16
    # A second picture or a film after the first one, as telephones write them.
    assert count_scans(progressive + b"\xff\xda" * 1000) == count_scans(progressive)


@pytest.mark.parametrize("content", [b"", b"\xff\xd8", b"\xff\xd8\xff", b"\x89PNG\xff\xda"])
def test_cut_off_or_other_files_have_no_scans(content: bytes) -> None:
    assert count_scans(content) == 0


def test_large_picture_of_many_scans_is_refused_and_a_small_one_is_read() -> None:
    large = with_scans(jpeg(Image.new("RGB", (5000, 5000), "grey"), progressive=True), 100)
    assert len(large) < 500_000
    with pytest.raises(MediaError, match=r"has 1\d\d scans"):
        read_image(large)
    portrait = jpeg(Image.fromarray(astronaut()), progressive=True)
    assert read_image(with_scans(portrait, 100)).shape == astronaut().shape
