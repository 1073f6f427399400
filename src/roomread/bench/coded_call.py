"""Make a synthetic call in which given faces move, and pass it through a video codec."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from roomread.bench.scenes import tiles
from roomread.readings import Box, Frame, Reading

SIZE = (1280, 720)
# Height of a face's picture as a fraction of its tile's height.
_PART = 0.5
# The largest movement of a head to each side, as a fraction of its tile's height, and the range of
# movements per second. At 15 frames per second a head moves by up to 4 px per frame.
_REACH, _PACES = 0.1, (0.2, 0.6)
# Standard deviation of the cameras' noise, grey levels.
_NOISE = 2.0
# The width of the border in which a face's picture fades into the wall, as a fraction of its side.
_FADE = 0.06


class Codec(StrEnum):
    """The video codec of a call."""

    H264 = "h264"
    VP8 = "vp8"


# The container, the encoder and its options for live video, which keep the bit rate within each
# second. A negative `cpu-used` fixes the speed of VP8, as in WebRTC; with a positive value the
# encoder adapts its speed and exceeds a low bit rate twofold.
_ENCODERS: dict[Codec, tuple[str, str, dict[str, str]]] = {
    Codec.H264: ("matroska", "libx264", {"preset": "veryfast", "tune": "zerolatency"}),
    Codec.VP8: (
        "webm",
        "libvpx",
        {
            "deadline": "realtime",
            "cpu-used": "-6",
            "lag-in-frames": "0",
            "error-resilient": "1",
            "qmin": "2",
            "qmax": "63",
            "undershoot-pct": "100",
            "overshoot-pct": "15",
        },
    ),
}


class FaceCall:
    """A synthetic 720p call in which each tile shows one face in front of a wall.

    Args:
        pictures: Up to 25 pictures of faces, grey, uint8 [S, S], cropped as in FER-2013.
        seed: The random seed of movements, light and noise.

    Attributes:
        tiles: The tile of each picture, px.
    """

    def __init__(self, pictures: Sequence[NDArray[np.uint8]], *, seed: int = 0) -> None:
        random = np.random.default_rng(seed)
        self.tiles = tiles(*SIZE, 5, 5)[: len(pictures)]
        self._random = random
        self._paces = random.uniform(*_PACES, (len(pictures), 2))
        self._phases = random.uniform(0, 2 * np.pi, (len(pictures), 2))
        self._heads = [_Head.of(picture, self.tiles[0].height, random) for picture in pictures]

    def frames(self, seconds: float, *, rate: float = 15.0) -> Iterator[Frame]:
        """Yield the frames of the call from its beginning.

        Args:
            seconds: The length of the call, s.
            rate: Frames per second.
        """
        # Shift one field of noise, because drawing a new one takes longer than reading a frame.
        noise = self._random.normal(0, _NOISE, (SIZE[1], SIZE[0], 1)).astype(np.int16)
        for index in range(round(seconds * rate)):
            image = np.full((SIZE[1], SIZE[0], 3), 24, np.int16)
            turns = 2 * np.pi * self._paces * index / rate + self._phases
            for tile, head, (x, y) in zip(self.tiles, self._heads, np.sin(turns), strict=True):
                reach = _REACH * tile.height
                shown = head.shown(tile, reach * float(x), reach * float(y))
                top, left = int(tile.top), int(tile.left)
                image[top : top + shown.shape[0], left : left + shown.shape[1]] = shown
            image += np.roll(noise, tuple(self._random.integers(0, 64, 2)), axis=(0, 1))
            picture = np.clip(image, 0, 255).astype(np.uint8)
            yield Frame(picture, index / rate, index, "call")

    def by_tile(self, readings: Iterable[Reading]) -> list[Reading | None]:
        """Return the reading of the largest face in each tile; None for a tile without readings."""
        found: list[Reading | None] = [None] * len(self.tiles)
        for reading in readings:
            x, y = reading.box.center
            for place, tile in enumerate(self.tiles):
                if tile.left <= x < tile.right and tile.top <= y < tile.bottom:
                    other = found[place]
                    if other is None or reading.box.height > other.box.height:
                        found[place] = reading
        return found


@dataclass(frozen=True, slots=True, eq=False)
class _Head:
    """A picture of a face and the wall behind it.

    Attributes:
        picture: The enlarged picture, grey (mode L).
        mask: The opacity of the picture in front of the wall, of the same size (mode L).
        tint: Factors of the red, green and blue channels, which simulate the light, float32 [3].
        wall: The grey of the wall, 0..255.
    """

    picture: Image.Image
    mask: Image.Image
    tint: NDArray[np.float32]
    wall: int

    @classmethod
    def of(cls, picture: NDArray[np.uint8], height: float, random: np.random.Generator) -> _Head:
        side = round(_PART * height)
        large = Image.fromarray(picture).resize((side, side), Image.Resampling.BICUBIC)
        border = np.concatenate([picture[0], picture[:, 0], picture[:, -1]])
        fade = max(1, round(_FADE * side))
        mask = Image.new("L", (side, side), 0)
        mask.paste(255, (fade, fade, side - fade, side))
        tint = random.uniform(0.7, 1.0) * random.uniform(0.92, 1.0, 3)
        blurred = mask.filter(ImageFilter.GaussianBlur(fade / 2))
        return cls(large, blurred, np.asarray(tint, np.float32), int(np.median(border)))

    def shown(self, tile: Box, x: float, y: float) -> NDArray[np.float32]:
        """Return a tile in which the head is (x, y) px from the middle, float32 [H, W, 3]."""
        size = int(tile.width), int(tile.height)
        left = (size[0] - self.picture.width) / 2 + x
        top = (size[1] - self.picture.height) / 2 + y
        moved = [
            each.transform(
                size, Image.Transform.AFFINE, (1, 0, -left, 0, 1, -top), Image.Resampling.BILINEAR
            )
            for each in (self.picture, self.mask)
        ]
        grey = Image.composite(moved[0], Image.new("L", size, self.wall), moved[1])
        lit: NDArray[np.float32] = np.asarray(grey, np.float32)[..., None] * self.tint
        return lit


@dataclass(frozen=True, slots=True)
class CodedVideo:
    """A video that a codec compressed.

    Attributes:
        content: The content of the video file.
        kbits: The bit rate that the encoder reached, kbit/s.
        rate: Frames per second.
    """

    content: bytes
    kbits: float
    rate: float

    def frames(self) -> Iterator[Frame]:
        """Yield the decoded frames."""
        with av.open(io.BytesIO(self.content), "r") as container:
            for index, frame in enumerate(container.decode(video=0)):
                picture = np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
                yield Frame(picture, index / self.rate, index, "call")


def encode(frames: Iterable[Frame], codec: Codec, *, kbits: float, rate: float) -> CodedVideo:
    """Compress frames as a video call does: one pass, no look-ahead, a constant bit rate.

    Args:
        frames: Frames of 1280 x 720 px.
        codec: The codec.
        kbits: The requested bit rate, kbit/s.
        rate: Frames per second.
    """
    form, encoder, options = _ENCODERS[codec]
    bits, buffer, count = round(1000 * kbits), io.BytesIO(), 0
    limits = {"maxrate": str(bits), "bufsize": str(bits)}
    if codec is Codec.VP8:
        # Set a minimum as well, because libvpx does not enforce a maximum alone.
        limits["minrate"] = str(bits)
    with av.open(buffer, "w", format=form) as container:
        stream = container.add_stream(encoder, rate=Fraction(rate), options=options | limits)
        if not isinstance(stream, av.VideoStream):
            raise TypeError(f"{encoder} is not a video encoder")
        stream.bit_rate, stream.pix_fmt = bits, "yuv420p"
        stream.width, stream.height = SIZE
        for frame in frames:
            picture = av.VideoFrame.from_ndarray(frame.image, format="rgb24")
            # The encoder controls its bit rate by the timestamps of the frames.
            picture.pts, picture.time_base = count, 1 / Fraction(rate)
            container.mux(stream.encode(picture))
            count += 1
        container.mux(stream.encode(None))
    content = buffer.getvalue()
    return CodedVideo(content, 8 * len(content) * rate / count / 1000, rate)
