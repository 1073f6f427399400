"""Convert decoded frames to upright pictures with square pixels."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from roomread.forksafe import PerThread
from roomread.media.hdr import StandardRange, is_hdr
from roomread.pyav import av, new_reformatter

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

_MATRIX_NUMBERS = 9
# Formats whose container states the pixel shape; in others the codec states it per frame.
_STATING_FORMATS = frozenset({"mov", "mp4", "matroska", "webm"})
# Deviation from square pixels below which pictures are not scaled: no face changes visibly.
_NEARLY_SQUARE = 0.02
# Maximum plausible ratio of a pixel's sides; a larger ratio is taken for damage and ignored.
_LONGEST_PIXEL = 8
# The converter is reused, because a new one would start and stop threads for each frame.
_CONVERTER = PerThread(new_reformatter)


class Geometry(NamedTuple):
    """The transformation from a stored picture to an upright one.

    Attributes:
        width: width before the rotation, with square pixels, px.
        height: height before the rotation, with square pixels, px.
        transposed: whether rows and columns are exchanged; this is done first.
        mirrored: whether left and right are exchanged afterwards.
        flipped: whether top and bottom are exchanged afterwards.
    """

    width: int
    height: int
    transposed: bool
    mirrored: bool
    flipped: bool


class GeometryReader:
    """A reader of the geometry of a track's frames, in display order.

    Args:
        stream: the track, which is being decoded.
    """

    def __init__(self, stream: VideoStream) -> None:
        self._stream = stream
        self._pixel: Fraction | None = None

    def read(self, picture: VideoFrame) -> Geometry:
        """Return the transformation given by the next frame's display matrix and pixel shape."""
        # PyAV reports the pixel shape of the packet being decoded, which may be some frames ahead.
        # The shape changes at key frames only.
        if self._pixel is None or picture.key_frame:
            self._pixel = _pixel_shape(self._stream)
        return _geometry(picture, self._pixel)


def _geometry(picture: VideoFrame, pixel: Fraction) -> Geometry:
    width, height = picture.width, picture.height
    if pixel > 1:
        width = round(width * pixel)
    elif pixel < 1:
        # Enlarge the other side instead, so that no row or column is lost.
        height = round(height / pixel)
    return Geometry(width, height, *_turn(picture))


def render(picture: VideoFrame, shown: Geometry) -> NDArray[np.uint8]:
    """Return a decoded frame, transformed as `shown` says, RGB uint8 [H, W, 3].

    A high dynamic range is mapped to the standard dynamic range.
    """
    tones = StandardRange()._asdict() if is_hdr(picture) else {}
    rgb = _CONVERTER.get().reformat(picture, shown.width, shown.height, format="rgb24", **tones)
    image = np.asarray(rgb.to_ndarray(), dtype=np.uint8)
    if shown.transposed:
        image = image.transpose(1, 0, 2)
    if shown.mirrored:
        image = image[:, ::-1]
    if shown.flipped:
        image = image[::-1]
    return np.ascontiguousarray(image)


def _pixel_shape(stream: VideoStream) -> Fraction:
    """Return the aspect ratio of a pixel, width over height."""
    formats = set(stream.container.format.name.split(","))
    shape = stream.sample_aspect_ratio
    if not shape or not formats & _STATING_FORMATS:
        shape = stream.codec_context.sample_aspect_ratio or shape
    if not shape or not Fraction(1, _LONGEST_PIXEL) <= shape <= _LONGEST_PIXEL:
        return Fraction(1)
    return Fraction(1) if abs(shape - 1) < _NEARLY_SQUARE else Fraction(shape)


def _turn(picture: VideoFrame) -> tuple[bool, bool, bool]:
    """Return (transposed, mirrored, flipped), as in `Geometry`, from a frame's display matrix.

    The matrix maps a stored point (x, y) to (a x + c y, b x + d y) and is rounded to the nearest of
    the eight rotations and reflections. FFmpeg's `rotation` ignores reflections.
    """
    # Do not use `picture.side_data`, which creates a reference cycle that keeps the frame and its
    # threads in memory until Python collects cycles.
    side_data = av.sidedata.sidedata.SideDataContainer(picture)  # type: ignore[call-arg] # missing in PyAV's stub
    matrix = side_data.get("DISPLAYMATRIX")
    numbers = (
        np.frombuffer(memoryview(matrix), dtype=np.int32)
        if isinstance(matrix, av.sidedata.sidedata.SideData)
        else np.zeros(0)
    )
    if len(numbers) != _MATRIX_NUMBERS:
        return False, False, False
    a, b, c, d = (int(numbers[i]) for i in (0, 1, 3, 4))
    if abs(b) + abs(c) > abs(a) + abs(d):
        return True, c < 0, b < 0
    return False, a < 0, d < 0
