"""Convert pictures with a high dynamic range (HDR) to the standard dynamic range (SDR)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from roomread.forksafe import PerThread
from roomread.media.heif import find_colors
from roomread.media.png import find_chunk
from roomread.pyav import av, new_reformatter

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

# Code points of ITU-T H.273. HDR uses the transfer functions PQ (SMPTE ST 2084) and HLG (ARIB
# STD-B67); the standard range uses sRGB's transfer function (IEC 61966-2-1) and BT.709's primaries.
_UNSPECIFIED = 2
_HDR = frozenset({16, 18})
_SRGB_TRANSFER, _BT709_PRIMARIES = 13, 1
_CONVERTER = PerThread(new_reformatter)


class Colors(NamedTuple):
    """The colour encoding that a file states, as code points of ITU-T H.273.

    Attributes:
        primaries: the code point of the colour primaries, such as 1 for BT.709.
        transfer: the code point of the transfer function, such as 16 for PQ.
    """

    primaries: int = _UNSPECIFIED
    transfer: int = _UNSPECIFIED

    @property
    def is_hdr(self) -> bool:
        """Whether the picture has a high dynamic range."""
        return self.transfer in _HDR


class StandardRange(NamedTuple):
    """The arguments of `VideoReformatter` that map tones to the standard dynamic range."""

    dst_color_trc: int = _SRGB_TRANSFER
    dst_color_primaries: int = _BT709_PRIMARIES


def is_hdr(frame: VideoFrame) -> bool:
    """Return whether a decoded frame has a high dynamic range."""
    return frame.color_trc in _HDR


def stated_colors(content: bytes) -> Colors:
    """Return the colour encoding that a HEIF or PNG file states; unspecified for other files.

    Args:
        content: the content of the file.
    """
    if (found := find_colors(content)) is not None:
        return Colors(*found)
    chunk = find_chunk(content, b"cICP")
    return Colors(chunk[0], chunk[1]) if chunk is not None and len(chunk) > 1 else Colors()


def to_sdr(image: NDArray[np.uint8], colors: Colors) -> NDArray[np.uint8]:
    """Return a picture tone-mapped to the standard dynamic range by FFmpeg.

    Without tone mapping, a PQ or HLG picture is dim and has little contrast.

    Args:
        image: uint8 [H, W, 3], RGB.
        colors: the colour encoding of the picture. Pictures that are not HDR are returned
            unchanged.
    """
    if not colors.is_hdr:
        return image
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
    frame.color_trc, frame.color_primaries = colors.transfer, colors.primaries
    mapped = _CONVERTER.get().reformat(frame, format="rgb24", **StandardRange()._asdict())
    return np.asarray(mapped.to_ndarray(), dtype=np.uint8)
