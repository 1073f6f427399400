from __future__ import annotations

import io
import struct
import zlib
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from roomread.errors import MediaError, OutputError
from roomread.media import read_image, write_image


def gradient(width: int = 40, height: int = 30) -> np.ndarray:
    image = np.zeros((height, width, 3), np.uint8)
    image[..., 0] = np.arange(width) * 6
    image[..., 1] = np.arange(height)[:, None] * 8
    image[: height // 3, : width // 3, 2] = 255
    return image


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "WEBP"])
def test_lossless_formats_come_back_as_they_were(kind: str) -> None:
    options = {"lossless": True} if kind == "WEBP" else {}
    data = encoded(Image.fromarray(gradient()), kind, **options)
    np.testing.assert_array_equal(read_image(data), gradient())


@pytest.mark.parametrize("kind", ["JPEG", "GIF"])
def test_lossy_formats_come_back_nearly_so(kind: str) -> None:
    flat = Image.new("RGB", (40, 30), (200, 100, 50))
    np.testing.assert_allclose(read_image(encoded(flat, kind)), np.asarray(flat), atol=12)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_obeyed(orientation: int, tmp_path: Path) -> None:
    # What a camera held so would have stored for the same upright picture.
    undo = {
        1: lambda a: a,
        2: np.fliplr,
        3: lambda a: np.rot90(a, 2),
        4: np.flipud,
        5: lambda a: a.transpose(1, 0, 2),
        6: lambda a: np.rot90(a, 1),
        7: lambda a: np.rot90(a, 2).transpose(1, 0, 2),
        8: lambda a: np.rot90(a, -1),
    }
    stored = np.ascontiguousarray(undo[orientation](gradient()))
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "turned.png"
    Image.fromarray(stored).save(path, exif=exif)
    np.testing.assert_array_equal(read_image(path), gradient())


def test_alpha_is_laid_on_white() -> None:
    rgba = np.zeros((4, 4, 4), np.uint8)
    rgba[..., 3] = [0, 128, 255, 255]
    image = read_image(encoded(Image.fromarray(rgba), "PNG"))
    assert image[0, :, 0].tolist() == [255, 127, 0, 0]


def test_16_bits_are_scaled_and_not_cut() -> None:
    ramp = np.linspace(0, 65535, 256).astype(np.uint16).reshape(16, 16)
    image = read_image(encoded(Image.fromarray(ramp), "PNG"))
    np.testing.assert_allclose(image[..., 0].ravel(), np.arange(256), atol=1)


def test_float_pictures_run_from_0_to_1() -> None:
    ramp = np.linspace(0, 1, 256, dtype=np.float32).reshape(16, 16)
    image = read_image(encoded(Image.fromarray(ramp), "TIFF"))
    np.testing.assert_allclose(image[..., 0].ravel(), np.arange(256), atol=1)


@pytest.mark.parametrize("mode", ["L", "1", "P", "CMYK", "LA", "YCbCr"])
def test_other_colours_become_rgb(mode: str) -> None:
    picture = Image.new("L", (5, 4), 255).convert(mode)
    assert (read_image(picture) == 255).all()


def test_arrays_of_every_usual_shape_are_taken() -> None:
    rgb = gradient()
    np.testing.assert_array_equal(read_image(rgb), rgb)
    grey = rgb[..., 0]
    for array in (grey, grey[..., None]):
        np.testing.assert_array_equal(read_image(array), np.stack([grey] * 3, axis=2))
    rgba = np.dstack([rgb, np.full(rgb.shape[:2], 255, np.uint8)])
    np.testing.assert_array_equal(read_image(rgba), rgb)


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((4, 4, 3), np.float32),
        np.zeros((4, 4, 2), np.uint8),
        np.zeros(16, np.uint8),
        np.zeros((0, 4, 3), np.uint8),
    ],
)
def test_other_arrays_are_refused(array: np.ndarray) -> None:
    with pytest.raises(MediaError, match="is not a picture"):
        read_image(array)


def test_one_pixel_is_a_picture() -> None:
    assert read_image(encoded(Image.new("RGB", (1, 1)), "PNG")).shape == (1, 1, 3)


def png_bomb(width: int, height: int) -> bytes:
    """A PNG that says it is huge."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + data


@pytest.mark.parametrize("side", [11_000, 30_000])
def test_a_bomb_is_refused_before_it_is_decoded(side: int) -> None:
    with pytest.raises(MediaError, match="too many pixels"):
        read_image(png_bomb(side, side))


def bad_files() -> dict[str, bytes]:
    jpeg = encoded(Image.fromarray(gradient(400, 300)), "JPEG")
    return {
        "empty": b"",
        "not a picture": b"hello there",
        "damaged": jpeg[: len(jpeg) // 2],
    }


@pytest.mark.parametrize("complaint", list(bad_files()))
def test_bad_content_is_named_for_what_it_is(complaint: str, tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(bad_files()[complaint])
    with pytest.raises(MediaError, match=complaint) as caught:
        read_image(path)
    assert "photo.jpg" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="no such file"):
        read_image(tmp_path / "none.jpg")
    with pytest.raises(MediaError, match="a folder"):
        read_image(tmp_path)


@pytest.mark.parametrize("name", ["x" * 300 + ".jpg", "a\0.jpg", "file.txt/x.jpg", "loop.jpg"])
def test_a_name_that_leads_to_nothing_is_told(name: str, tmp_path: Path) -> None:
    (tmp_path / "file.txt").write_text("no folder")
    with suppress(OSError, NotImplementedError):
        (tmp_path / "loop.jpg").symlink_to(tmp_path / "loop.jpg")
    with pytest.raises(MediaError, match=r"x\.jpg|a.\.jpg|loop\.jpg"):
        read_image(tmp_path / name)


@given(
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=12),
    st.sampled_from(["JPEG", "TIFF"]),
)
def test_damaged_exif_and_tags_bring_a_picture_or_a_media_error(
    changes: list[tuple[int, int]], kind: str
) -> None:
    picture, file = Image.fromarray(gradient()), io.BytesIO()
    exif = picture.getexif()
    exif[274], exif[271] = 6, "maker"
    picture.save(file, kind, exif=exif)
    data = bytearray(file.getvalue())
    for place, value in changes:
        # The tags: at the front of a JPEG, at the end of a TIFF.
        data[min(place, len(data) - 1) if kind == "JPEG" else -min(place + 1, len(data))] = value
    with suppress(MediaError):
        assert read_image(bytes(data)).dtype == np.uint8


@given(st.binary(max_size=200), st.sampled_from(["", "PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP"]))
def test_no_bytes_bring_anything_but_a_picture_or_a_media_error(noise: bytes, kind: str) -> None:
    data = noise
    if kind:
        whole = encoded(Image.fromarray(gradient()), kind)
        data = whole[: len(whole) // 2] + noise
    try:
        image = read_image(data)
    except MediaError:
        return
    assert image.dtype == np.uint8
    assert image.ndim == 3


def test_a_written_picture_is_read_back(tmp_path: Path) -> None:
    write_image(tmp_path / "out.png", gradient())
    np.testing.assert_array_equal(read_image(tmp_path / "out.png"), gradient())


def test_a_picture_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="make the folder first"):
        write_image(tmp_path / "none" / "out.png", gradient())
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(OutputError, match="name a file"):
        write_image(tmp_path / "folder.png", gradient())
    assert [path.name for path in tmp_path.iterdir()] == ["folder.png"]
