"""Pictures whose colour profile or gamma differs from that of sRGB."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

from roomread.bench.scenes import astronaut
from roomread.media import read_image
from roomread.media.color_profiles import to_srgb

CURVES = (b"rTRC", b"gTRC", b"bTRC")
P3 = {
    b"rXYZ": (0.5151, 0.2412, -0.0011),
    b"gXYZ": (0.2920, 0.6922, 0.0419),
    b"bXYZ": (0.1571, 0.0666, 0.7841),
}


def changed(replaced: dict[bytes, bytes]) -> bytes:
    """Return the ICC profile of sRGB with the content of some tags replaced."""
    base = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    tags = {}
    for place in range(132, 132 + 12 * int.from_bytes(base[128:132], "big"), 12):
        kind, start, size = struct.unpack(">4sII", base[place : place + 12])
        tags[kind] = base[start : start + size]
    tags |= replaced
    table, data, start = struct.pack(">I", len(tags)), b"", 132 + 12 * len(tags)
    for kind, content in tags.items():
        table += struct.pack(">4sII", kind, start + len(data), len(content))
        data += content + bytes(-len(content) % 4)
    return struct.pack(">I", start + len(data)) + base[4:128] + table + data


def curve(gamma: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256))


def primary(xyz: tuple[float, float, float]) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(part * 65_536) for part in xyz))


def linear_profile() -> bytes:
    return changed(dict.fromkeys(CURVES, curve(1.0)))


def exchanged_profile() -> bytes:
    """Return a profile in which the first channel is blue and the third is red."""
    red, blue = (0.4361, 0.2225, 0.0139), (0.1431, 0.0606, 0.7141)
    return changed({b"rXYZ": primary(blue), b"bXYZ": primary(red)})


def as_light(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    levels = image / 255
    light = np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)
    return np.asarray((light * 255).round(), np.uint8)


def difference(image: NDArray[np.uint8], expected: NDArray[np.uint8]) -> float:
    return float(np.abs(image.astype(int) - expected).mean())


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP", "AVIF"])
def test_picture_with_a_linear_color_profile_is_read_as_bright_as_viewers_show_it(
    kind: str,
) -> None:
    content = io.BytesIO()
    picture = Image.fromarray(as_light(astronaut()))
    picture.save(content, kind, icc_profile=linear_profile(), quality=98)
    assert difference(as_light(astronaut()), astronaut()) > 30
    assert difference(read_image(content.getvalue()), astronaut()) < 6


def test_channels_exchanged_by_a_color_profile_are_read_in_rgb_order() -> None:
    content = io.BytesIO()
    stored = np.ascontiguousarray(astronaut()[..., ::-1])
    Image.fromarray(stored).save(content, "PNG", icc_profile=exchanged_profile())
    assert difference(read_image(content.getvalue()), astronaut()) < 1
    opened = Image.open(io.BytesIO(content.getvalue()))
    assert difference(read_image(opened), astronaut()) < 1


@pytest.mark.parametrize(
    "profile",
    [
        changed({}),
        changed({kind: primary(xyz) for kind, xyz in P3.items()}),
        changed(dict.fromkeys(CURVES, curve(2.2))),
        b"no profile",
        changed({})[:300],
        linear_profile() + bytes(500_000),
    ],
    ids=["sRGB", "Display P3", "gamma 2.2", "damaged", "cut", "long"],
)
def test_picture_is_unchanged_if_its_profile_is_close_to_srgb_or_unusable(profile: bytes) -> None:
    image = astronaut()
    assert to_srgb(image, {"icc_profile": profile}) is image


def test_grey_picture_with_a_linear_color_profile_is_converted_to_srgb() -> None:
    grey = np.asarray(Image.fromarray(astronaut()).convert("L"))
    head = bytearray(linear_profile())
    head[16:20] = b"GRAY"
    at = head.find(b"gTRC")
    head[at : at + 4] = b"kTRC"
    image = np.dstack([as_light(grey)] * 3)
    converted = to_srgb(image, {"icc_profile": bytes(head)})
    assert difference(converted, np.dstack([grey] * 3)) < 2


def png(image: NDArray[np.uint8], *chunks: tuple[bytes, bytes]) -> bytes:
    """Return a PNG of uint8 [H, W, 3] with further chunks before the pixels."""
    size = struct.pack(">IIBBBBB", image.shape[1], image.shape[0], 8, 2, 0, 0, 0)
    rows = zlib.compress(b"".join(b"\0" + row.tobytes() for row in image))
    parts = [(b"IHDR", size), *chunks, (b"IDAT", rows), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )


def gamma(value: float) -> tuple[bytes, bytes]:
    return b"gAMA", struct.pack(">I", round(value * 100_000))


def test_gamma_of_a_png_is_applied_only_if_far_from_the_gamma_of_screens() -> None:
    stored = (np.linspace(0, 1, 256) ** 2.2 * 255).round().astype(np.uint8)
    image = np.repeat(stored[None, :, None], 3, axis=2)
    expected = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    assert difference(read_image(png(image, gamma(1.0))), expected) < 3
    np.testing.assert_array_equal(read_image(png(image, gamma(0.45455))), image)
    # By the PNG specification, an sRGB chunk takes precedence over a gamma chunk.
    np.testing.assert_array_equal(read_image(png(image, (b"sRGB", b"\0"), gamma(1.0))), image)
