"""The page of a TIFF that is read, and raw files of cameras."""

from __future__ import annotations

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from roomread.errors import MediaError
from roomread.media import notes_of, read_image

SUBFILE, SUB_IFDS, DNG_VERSION = 254, 330, 50706
WHOLE, REDUCED, MASK = 0, 1, 4


def tiff(*pages: tuple[Image.Image, dict[int, object]]) -> bytes:
    """Return a TIFF of pages with tags."""
    content = io.BytesIO()
    with_tags = []
    for picture, tags in pages:
        page = picture.copy()
        page.encoderinfo = {"tiffinfo": tags}
        with_tags.append(page)
    first, tags = pages[0]
    first.save(content, "TIFF", save_all=True, append_images=with_tags[1:], tiffinfo=tags)
    return content.getvalue()


def pixels() -> NDArray[np.uint8]:
    """Return a picture of which every pixel is different, uint8 [30, 40, 3]."""
    return np.arange(3600, dtype=np.uint16).astype(np.uint8).reshape(30, 40, 3)


def photo() -> Image.Image:
    return Image.fromarray(pixels())


def thumbnail() -> Image.Image:
    return photo().resize((8, 6))


@pytest.mark.parametrize("kind", [REDUCED, MASK, REDUCED | MASK])
def test_thumbnail_before_the_photo_is_skipped(kind: int) -> None:
    content = tiff((thumbnail(), {SUBFILE: kind}), (photo(), {SUBFILE: WHOLE}))
    np.testing.assert_array_equal(read_image(content), pixels())
    assert notes_of(content, "a.tif") == ()


def test_photo_followed_by_smaller_copies_is_one_picture() -> None:
    content = tiff((photo(), {}), (thumbnail(), {SUBFILE: REDUCED}))
    np.testing.assert_array_equal(read_image(content), pixels())
    assert notes_of(content, "a.tif") == ()


def test_pages_of_a_scan_are_counted() -> None:
    content = tiff((photo(), {}), (photo(), {}), (thumbnail(), {SUBFILE: REDUCED}))
    assert notes_of(content, "a.tif") == ("a.tif: of its 2 pictures the first is read",)


def test_largest_page_is_read_if_all_are_called_thumbnails() -> None:
    tags: dict[int, object] = {SUBFILE: REDUCED}
    content = tiff((thumbnail(), tags), (photo(), tags))
    np.testing.assert_array_equal(read_image(content), pixels())
    assert notes_of(content, "a.tif") == ()


@pytest.mark.parametrize(
    "tags",
    [
        {SUBFILE: REDUCED, DNG_VERSION: b"\1\4\0\0"},
        {DNG_VERSION: b"\1\4\0\0"},
        {SUBFILE: REDUCED, SUB_IFDS: (8,)},
    ],
    ids=["DNG with a thumbnail", "DNG without one", "sub-pages behind a thumbnail"],
)
def test_raw_file_of_a_camera_is_refused_with_the_remedy(tags: dict[int, object]) -> None:
    with pytest.raises(MediaError, match="is a camera's raw file") as refused:
        read_image(tiff((thumbnail(), tags)), name="a.dng")
    assert "JPEG" in refused.value.hint
