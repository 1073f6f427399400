"""Pictures: paths, bytes, Pillow images and arrays to upright RGB, and back to a file."""

from __future__ import annotations

import io
import struct
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from roomread.errors import MediaError
from roomread.media.files import atomic_path

PICTURE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif"})
# A 100-megapixel camera's picture is 300 MB of RGB. Larger ones are bombs or maps.
MAX_PIXELS = 100_000_000
_KINDS = "JPEG, PNG, WebP, BMP, TIFF and GIF can be read"
# No other of Pillow's forty kinds is tried, whatever a file's name: its EPS starts Ghostscript.
_FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "DIB", "TIFF", "GIF")

# What Pillow's decoders raise on damaged data: of a broken PNG a SyntaxError, of EXIF any of them.
_DAMAGED = (
    *(OSError, SyntaxError, ValueError, TypeError, AttributeError),
    *(LookupError, ArithmeticError, struct.error),
)

Picture = str | Path | bytes | Image.Image | NDArray[np.uint8]


def read_image(
    source: Picture, *, name: str = "the picture", max_pixels: int = MAX_PIXELS
) -> NDArray[np.uint8]:
    """An upright RGB picture, uint8 [H, W, 3].

    EXIF orientation is obeyed, alpha laid on white, 16 bits and floats scaled to 8, of an animation
    the first frame taken.

    Args:
        source: a path, encoded bytes, a Pillow image, or an array uint8 [H, W], [H, W, 1],
            [H, W, 3] RGB or [H, W, 4] RGBA.
        name: what messages call bytes; a path is called by itself.
        max_pixels: of a file, told before it is decoded.

    Raises:
        MediaError: it is missing, damaged, no picture, or over `max_pixels`.
    """
    if isinstance(source, np.ndarray):
        return _from_array(source)
    if isinstance(source, Image.Image):
        return _to_rgb(source)
    if isinstance(source, bytes):
        return _decode(io.BytesIO(source), name, len(source), max_pixels)
    path = Path(source)
    try:
        if path.is_dir():
            raise MediaError(f"{path}: a folder, not a picture")
        with path.open("rb") as file:
            return _decode(file, str(path), path.stat().st_size, max_pixels)
    except FileNotFoundError as error:
        raise MediaError(f"{path}: no such file", hint="check the name") from error
    except PermissionError as error:
        raise MediaError(f"{path}: may not be read", hint="check its permissions") from error
    except (OSError, ValueError) as error:
        # A name that no file can have, or a disk that fails.
        reason = getattr(error, "strerror", None) or str(error)
        raise MediaError(f"{path}: cannot be read: {reason}", hint="check the name") from error


def write_image(path: Path, image: NDArray[np.uint8]) -> None:
    """Writes uint8 [H, W, 3] RGB in the format of the path's ending, whole or not at all.

    Raises:
        OutputError: the file cannot be written.
    """
    with atomic_path(path) as draft:
        Image.fromarray(image).save(draft, quality=92)


def _decode(
    file: io.BytesIO | io.BufferedReader, name: str, size: int, max_pixels: int
) -> NDArray[np.uint8]:
    if size == 0:
        raise MediaError(f"{name}: is empty (0 bytes)", hint="copy or download it again")
    try:
        with warnings.catch_warnings():
            # Pillow warns of large pictures, where our own limit counts, and of damaged notes in
            # a file, which we do not read.
            warnings.simplefilter("ignore")
            with Image.open(file, formats=_FORMATS) as picture:
                _check_size(picture.width, picture.height, name, max_pixels)
                return _to_rgb(picture)
    except Image.DecompressionBombError as error:
        raise MediaError(f"{name}: too many pixels", hint=_too_large(max_pixels)) from error
    except UnidentifiedImageError as error:
        raise MediaError(f"{name}: not a picture", hint=_KINDS) from error
    except _DAMAGED as error:
        if isinstance(error, FileNotFoundError | PermissionError):
            raise
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise MediaError(f"{name}: damaged: {reason}", hint="copy or download it again") from error


def _too_large(max_pixels: int) -> str:
    return f"at most {max_pixels / 1e6:g} megapixels; scale it down first"


def _check_size(width: int, height: int, name: str, max_pixels: int = MAX_PIXELS) -> None:
    if width * height > max_pixels:
        problem = f"{name}: {width} x {height} is too many pixels"
        raise MediaError(problem, hint=_too_large(max_pixels))


def _to_rgb(picture: Image.Image) -> NDArray[np.uint8]:
    ImageOps.exif_transpose(picture, in_place=True)
    if picture.mode.startswith("I") or picture.mode == "F":
        return _grey_to_rgb(_scale_to_8_bits(np.asarray(picture)))
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        rgba = picture.convert("RGBA")
        white = Image.new("RGBA", rgba.size, "white")
        return np.asarray(Image.alpha_composite(white, rgba).convert("RGB"))
    return np.asarray(picture if picture.mode == "RGB" else picture.convert("RGB"))


def _scale_to_8_bits(grey: NDArray[np.generic]) -> NDArray[np.uint8]:
    """16-bit and float pictures to 8 bits by the range their kind of file has."""
    values = np.nan_to_num(grey.astype(np.float64))
    # A float picture runs to 1 by custom, an integer one to 65,535; where it stays within 255 the
    # file was 8 bits in a wide coat.
    top = float(values.max(initial=0))
    if np.issubdtype(grey.dtype, np.floating) and top <= 1:
        full = 1.0
    else:
        full = 255.0 if top <= 255 else max(65535.0, top)
    return (np.clip(values / full, 0, 1) * 255).round().astype(np.uint8)


def _grey_to_rgb(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.repeat(grey[:, :, None], 3, axis=2)


def _from_array(array: NDArray[np.uint8]) -> NDArray[np.uint8]:
    shape, dtype = list(array.shape), array.dtype
    fits = array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (1, 3, 4))
    if dtype != np.uint8 or not fits or array.size == 0:
        raise MediaError(
            f"an array of {dtype} {shape} is not a picture",
            hint="uint8 [H, W, 3] in RGB order, [H, W] grey or [H, W, 4] RGBA",
        )
    _check_size(array.shape[1], array.shape[0], "the array")
    if array.ndim == 2 or array.shape[2] == 1:
        return _grey_to_rgb(array.reshape(array.shape[:2]))
    if array.shape[2] == 4:
        return _to_rgb(Image.fromarray(array, "RGBA"))
    return array
