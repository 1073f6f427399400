"""Small video files for tests; each frame's brightness says its number."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

MS = Fraction(1, 1000)


def make_clip(
    path: Path,
    times: Sequence[float],
    *,
    size: tuple[int, int] = (64, 48),
    rotation: int = 0,
    sound: float = 0.0,
    options: dict[str, str] | None = None,
    key_every: int | None = None,
) -> Path:
    """A video with a frame at each of `times` (s) and `sound` seconds of a tone.

    Frame n is `grey(n)`; its upper left quarter is white. Every `key_every`th is a key frame.
    """
    width, height = size
    with av.open(str(path), "w", options=options or {}) as container:
        codec = "libvpx" if path.suffix == ".webm" else "libx264"
        video = container.add_stream(codec, rate=25)
        assert isinstance(video, av.VideoStream)
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        # AVI has a constant rate and no finer clock.
        video.codec_context.time_base = Fraction(1, 25) if path.suffix == ".avi" else MS
        if key_every is not None:
            video.codec_context.gop_size = key_every
        if rotation:
            video.set_display_rotation(rotation)
        tone = container.add_stream("aac", rate=44_100) if sound else None
        for number, time in enumerate(times):
            image = grey(number, size)
            image[: height // 2, : width // 2] = 255
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            base = video.codec_context.time_base or MS
            frame.pts, frame.time_base = round(time / base), base
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        if tone is not None:
            add_tone(container, tone, sound)
    return path


def make_sound(path: Path, seconds: float = 1.0) -> Path:
    """A file with sound and no pictures."""
    with av.open(str(path), "w") as container:
        add_tone(container, container.add_stream("aac", rate=44_100), seconds)
    return path


def add_tone(
    container: av.container.OutputContainer, stream: av.AudioStream, seconds: float
) -> None:
    wave = np.sin(np.arange(int(seconds * 44_100)) * 2 * np.pi * 440 / 44_100)
    frame = av.AudioFrame.from_ndarray(wave[None].astype(np.float32), "fltp", "mono")
    frame.sample_rate, frame.pts = 44_100, 0
    container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def grey(number: int, size: tuple[int, int]) -> np.ndarray:
    """The grey of frame `number`, uint8 [height, width, 3]."""
    return np.full((size[1], size[0], 3), 20 + 8 * (number % 26), np.uint8)


def number_of(image: np.ndarray) -> int:
    """The number of the frame, under 26, that a picture of a clip shows."""
    return round((float(np.median(image)) - 20) / 8)
