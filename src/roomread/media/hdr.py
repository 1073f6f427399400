"""Convert pictures of a high dynamic range (HDR) to the standard range."""

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

# Code points of ITU-T H.273. The transfer functions of HDR are PQ (SMPTE ST 2084) and HLG (ARIB
# STD-B67); those of the standard range are sRGB's (IEC 61966-2-1) and the primaries of BT.709.
_UNSPECIFIED = 2
_HDR = frozenset({16, 18})
_SRGB_TRANSFER, _BT709_PRIMARIES = 13, 1
_CONVERTER = PerThread(new_reformatter)


class Colors(NamedTuple):
    """The colours that a file states, by the code points of ITU-T H.273.

    Attributes:
        primaries: the primary colours.
        transfer: the transfer function.
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
    """Return the colours that a HEIF or PNG file states; the default for other files.

    Args:
        content: the content of the file.
    """
    if (found := find_colors(content)) is not None:
        return Colors(*found)
    chunk = find_chunk(content, b"cICP")
    return Colors(chunk[0], chunk[1]) if chunk is not None and len(chunk) > 1 else Colors()


def to_sdr(image: NDArray[np.uint8], colors: Colors) -> NDArray[np.uint8]:
    """Return a picture in the standard range, tones mapped by FFmpeg.

    Without it, a PQ or HLG picture is dim and has little contrast.

    Args:
        image: uint8 [H, W, 3], RGB.
        colors: the colours of the picture; one of the standard range is returned unchanged.
    """
    if not colors.is_hdr:
        return image
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
    frame.color_trc, frame.color_primaries = colors.transfer, colors.primaries
    mapped = _CONVERTER.get().reformat(frame, format="rgb24", **StandardRange()._asdict())
    return np.asarray(mapped.to_ndarray(), dtype=np.uint8)
