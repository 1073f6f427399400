"""Pictures and videos of a high dynamic range."""

from __future__ import annotations

import io
import struct
import zlib
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from roomread.bench.scenes import astronaut
from roomread.media import open_source, read_image
from roomread.media.hdr import Colors, stated_colors, to_sdr

PQ, HLG, SRGB, BT2020 = 16, 18, 13, 9
# Luminance of white in the pictures below, and the highest that PQ can show, cd/m2.
_WHITE, _HIGHEST = 203, 10_000
_TO_BT2020 = np.array(
    [[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]]
)


def linear() -> np.ndarray:
    """Return the astronaut as linear light 0..1 [H, W, 3] in the primaries of BT.2020."""
    levels = astronaut() / 255
    light = np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)
    return np.asarray(np.clip(light @ _TO_BT2020.T, 0, 1))


def as_pq(light: np.ndarray) -> np.ndarray:
    """Encode linear light as levels 0..1 by PQ (SMPTE ST 2084)."""
    power = (light * _WHITE / _HIGHEST) ** (2610 / 16_384)
    quotient = (3424 / 4096 + 2413 / 128 * power) / (1 + 2392 / 128 * power)
    return np.asarray(quotient ** (2523 / 32))


def as_hlg(light: np.ndarray) -> np.ndarray:
    """Encode linear light as levels 0..1 by HLG (ARIB STD-B67), with white at 75 %."""
    scene = light * 0.265
    high = 0.17883277 * np.log(np.maximum(12 * scene - 0.28466892, 1e-9)) + 0.55991073
    return np.where(scene <= 1 / 12, np.sqrt(3 * scene), high)


def film(path: Path, levels: np.ndarray, transfer: int) -> Path:
    """Write a 10-bit video of three equal frames of levels 0..1 with a transfer function."""
    picture = np.round(levels * 65_535).astype(np.uint16)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx265", rate=10, options={"x265-params": "log-level=0"})
        assert isinstance(stream, av.VideoStream)
        stream.height, stream.width = picture.shape[:2]
        stream.pix_fmt = "yuv420p10le"
        codec = stream.codec_context
        codec.color_trc, codec.color_primaries, codec.colorspace = transfer, BT2020, BT2020
        for index in range(3):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb48le")
            frame = frame.reformat(format="yuv420p10le", dst_colorspace=BT2020)
            frame.color_trc, frame.color_primaries, frame.colorspace = transfer, BT2020, BT2020
            frame.pts, frame.time_base = index, Fraction(1, 10)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(("encode", "transfer", "most"), [(as_pq, PQ, 6), (as_hlg, HLG, 16)])
def test_tone_mapped_hdr_video_looks_like_its_original(
    tmp_path: Path, encode: object, transfer: int, most: float
) -> None:
    assert callable(encode)
    levels = encode(linear())
    assert np.abs(levels * 255 - astronaut()).mean() > 20
    with open_source(film(tmp_path / "phone.mp4", levels, transfer)) as source:
        first = next(iter(source)).image.astype(int)
    assert np.abs(first - astronaut()).mean() < most


def with_colors_in_avif(image: np.ndarray, transfer: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "AVIF", quality=95)
    content = file.getvalue()
    place = content.index(b"nclx") + 4
    return content[:place] + struct.pack(">HH", BT2020, transfer) + content[place + 4 :]


def with_colors_in_png(image: np.ndarray, transfer: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    content = file.getvalue()
    chunk = b"cICP" + bytes([BT2020, transfer, 0, 1])
    whole = struct.pack(">I", 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    # Insert the chunk after the signature and the first chunk.
    return content[:33] + whole + content[33:]


@pytest.mark.parametrize("pack", [with_colors_in_avif, with_colors_in_png])
def test_tone_mapped_hdr_photo_looks_like_its_original(pack: object) -> None:
    assert callable(pack)
    stored = np.round(as_pq(linear()) * 255).astype(np.uint8)
    image = read_image(pack(stored, PQ)).astype(int)
    assert np.abs(image - astronaut()).mean() < 8
    plain = read_image(pack(stored, SRGB)).astype(int)
    assert np.abs(plain - astronaut()).mean() > 20


def test_picture_of_standard_dynamic_range_is_unchanged() -> None:
    np.testing.assert_array_equal(to_sdr(astronaut(), Colors(1, SRGB)), astronaut())


@pytest.mark.parametrize("content", [b"", b"\xff\xd8\xff\xe0", b"\0\0\0\x10ftypheic"])
def test_stated_colors_are_unspecified_for_a_file_without_colour_information(
    content: bytes,
) -> None:
    assert stated_colors(content) == Colors()
