"""Scale the levels of pictures with more than 8 bits."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageFile

from roomread.pyav import av

# Maximum levels of cameras and scanners: 8, 10, 12, 14 and 16 bits.
_FULL_SCALES = (255.0, 1023.0, 4095.0, 16_383.0, 65_535.0)
# Maximum level of signed 16-bit pictures, which scientific cameras write.
_SIGNED_SCALE = 32_767.0
# Number of pixels that are counted at once; `np.bincount` needs eight bytes for each.
_BLOCK = 1_000_000
# Suffixes of Pillow's raw modes for 16-bit colours, of which it keeps the upper 8 bits, and the
# highest value of these 8 bits in a picture of 14 bits.
_DEEP_MODES = (";16B", ";16L")
_HIGHEST_OF_14_BITS = 63


def has_deep_colors(picture: Image.Image) -> bool:
    """Return whether an opened picture, not yet decoded, stores colours in 16 bits."""
    tiles = picture.tile if isinstance(picture, ImageFile.ImageFile) else []
    modes = [t.args if isinstance(t.args, str) else str((t.args or ("",))[0]) for t in tiles]
    return picture.mode in ("RGB", "RGBA") and any(mode.endswith(_DEEP_MODES) for mode in modes)


def brightened(picture: Image.Image, content: bytes) -> Image.Image:
    """Return a picture with 16-bit colours, scaled to 8 bits so that it is not too dark.

    Cameras store levels of 10 to 14 bits in 16 bits. Pillow keeps only the upper 8 of the 16 bits,
    which makes the picture nearly black. The bit depth is therefore estimated and used for scaling.

    Args:
        picture: the picture as Pillow decoded it, RGB or RGBA, before its EXIF orientation is
            applied.
        content: the content of its file.
    """
    colors = np.asarray(picture)[..., :3]
    if colors.max() > _HIGHEST_OF_14_BITS:
        return picture
    levels = _decode_16_bits(content)
    if levels is None or levels.shape != colors.shape:
        return picture
    scaled = Image.fromarray(scale_to_8_bits(levels))
    if picture.mode == "RGBA":
        scaled.putalpha(picture.getchannel("A"))
    turn = picture.getexif().get(ExifTags.Base.Orientation)
    if turn is not None:
        scaled.getexif()[ExifTags.Base.Orientation] = turn
    return scaled


def _decode_16_bits(content: bytes) -> NDArray[np.uint16] | None:
    """Return the colours of a PNG or TIFF, uint16 [H, W, 3]; None if FFmpeg cannot decode it."""
    decoder = av.CodecContext.create("png" if content.startswith(b"\x89PNG") else "tiff", "r")
    try:
        frames = (
            decoder.decode(av.Packet(content)) if isinstance(decoder, av.VideoCodecContext) else []
        )
    except av.FFmpegError:
        return None
    return np.asarray(frames[0].to_ndarray(format="rgb48le"), np.uint16) if frames else None


def scale_to_8_bits(grey: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Scale the levels of a 16-bit or float picture to 8 bits.

    Args:
        grey: integers or floats, [H, W] or [H, W, C]. The bit depth is estimated from the brightest
            pixels.

    Returns:
        uint8 of the same shape.
    """
    if grey.dtype == np.uint16:
        return _scale_16_bits(grey)
    values = grey.astype(np.float64)
    values[np.isnan(values)] = 0
    levels = np.clip(values / _full_scale(values, grey.dtype), 0, 1) * 255
    return levels.round().astype(np.uint8)


def _scale_16_bits(grey: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Scale a uint16 picture to 8 bits through a lookup table, which saves memory."""
    counts = np.zeros(65_536, dtype=np.int64)
    for rows in np.array_split(grey, max(grey.size // _BLOCK, 1)):
        counts += np.bincount(rows.ravel(), minlength=len(counts))
    counts[0] = 0
    full = 1.0
    if counts.any():
        # The same quantile as in `_full_scale`, computed from the counts as numpy defines it.
        last = np.cumsum(counts) - 1
        place = 0.995 * last[-1]
        low, high = np.searchsorted(last, [math.floor(place), math.ceil(place)])
        top = float(low + (high - low) * (place - math.floor(place)))
        full = next((scale for scale in _FULL_SCALES if top <= scale), top)
    levels = np.clip(np.arange(len(counts)) / full, 0, 1) * 255
    table: NDArray[np.uint8] = levels.round().astype(np.uint8)
    pixels: NDArray[np.uint8] = table[grey]
    return pixels


def _full_scale(values: NDArray[np.float64], dtype: np.dtype[Any]) -> float:
    """Estimate which level is white in a picture of `dtype`, because files do not state this level.

    The brightest 0.5 % of the pixels are ignored, because they may be hot pixels, highlights or
    edges that sharpening made too bright.
    """
    lit = values[np.isfinite(values) & (values > 0)]
    if not lit.size:
        return 1.0
    top = float(np.quantile(lit, 0.995))
    if np.issubdtype(dtype, np.floating) and float(np.median(lit)) <= 1 and top <= 16:
        # By convention 1 is white in float pictures; only highlights exceed it.
        return 1.0
    signed = (_SIGNED_SCALE,) if np.issubdtype(dtype, np.signedinteger) else ()
    return next((scale for scale in sorted(_FULL_SCALES + signed) if top <= scale), top)
