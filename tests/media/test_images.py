from __future__ import annotations

import io
import math
import os
import struct
import warnings
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from roomread.errors import MediaError, OutputError
from roomread.media import read_image, write_image
from roomread.media.images import notes_of


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
def test_pixels_are_unchanged_in_lossless_formats(kind: str) -> None:
    options = {"lossless": True} if kind == "WEBP" else {}
    data = encoded(Image.fromarray(gradient()), kind, **options)
    np.testing.assert_array_equal(read_image(data), gradient())


@pytest.mark.parametrize("kind", ["JPEG", "GIF"])
def test_pixels_are_nearly_unchanged_in_lossy_formats(kind: str) -> None:
    flat = Image.new("RGB", (40, 30), (200, 100, 50))
    np.testing.assert_allclose(read_image(encoded(flat, kind)), np.asarray(flat), atol=12)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(orientation: int, tmp_path: Path) -> None:
    # Functions that return what a camera in each orientation stores for this upright picture.
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


def test_transparent_pixels_are_blended_with_white() -> None:
    rgba = np.zeros((4, 4, 4), np.uint8)
    rgba[..., 3] = [0, 128, 255, 255]
    image = read_image(encoded(Image.fromarray(rgba), "PNG"))
    assert image[0, :, 0].tolist() == [255, 127, 0, 0]


def test_16_bit_values_are_scaled_and_not_clipped() -> None:
    ramp = np.linspace(0, 65535, 256).astype(np.uint16).reshape(16, 16)
    image = read_image(encoded(Image.fromarray(ramp), "PNG"))
    np.testing.assert_allclose(image[..., 0].ravel(), np.arange(256), atol=1)


def test_float_pixels_from_0_to_1_are_scaled_to_0_to_255() -> None:
    ramp = np.linspace(0, 1, 256, dtype=np.float32).reshape(16, 16)
    image = read_image(encoded(Image.fromarray(ramp), "TIFF"))
    np.testing.assert_allclose(image[..., 0].ravel(), np.arange(256), atol=1)


@pytest.mark.parametrize("mode", ["L", "1", "P", "CMYK", "LA", "YCbCr"])
def test_pictures_in_other_colour_modes_become_rgb(mode: str) -> None:
    picture = Image.new("L", (5, 4), 255).convert(mode)
    assert (read_image(picture) == 255).all()


@pytest.mark.parametrize("mode", ["La", "RGBa"])
def test_picture_with_premultiplied_transparency_is_read(mode: str) -> None:
    picture = Image.new("LA", (5, 4), (255, 128))
    straight = picture if mode == "La" else picture.convert("RGBA")
    assert (read_image(straight.convert(mode)) == 255).all()


def test_arrays_of_every_documented_shape_are_accepted() -> None:
    rgb = gradient()
    np.testing.assert_array_equal(read_image(rgb), rgb)
    grey = rgb[..., 0]
    for array in (grey, grey[..., None]):
        np.testing.assert_array_equal(read_image(array), np.stack([grey] * 3, axis=2))
    rgba = np.dstack([rgb, np.full(rgb.shape[:2], 255, np.uint8)])
    np.testing.assert_array_equal(read_image(rgba), rgb)


def test_path_bytes_and_file_object_give_the_same_picture(tmp_path: Path) -> None:
    content = encoded(Image.fromarray(gradient()), "PNG")
    path = tmp_path / "photo.png"
    path.write_bytes(content)
    at_its_end = io.BytesIO(content)
    at_its_end.read()
    with path.open("rb") as opened:
        forms: list[Any] = [
            str(path),
            path,
            content,
            bytearray(content),
            at_its_end,
            opened,
            path.as_uri(),
        ]
        for form in forms:
            np.testing.assert_array_equal(read_image(form), gradient())
        np.testing.assert_array_equal(read_image(opened), gradient())


def test_unseekable_file_is_read() -> None:
    reading, writing = os.pipe()
    with open(writing, "wb") as end, open(reading, "rb") as pipe:  # noqa: PTH123 (descriptors)
        end.write(encoded(Image.fromarray(gradient()), "PNG"))
        end.close()
        np.testing.assert_array_equal(read_image(pipe), gradient())


class AwaitedFile:
    """A file whose `read` is a coroutine, as web frameworks pass uploads."""

    async def read(self) -> bytes:
        return b""


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        (None, "NoneType is not a picture"),
        (7, "int is not a picture"),
        ([np.zeros((4, 4, 3), np.uint8)], "list is not a picture"),
        (io.StringIO("text"), "reading returned str instead of bytes"),
        (AwaitedFile(), "reading returned coroutine instead of bytes"),
        ("rtsp://camera/stream", "not the address of a picture"),
        ("file://elsewhere/photo.png", "another machine"),
        ("", "the name of a picture is empty"),
        (np.ma.masked_array(np.zeros((4, 4, 3), np.uint8), mask=True), "masked pixels"),
    ],
)
def test_input_that_is_not_a_picture_is_a_media_error(source: Any, problem: str) -> None:
    with pytest.raises(MediaError, match=problem):
        read_image(source)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="a device of Unix")
def test_device_file_is_refused_before_it_is_read() -> None:
    with pytest.raises(MediaError, match="/dev/zero: is a device, not a picture"):
        read_image("/dev/zero")


def test_masked_array_without_masked_pixels_is_read() -> None:
    array = np.ma.masked_array(gradient(), mask=False)
    image = read_image(array)
    assert type(image) is np.ndarray
    np.testing.assert_array_equal(image, gradient())


def test_closed_file_is_a_media_error() -> None:
    file = io.BytesIO()
    file.close()
    with pytest.raises(MediaError, match="closed file"):
        read_image(file)


def test_reading_does_not_change_the_given_pillow_image() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    stored = encoded(Image.fromarray(gradient()), "JPEG", exif=exif)
    with Image.open(io.BytesIO(stored)) as picture:
        assert read_image(picture).shape == (40, 30, 3)
        assert picture.size == (40, 30)
        assert picture.getexif()[0x0112] == 6


def test_damaged_pillow_image_is_a_media_error() -> None:
    content = encoded(Image.fromarray(gradient(400, 300)), "JPEG")
    with (
        Image.open(io.BytesIO(content[: len(content) // 2])) as picture,
        pytest.raises(MediaError, match="damaged"),
    ):
        read_image(picture)


def test_huge_pillow_image_is_refused_before_it_is_decoded() -> None:
    with (
        warnings.catch_warnings(action="ignore"),
        Image.open(io.BytesIO(png_bomb(11_000, 11_000))) as picture,
        pytest.raises(MediaError, match="too many pixels"),
    ):
        read_image(picture)


@pytest.mark.parametrize("note", ["text", "compressed text", "international text", "profile"])
def test_png_with_megabytes_of_text_is_read(note: str) -> None:
    long = "0123456789" * 400_000
    info = PngInfo()
    options: dict[str, object] = {"pnginfo": info}
    if note == "text":
        info.add_text("comment", long)
    elif note == "compressed text":
        info.add_text("comment", long, zip=True)
    elif note == "international text":
        info.add_itxt("XML:com.adobe.xmp", long, zip=True)
    else:
        options = {"icc_profile": long.encode()}
    content = encoded(Image.fromarray(gradient()), "PNG", **options)
    np.testing.assert_array_equal(read_image(content), gradient())


def test_orientation_in_a_text_chunk_of_a_png_is_applied() -> None:
    info = PngInfo()
    info.add_text("comment", "x" * 2_000_000, zip=True)
    info.add_itxt("XML:com.adobe.xmp", '<x tiff:Orientation="6"/>')
    content = encoded(Image.fromarray(gradient()), "PNG", pnginfo=info)
    np.testing.assert_array_equal(read_image(content), np.rot90(gradient(), 3))


def test_damaged_png_with_text_is_reported_as_damaged() -> None:
    info = PngInfo()
    info.add_text("comment", "x" * 2_000_000, zip=True)
    noise = np.random.default_rng(0).integers(0, 256, (90, 90, 3), dtype=np.uint8)
    content = encoded(Image.fromarray(noise), "PNG", pnginfo=info)
    with pytest.raises(MediaError, match="damaged"):
        read_image(content[: len(content) - 9000])


@pytest.mark.parametrize(
    "outlier", [1.02, 4.0, 250.0, 1e6, math.inf, -math.inf, math.nan, -3.0, 0.0]
)
def test_single_outlier_pixel_does_not_change_the_scale_of_a_float_picture(outlier: float) -> None:
    levels = np.linspace(0, 1, 4096, dtype=np.float32).reshape(64, 64)
    levels[5, 5] = outlier
    image = read_image(encoded(Image.fromarray(levels), "TIFF"))
    expected = np.linspace(0, 255, 4096).reshape(64, 64)
    difference = np.abs(image[..., 0] - expected)
    difference[5, 5] = 0
    assert difference.max() <= 1
    assert image[5, 5, 0] == (255 if outlier > 1 else 0)


def test_float_picture_with_values_above_1_is_not_black() -> None:
    levels = np.full((64, 64), 0.5, np.float32)
    levels[:4, :16] = 7.5
    image = read_image(encoded(Image.fromarray(levels), "TIFF"))
    assert image[32, 32, 0] == 128
    assert image[0, 0, 0] == 255


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
def test_values_of_any_bit_depth_stored_in_16_bits_are_scaled(bits: int) -> None:
    ramp = np.linspace(0, 2**bits - 1, 4096).round().astype(np.uint16).reshape(64, 64)
    # A hot pixel.
    ramp[0, 0] = 65_535
    for kind in ("PNG", "TIFF"):
        image = read_image(encoded(Image.fromarray(ramp), kind))
        assert np.abs(image[1:, :, 0] - np.linspace(0, 255, 4096).reshape(64, 64)[1:]).max() <= 1


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((4, 4, 3), np.float32),
        np.zeros((4, 4, 2), np.uint8),
        np.zeros(16, np.uint8),
        np.zeros((0, 4, 3), np.uint8),
    ],
)
def test_arrays_of_unsupported_types_or_shapes_are_refused(array: np.ndarray) -> None:
    with pytest.raises(MediaError, match="is not a picture"):
        read_image(array)


def test_picture_of_one_pixel_is_accepted() -> None:
    assert read_image(encoded(Image.new("RGB", (1, 1)), "PNG")).shape == (1, 1, 3)


def png_bomb(width: int, height: int) -> bytes:
    """Return a PNG whose header states a huge picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + data


@pytest.mark.parametrize("side", [11_000, 30_000])
def test_decompression_bomb_is_refused_before_it_is_decoded(side: int) -> None:
    with pytest.raises(MediaError, match="too many pixels"):
        read_image(png_bomb(side, side))


@pytest.mark.parametrize("size", [(49_999_999, 1), (1, 65_501)])
def test_picture_with_an_extremely_long_side_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(MediaError, match="is too long"):
        read_image(encoded(Image.new("1", size), "PNG"))
    with pytest.raises(MediaError, match="is too long"):
        read_image(np.zeros((size[1], size[0], 3), np.uint8))


def bad_files() -> dict[str, bytes]:
    jpeg = encoded(Image.fromarray(gradient(400, 300)), "JPEG")
    return {
        "empty": b"",
        "not a picture": b"hello there",
        "damaged": jpeg[: len(jpeg) // 2],
    }


@pytest.mark.parametrize("problem", list(bad_files()))
def test_error_describes_the_problem_with_the_content(problem: str, tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(bad_files()[problem])
    with pytest.raises(MediaError, match=problem) as caught:
        read_image(path)
    assert "photo.jpg" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_error_for_a_missing_picture_differs_from_the_error_for_a_folder(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="no such file"):
        read_image(tmp_path / "none.jpg")
    with pytest.raises(MediaError, match="a folder"):
        read_image(tmp_path)


@pytest.mark.parametrize("name", ["x" * 300 + ".jpg", "a\0.jpg", "file.txt/x.jpg", "loop.jpg"])
def test_unusable_path_is_reported(name: str, tmp_path: Path) -> None:
    (tmp_path / "file.txt").write_text("no folder")
    with suppress(OSError, NotImplementedError):
        (tmp_path / "loop.jpg").symlink_to(tmp_path / "loop.jpg")
    with pytest.raises(MediaError, match=r"x\.jpg|a\\x00\.jpg|loop\.jpg"):
        read_image(tmp_path / name)


@given(
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=12),
    st.sampled_from(["JPEG", "TIFF"]),
)
def test_damaged_exif_or_tiff_tags_give_a_picture_or_a_media_error(
    changes: list[tuple[int, int]], kind: str
) -> None:
    picture, file = Image.fromarray(gradient()), io.BytesIO()
    exif = picture.getexif()
    exif[274], exif[271] = 6, "maker"
    picture.save(file, kind, exif=exif)
    data = bytearray(file.getvalue())
    for place, value in changes:
        # The tags are at the front of a JPEG and at the end of a TIFF.
        data[min(place, len(data) - 1) if kind == "JPEG" else -min(place + 1, len(data))] = value
    with suppress(MediaError):
        assert read_image(bytes(data)).dtype == np.uint8


@given(st.binary(max_size=200), st.sampled_from(["", "PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP"]))
def test_any_bytes_give_a_picture_or_a_media_error(noise: bytes, kind: str) -> None:
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


def test_written_picture_is_read_back(tmp_path: Path) -> None:
    write_image(tmp_path / "out.png", gradient())
    np.testing.assert_array_equal(read_image(tmp_path / "out.png"), gradient())


def test_picture_that_cannot_be_written_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="make the folder first"):
        write_image(tmp_path / "none" / "out.png", gradient())
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(OutputError, match="name a file"):
        write_image(tmp_path / "folder.png", gradient())
    assert [path.name for path in tmp_path.iterdir()] == ["folder.png"]


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "BMP", "TIFF", "GIF", "AVIF", "JPEG"])
def test_trailing_data_of_a_picture_is_ignored(kind: str) -> None:
    content = encoded(Image.fromarray(gradient()), kind)
    np.testing.assert_array_equal(read_image(content + b"more" * 300), read_image(content))


@pytest.mark.parametrize("lost", [4, 8, 12, 14])
def test_png_without_its_end_chunk_is_read(lost: int) -> None:
    content = encoded(Image.fromarray(gradient()), "PNG")
    np.testing.assert_array_equal(read_image(content[:-lost]), gradient())


@pytest.mark.parametrize(("kind", "head"), [("AVIF", 100), ("TIFF", 10)])
def test_damaged_header_of_a_known_format_is_reported_with_the_format(kind: str, head: int) -> None:
    content = encoded(Image.fromarray(gradient()), kind)[:head]
    with pytest.raises(MediaError, match=f"is damaged, or {kind} of a kind that cannot be read"):
        read_image(content)


def test_first_frame_of_an_animated_avif_is_read_with_a_note() -> None:
    frames = [Image.fromarray(gradient()), Image.new("RGB", (40, 30), "red")]
    content = encoded(frames[0], "AVIF", save_all=True, append_images=frames[1:])
    assert notes_of(content, "a.avif") == ("a.avif: of its 2 pictures the first is read",)
    assert np.abs(read_image(content).astype(int) - gradient()).mean() < 12
