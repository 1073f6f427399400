"""Read pictures from paths, bytes, Pillow images and arrays as upright RGB, and write them."""

from __future__ import annotations

import io
import os
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError, features
from PIL.TiffImagePlugin import TiffImageFile

from roomread.errors import MediaError, OutputError, without_credentials
from roomread.media.color_profiles import to_srgb
from roomread.media.files import atomic_path, exists, find_existing, is_device, read_whole
from roomread.media.hdr import stated_colors, to_sdr
from roomread.media.heif import open_heic, upright_heif
from roomread.media.jpeg import find_scans, is_complete, may_be_cut, with_end
from roomread.media.kinds import PILLOW_FORMATS, Heif, heif_kind, open_encoded, picture_format
from roomread.media.levels import brightened, has_deep_colors, scale_to_8_bits
from roomread.media.png import without_text
from roomread.media.strict import StrictBytes
from roomread.media.tiff import count_whole_pages, is_unsigned, is_white_zero, main_page
from roomread.media.urls import fetch, is_address, local_path

# The picture of a 100-megapixel camera takes 300 MB as RGB. Larger pictures are maps, scans or
# decompression bombs.
MAX_PIXELS = 100_000_000
# libjpeg cannot write a longer side, and FFmpeg cannot scale a side of several million pixels.
_MAX_SIDE = 65_500
# Maximum number of scans of a JPEG, and of pixels that its scans decode in total. Encoders write
# about ten scans; a file with more scans is accepted if its picture is small.
_SCANS, _SCANNED_PIXELS = 16, 500_000_000
_KINDS = "JPEG, PNG, WebP, BMP, TIFF, GIF, AVIF and HEIC can be read"

# Exceptions that decoders raise on damaged data; Pillow raises SyntaxError for a broken PNG.
_DAMAGED = (
    *(OSError, SyntaxError, ValueError, TypeError, AttributeError, RuntimeError),
    *(LookupError, ArithmeticError, EOFError, struct.error),
)
_FORMS = "a path, a URL, the bytes of a file, an opened file, a Pillow image or a uint8 array"

Picture = (
    str
    | os.PathLike[str]
    | bytes
    | bytearray
    | memoryview
    | IO[bytes]
    | Image.Image
    | NDArray[np.uint8]
)


def read_image(
    source: Picture, *, name: str = "the picture", max_pixels: int = MAX_PIXELS
) -> NDArray[np.uint8]:
    """Return an upright RGB picture, uint8 [H, W, 3].

    The orientation of EXIF and HEIF is applied, transparent pixels are blended with white, and
    16-bit and float pictures are scaled to 8 bits. The first frame of an animation is read, and the
    first page of a TIFF that is not a thumbnail. The source is not changed.

    Args:
        source: a path; an http(s) or file URL; a file's content as bytes; a file opened for
            reading bytes, which is read from its start; a Pillow image at its current frame; an
            array uint8 [H, W], [H, W, 1], [H, W, 3] RGB or [H, W, 4] RGBA.
        name: the name in messages for a picture without a name of its own.
        max_pixels: largest width times height of an encoded picture, checked before decoding.

    Raises:
        MediaError: the source does not exist, is damaged, is not a picture, is a camera's raw file,
            exceeds `max_pixels`, or has a side of over 65,500 pixels.
        MissingExtraError: the source is HEIC, and the extra `heif` is not installed.
    """
    if isinstance(source, np.ndarray):
        return _from_array(source)
    if isinstance(source, Image.Image):
        return _from_pillow(source, name, max_pixels)
    if isinstance(source, str | os.PathLike):
        return _from_name(os.fspath(source), max_pixels)
    if isinstance(source, bytes | bytearray | memoryview):
        return _decode(bytes(source), name, max_pixels)
    if hasattr(source, "read"):
        return _decode(read_whole(source, name), name, max_pixels)
    raise MediaError(f"{type(source).__name__} is not a picture", hint=f"give {_FORMS}")


def count_pictures(source: Path | bytes) -> int:
    """Return how many pictures a file contains: frames of an animation or pages of a TIFF.

    Thumbnails and masks in a TIFF are not counted.

    The result is 1 for a file that cannot be read; `read_image` reports what is wrong with it.

    Args:
        source: a path, or a file's content.
    """
    try:
        file = io.BytesIO(source) if isinstance(source, bytes) else source
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(file, formats=("GIF", "WEBP", "PNG", "TIFF", "AVIF")) as picture:
                if isinstance(picture, TiffImageFile):
                    return count_whole_pages(picture)
                return int(getattr(picture, "n_frames", 1))
    except (*_DAMAGED, Image.DecompressionBombError):
        return 1


def notes_of(source: Path | bytes, name: str) -> tuple[str, ...]:
    """Return a note if a file contains several pictures, of which only the first is read.

    Args:
        source: a path, or a file's content.
        name: the name of the file in the note.
    """
    count = count_pictures(source)
    return (f"{name}: of its {count} pictures the first is read",) if count > 1 else ()


def write_image(path: Path, image: NDArray[np.uint8]) -> None:
    """Write a picture uint8 [H, W, 3] RGB atomically, in the format that the path's suffix names.

    Raises:
        OutputError: the file cannot be written.
    """
    Image.init()
    if Image.registered_extensions().get(path.suffix.lower()) not in Image.SAVE:
        ending = f"the ending '{path.suffix}'" if path.suffix else "no ending"
        problem = f"{path}: a picture cannot be written to a file with {ending}"
        raise OutputError(problem, hint="name it .jpg, .png or .webp")
    with atomic_path(path) as draft:
        Image.fromarray(image).save(draft, quality=92)


def _from_name(name: str, max_pixels: int) -> NDArray[np.uint8]:
    if not name:
        raise MediaError("the name of a picture is empty", hint="check for an empty variable")
    if (path := local_path(name)) is not None:
        return _from_path(path, max_pixels)
    if is_address(name) and not exists(name):
        return _decode(fetch(name), without_credentials(name), max_pixels)
    return _from_path(Path(name), max_pixels)


def _from_path(path: Path, max_pixels: int) -> NDArray[np.uint8]:
    path = find_existing(path)
    try:
        if path.is_dir():
            raise MediaError(f"{path}: is a folder, not a picture", hint="name a picture in it")
        if is_device(path):
            raise MediaError(f"{path}: is a device, not a picture", hint="name a picture's file")
        return _decode(path.read_bytes(), str(path), max_pixels)
    except FileNotFoundError as error:
        raise MediaError(f"{path}: no such file", hint="check the name") from error
    except PermissionError as error:
        raise MediaError(
            f"{path}: permission to read it is denied", hint="check its permissions"
        ) from error
    except (OSError, ValueError) as error:
        # The name is invalid, or the disk failed.
        reason = getattr(error, "strerror", None) or str(error)
        raise MediaError(f"{path}: cannot be read: {reason}", hint="check the name") from error


def _decode(content: bytes, name: str, max_pixels: int) -> NDArray[np.uint8]:
    if not content:
        raise MediaError(f"{name}: is empty (0 bytes)", hint="copy or download it again")
    with _as_media_errors(name, max_pixels):
        if heif_kind(content) is not None:
            with _open_heif(content, name) as picture:
                _check_size(picture.width, picture.height, name, max_pixels)
                return _with_standard_colors(
                    _to_rgb(upright_heif(picture, content), picture), picture, content
                )
        scans = find_scans(content)
        ended = with_end(content, scans)
        file = StrictBytes(without_text(ended))
        with _open(file, name) as picture:
            if isinstance(picture, TiffImageFile):
                picture.seek(main_page(picture, name))
            _check_size(picture.width, picture.height, name, max_pixels)
            _check_scans(scans.count, picture.width * picture.height, name)
            is_deep = has_deep_colors(picture)
            file.load(picture)
            if may_be_cut(picture, scans) and not is_complete(ended):
                problem = f"{name}: is damaged: a part of the picture is missing"
                raise MediaError(problem, hint="copy or download it again")
            stored = brightened(picture, content) if is_deep else picture
            ImageOps.exif_transpose(stored, in_place=True)
            return _with_standard_colors(_to_rgb(stored, picture), picture, content)


def _with_standard_colors(
    image: NDArray[np.uint8], picture: Image.Image, content: bytes
) -> NDArray[np.uint8]:
    """Return decoded pixels, uint8 [H, W, 3], in sRGB with the standard dynamic range."""
    colors = stated_colors(content)
    return to_sdr(image, colors) if colors.is_hdr else to_srgb(image, picture.info)


def _open_heif(content: bytes, name: str) -> Image.Image:
    if heif_kind(content) is Heif.HEIC:
        return open_heic(content)
    if not features.check("avif"):
        raise MediaError(
            f"{name}: is AVIF, which the installed Pillow cannot read", hint="save it as JPEG"
        )
    return _open(io.BytesIO(content), name, formats=("AVIF",))


def _open(file: io.BytesIO, name: str, *, formats: tuple[str, ...] = PILLOW_FORMATS) -> Image.Image:
    try:
        return open_encoded(file, formats=formats)
    except UnidentifiedImageError as error:
        kind = picture_format(file.getvalue())
        if kind is None:
            raise
        problem = f"{name}: is damaged, or {kind} of a kind that cannot be read"
        raise MediaError(problem, hint="copy it again, or save it as JPEG or PNG") from error


def _from_pillow(picture: Image.Image, name: str, max_pixels: int) -> NDArray[np.uint8]:
    _check_size(picture.width, picture.height, name, max_pixels)
    with _as_media_errors(name, max_pixels):
        # `exif_transpose` returns a copy; the caller's picture and its current frame do not change.
        return to_srgb(_to_rgb(ImageOps.exif_transpose(picture), picture), picture.info)


@contextmanager
def _as_media_errors(name: str, max_pixels: int) -> Iterator[None]:
    """Convert the exceptions of decoders to MediaError."""
    try:
        with warnings.catch_warnings():
            # Pillow warns about large pictures, which `max_pixels` limits already, and about
            # damaged metadata, which is not used.
            warnings.simplefilter("ignore")
            yield
    except Image.DecompressionBombError as error:
        raise MediaError(f"{name}: has too many pixels", hint=_too_large(max_pixels)) from error
    except UnidentifiedImageError as error:
        raise MediaError(f"{name}: is not a picture", hint=_KINDS) from error
    except _DAMAGED as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise MediaError(
            f"{name}: is damaged: {reason}", hint="copy or download it again"
        ) from error


def _too_large(max_pixels: int) -> str:
    return f"at most {max_pixels / 1e6:g} megapixels; scale it down first"


def _check_size(width: int, height: int, name: str, max_pixels: int = MAX_PIXELS) -> None:
    if width * height > max_pixels:
        problem = f"{name}: {width} x {height} is too many pixels"
        raise MediaError(problem, hint=_too_large(max_pixels))
    if max(width, height) > _MAX_SIDE:
        problem = f"{name}: a side of {width} x {height} is too long"
        raise MediaError(problem, hint=f"crop it to at most {_MAX_SIDE} pixels a side")


def _check_scans(scans: int, pixels: int, name: str) -> None:
    if scans > max(_SCANS, _SCANNED_PIXELS // max(pixels, 1)):
        problem = f"{name}: has {scans} scans, which take too long to decode"
        raise MediaError(problem, hint="save it again as JPEG")


def _to_rgb(picture: Image.Image, opened: Image.Image) -> NDArray[np.uint8]:
    """Return the pixels of an upright picture of any mode, uint8 [H, W, 3].

    Args:
        picture: the upright picture.
        opened: the picture as it was opened; its TIFF tags say how to interpret the levels.
    """
    if picture.mode.startswith("I") or picture.mode == "F":
        return _grey_to_rgb(_deep_grey(picture, opened))
    if picture.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in picture.info:
        straight = picture.convert("LA") if picture.mode == "La" else picture
        rgba = straight.convert("RGBA")
        white = Image.new("RGBA", rgba.size, "white")
        return np.asarray(Image.alpha_composite(white, rgba).convert("RGB"))
    return np.asarray(picture if picture.mode == "RGB" else picture.convert("RGB"))


def _deep_grey(picture: Image.Image, opened: Image.Image) -> NDArray[np.uint8]:
    """Return the pixels of a grey picture with more than 8 bits per pixel, uint8 [H, W]."""
    levels = np.asarray(picture)
    if is_unsigned(opened):
        # Pillow returns unsigned 32-bit levels as signed integers.
        levels = levels.view(np.uint32)
    grey = scale_to_8_bits(levels)
    if is_white_zero(opened):
        # Pillow inverts such a picture itself only if it has 8 bits per pixel.
        return 255 - grey
    clear = picture.info.get("transparency")
    return np.where(levels == clear, np.uint8(255), grey) if isinstance(clear, int) else grey


def _grey_to_rgb(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.repeat(grey[:, :, None], 3, axis=2)


def _from_array(array: NDArray[np.uint8]) -> NDArray[np.uint8]:
    shape, dtype = list(array.shape), array.dtype
    fits = array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (1, 3, 4))
    if dtype != np.uint8 or not fits or array.size == 0:
        raise MediaError(
            f"an array of {dtype} {shape} is not a picture",
            hint="give uint8 [H, W, 3] in RGB order, [H, W] grey or [H, W, 4] RGBA",
        )
    if np.ma.is_masked(array):
        problem = "an array with masked pixels is not a picture"
        raise MediaError(problem, hint="fill the masked pixels: array.filled(0)")
    array = np.asarray(array)
    _check_size(array.shape[1], array.shape[0], "the array")
    if array.ndim == 2 or array.shape[2] == 1:
        return _grey_to_rgb(array.reshape(array.shape[:2]))
    if array.shape[2] == 4:
        rgba = Image.fromarray(array, "RGBA")
        return _to_rgb(rgba, rgba)
    return array
