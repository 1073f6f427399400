"""Write small video files for tests, in which the brightness of a frame encodes its index."""

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
    """Write a video with a frame at each of `times` (s) and `sound` seconds of a tone.

    Frame n is `grey(n)` with a white upper left quarter. Every `key_every`th frame is a key frame.
    """
    width, height = size
    with av.open(str(path), "w", options=options or {}) as container:
        codec = "libvpx" if path.suffix == ".webm" else "libx264"
        video = container.add_stream(codec, rate=25)
        assert isinstance(video, av.VideoStream)
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        # AVI has a constant frame rate and no finer timestamps.
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


def make_flashes(
    path: Path, flashes: Sequence[float], *, seconds: float = 3.0, start: float = 0.0
) -> Path:
    """Write a video that is white and plays a tone for 0.2 s from each of `flashes`, s, on.

    It has 25 frames a second, and is black and silent otherwise. Its first timestamp is `start`, s.
    """
    with av.open(str(path), "w") as container:
        codecs = {".mpg": ("mpeg2video", "mp2"), ".webm": ("libvpx", "libopus")}
        codec, sound_codec = codecs.get(path.suffix, ("libx264", "aac"))
        video = container.add_stream(codec, rate=25)
        assert isinstance(video, av.VideoStream)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        rate = 48_000
        sound = container.add_stream(sound_codec, rate=rate)
        assert isinstance(sound, av.AudioStream)
        times = np.arange(int(seconds * rate)) / rate
        loud = np.any([(times >= t) & (times < t + 0.2) for t in flashes], axis=0)
        wave = (np.sin(times * 2 * np.pi * 440) * loud * 20_000).astype(np.int16)
        for n in range(int(seconds * 25)):
            is_white = any(t - 0.001 <= n / 25 < t + 0.199 for t in flashes)
            image = np.full((48, 64, 3), 255 if is_white else 0, np.uint8)
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = round(start * 25) + n, Fraction(1, 25)
            container.mux(video.encode(frame))
            part = wave[None, n * rate // 25 : (n + 1) * rate // 25]
            samples = av.AudioFrame.from_ndarray(np.ascontiguousarray(part), "s16", "mono")
            samples.sample_rate, samples.time_base = rate, Fraction(1, rate)
            samples.pts = round(start * rate) + n * rate // 25
            container.mux(sound.encode(samples))
        container.mux(video.encode(None))
        container.mux(sound.encode(None))
    return path


def flashes_in(path: Path) -> tuple[list[float], list[float]]:
    """Return the times at which a video's pictures turn white and its sound begins, s."""
    with av.open(str(path), "r") as container:
        bright = [
            (float(frame.time or 0), float(frame.to_ndarray(format="gray").mean()) > 128)
            for frame in container.decode(video=0)
        ]
    with av.open(str(path), "r") as container:
        loud = []
        for sound in container.decode(audio=0):
            levels = np.abs(sound.to_ndarray().astype(np.float64)).max(axis=0)
            top = 1.0 if sound.format.name.startswith("flt") else 32_768.0
            for place in range(0, len(levels), 480):
                time = float(sound.time or 0) + place / sound.sample_rate
                loud.append((time, float(levels[place : place + 480].max()) > 0.2 * top))
    return rises(bright), rises(loud)


def rises(states: Sequence[tuple[float, bool]]) -> list[float]:
    """Return the times at which a state turns from off to on."""
    before = [False, *(state for _, state in states[:-1])]
    return [time for (time, on), was_on in zip(states, before, strict=True) if on and not was_on]


def two_tracks(path: Path, sizes: list[tuple[int, int]]) -> Path:
    """Write a video of five frames with one track for each size."""
    with av.open(str(path), "w") as container:
        tracks = []
        for width, height in sizes:
            track = container.add_stream("libx264", rate=25)
            assert isinstance(track, av.VideoStream)
            track.width, track.height, track.pix_fmt = width, height, "yuv420p"
            tracks.append(track)
        for number in range(5):
            for track, size in zip(tracks, sizes, strict=True):
                frame = av.VideoFrame.from_ndarray(grey(number, size), format="rgb24")
                frame.pts = number
                container.mux(track.encode(frame))
        for track in tracks:
            container.mux(track.encode(None))
    return path


def make_sound(path: Path, seconds: float = 1.0) -> Path:
    """Write a file with sound and no pictures."""
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
    """Return the picture of the frame with this index, uint8 [height, width, 3]."""
    return np.full((size[1], size[0], 3), 20 + 8 * (number % 26), np.uint8)


def frame_index_of(image: np.ndarray) -> int:
    """Return the index, modulo 26, of the frame that a picture of a clip shows."""
    return round((float(np.median(image)) - 20) / 8)
