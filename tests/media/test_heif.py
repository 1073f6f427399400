from __future__ import annotations

import io
import sys
from collections.abc import Callable
from typing import Literal

import numpy as np
import pytest
from PIL import Image

from heic_files import Turn, make_heic
from roomread.errors import MediaError, MissingExtraError
from roomread.media import heif, read_image
from roomread.media.heif import has_turn

QUARTERS = {"upper left": (200, 40, 40), "upper right": (40, 200, 40), "lower left": (40, 40, 200)}


def scene() -> np.ndarray:
    """Return a picture [256, 384, 3] that each rotation and mirroring changes differently."""
    image = np.full((256, 384, 3), 230, np.uint8)
    image[:128, :192] = QUARTERS["upper left"]
    image[:128, 192:] = QUARTERS["upper right"]
    image[128:, :192] = QUARTERS["lower left"]
    return image


def assert_shows(image: np.ndarray, expected: np.ndarray) -> None:
    assert image.shape == expected.shape
    assert np.abs(image.astype(int) - expected).mean() < 6


def test_tiled_heic_is_read_whole() -> None:
    assert_shows(read_image(make_heic(scene())), scene())


@pytest.mark.parametrize("quarters", [1, 2, 3])
@pytest.mark.parametrize("exif", [None, 1, 6, 8])
def test_rotation_of_a_heic_container_is_applied_once(quarters: int, exif: int | None) -> None:
    content = make_heic(scene(), turn=Turn(quarters=quarters, exif=exif))
    assert_shows(read_image(content), np.rot90(scene(), quarters))


@pytest.mark.parametrize(("mirror", "mirrored"), [(0, np.flipud), (1, np.fliplr)])
def test_mirroring_in_a_heic_container_is_applied(
    mirror: int, mirrored: Callable[[np.ndarray], np.ndarray]
) -> None:
    assert_shows(read_image(make_heic(scene(), turn=Turn(mirror=mirror))), mirrored(scene()))


def test_heic_is_rotated_before_it_is_mirrored() -> None:
    content = make_heic(scene(), turn=Turn(quarters=1, mirror=1))
    assert_shows(read_image(content), np.fliplr(np.rot90(scene())))


@pytest.mark.parametrize(("exif", "quarters"), [(1, 0), (3, 2), (6, 3), (8, 1)])
def test_heic_without_container_rotation_is_rotated_by_exif(exif: int, quarters: int) -> None:
    assert_shows(read_image(make_heic(scene(), turn=Turn(exif=exif))), np.rot90(scene(), quarters))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_avif_with_any_orientation_is_read_upright(orientation: int) -> None:
    avif, jpeg = turned_file("AVIF", orientation), turned_file("JPEG", orientation)
    assert has_turn(avif) is (orientation != 1)
    assert_shows(read_image(avif), read_image(jpeg))


def test_avif_without_container_rotation_is_rotated_by_exif() -> None:
    # Pillow does not write an orientation into the EXIF of AVIF, so another tag is turned into it.
    other = 0x0213
    content = turned_file("AVIF", 6, tag=other)
    tag = b"MM\0*" if b"MM\0*" in content else b"II*\0"
    order: Literal["big", "little"] = "big" if tag == b"MM\0*" else "little"
    start = content.index(tag)
    place = content.index(other.to_bytes(2, order), start)
    content = content[:place] + (0x0112).to_bytes(2, order) + content[place + 2 :]
    assert not has_turn(content)
    assert_shows(read_image(content), np.rot90(scene(), 3))


def turned_file(kind: str, orientation: int, *, tag: int = 0x0112) -> bytes:
    """Return the scene as a file with an EXIF orientation and another EXIF tag."""
    exif = Image.Exif()
    exif[tag] = orientation
    exif[0x010F] = "maker"
    file = io.BytesIO()
    Image.fromarray(scene()).save(file, kind, exif=exif, quality=95)
    return file.getvalue()


def test_error_for_heic_without_the_extra_names_the_install_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "pi_heif.as_plugin", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'roomread\[heif\]'"):
        read_image(make_heic(scene()))


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9])
def test_truncated_heic_is_a_media_error(share: float) -> None:
    content = make_heic(scene())
    with pytest.raises(MediaError, match="damaged"):
        read_image(content[: int(len(content) * share)])


def test_huge_heic_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(MediaError, match="384 x 256 is too many pixels"):
        read_image(make_heic(scene()), max_pixels=50_000)


def test_search_for_a_rotation_in_truncated_heif_boxes_raises_no_error() -> None:
    content = make_heic(scene(), turn=Turn(quarters=1))
    assert has_turn(content)
    for end in range(0, content.index(b"mdat"), 7):
        heif.has_turn(content[:end])
    assert not has_turn(content[:40])
