"""Tests of the TIFF page that is read, and of raw files of cameras."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from roomread.bench.scenes import astronaut
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
    """Return a picture whose neighbouring pixels differ, uint8 [30, 40, 3]."""
    return np.arange(3600, dtype=np.uint16).astype(np.uint8).reshape(30, 40, 3)


def photo() -> Image.Image:
    return Image.fromarray(pixels())


def thumbnail() -> Image.Image:
    return photo().resize((8, 6))


@pytest.mark.parametrize("kind", [REDUCED, MASK, REDUCED | MASK])
def test_thumbnail_before_the_photo_in_a_tiff_is_skipped(kind: int) -> None:
    content = tiff((thumbnail(), {SUBFILE: kind}), (photo(), {SUBFILE: WHOLE}))
    np.testing.assert_array_equal(read_image(content), pixels())
    assert notes_of(content, "a.tif") == ()


def test_tiff_of_a_photo_and_smaller_copies_counts_as_one_picture() -> None:
    content = tiff((photo(), {}), (thumbnail(), {SUBFILE: REDUCED}))
    np.testing.assert_array_equal(read_image(content), pixels())
    assert notes_of(content, "a.tif") == ()


def test_note_about_a_scanned_tiff_states_its_number_of_pages() -> None:
    content = tiff((photo(), {}), (photo(), {}), (thumbnail(), {SUBFILE: REDUCED}))
    assert notes_of(content, "a.tif") == ("a.tif: of its 2 pictures the first is read",)


def test_largest_tiff_page_is_read_if_all_pages_are_marked_as_thumbnails() -> None:
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
def test_raw_file_of_a_camera_is_refused_with_a_hint(tags: dict[int, object]) -> None:
    with pytest.raises(MediaError, match="is a camera's raw file") as refused:
        read_image(tiff((thumbnail(), tags)), name="a.dng")
    assert "JPEG" in refused.value.hint


def grey_tiff(levels: NDArray[np.generic], *, photometric: int, sample_format: int) -> bytes:
    """Return a TIFF of one strip of grey levels [H, W] of any number type."""
    height, width = levels.shape
    data = levels.astype(levels.dtype.newbyteorder("<")).tobytes()
    entries = [(256, 4, width), (257, 4, height), (258, 3, levels.itemsize * 8), (259, 3, 1)]
    entries += [(262, 3, photometric), (273, 4, 8), (277, 3, 1), (278, 4, height)]
    entries += [(279, 4, len(data)), (339, 3, sample_format)]
    table = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in entries)
    start = struct.pack("<I", 8 + len(data))
    return b"II*\0" + start + data + struct.pack("<H", len(entries)) + table + bytes(4)


@pytest.mark.parametrize(
    ("number", "sample_format", "white"),
    [("u1", 1, 255), ("u2", 1, 65_535), ("u4", 1, 2**32 - 1), ("i2", 2, 32_767), ("f4", 3, 1)],
)
@pytest.mark.parametrize("photometric", [0, 1], ids=["white is 0", "black is 0"])
def test_grey_tiff_of_every_number_type_is_read_or_refused(
    number: str, sample_format: int, white: int, photometric: int
) -> None:
    grey = np.asarray(Image.fromarray(astronaut()).convert("L"))
    stored = grey if photometric else 255 - grey
    levels = (stored / 255 * white).astype(number)
    content = grey_tiff(levels, photometric=photometric, sample_format=sample_format)
    if number in ("u4", "i2") and not photometric:
        with pytest.raises(MediaError, match="TIFF of a kind that cannot be read"):
            read_image(content)
        return
    np.testing.assert_allclose(read_image(content)[..., 0].astype(int), grey, atol=1)
