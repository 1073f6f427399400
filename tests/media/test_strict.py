"""Truncated pictures are refused even if Pillow is set to accept them."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFile

from roomread.errors import MediaError
from roomread.media import read_image

NOISE = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
KINDS: dict[str, dict[str, Any]] = {
    "PNG": {},
    "BMP": {},
    "TIFF": {},
    "GIF": {},
    "WEBP": {"lossless": True},
    "JPEG": {"progressive": True},
}


def encoded(kind: str) -> bytes:
    file = io.BytesIO()
    Image.fromarray(NOISE).save(file, kind, **KINDS[kind])
    return file.getvalue()


@pytest.fixture
def lenient_pillow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)


@pytest.mark.usefixtures("lenient_pillow")
@pytest.mark.parametrize("kind", KINDS)
def test_picture_cut_in_half_is_refused(kind: str) -> None:
    content = encoded(kind)
    with pytest.raises(MediaError, match="is damaged"):
        read_image(content[: len(content) // 2])


@pytest.mark.usefixtures("lenient_pillow")
@pytest.mark.parametrize("lost", [*range(24, 60), *range(100, 7000, 331)])
def test_png_without_its_last_pixels_is_refused(lost: int) -> None:
    with pytest.raises(MediaError, match="is damaged"):
        read_image(encoded("PNG")[:-lost])


@pytest.mark.usefixtures("lenient_pillow")
@pytest.mark.parametrize("rest", range(9))
def test_png_that_ends_between_two_chunks_of_pixels_is_refused(
    monkeypatch: pytest.MonkeyPatch, rest: int
) -> None:
    monkeypatch.setattr(ImageFile, "MAXBLOCK", 1024)
    content = encoded("PNG")
    second = content.index(b"IDAT", content.index(b"IDAT") + 1) - 4
    with pytest.raises(MediaError, match="is damaged"):
        read_image(content[: second + rest])


@pytest.mark.usefixtures("lenient_pillow")
@pytest.mark.parametrize("kind", KINDS)
def test_complete_picture_of_each_format_is_read(kind: str) -> None:
    assert read_image(encoded(kind)).shape == NOISE.shape


@pytest.mark.usefixtures("lenient_pillow")
def test_reading_pictures_does_not_change_the_pillow_setting_for_truncated_images() -> None:
    content = encoded("PNG")
    with ThreadPoolExecutor(4) as pool:
        for image in pool.map(read_image, [content] * 8):
            np.testing.assert_array_equal(image, NOISE)
    assert ImageFile.LOAD_TRUNCATED_IMAGES is True
    with Image.open(io.BytesIO(content[:-3000])) as picture:
        picture.load()
