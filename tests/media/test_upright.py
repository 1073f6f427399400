from __future__ import annotations

import gc
import io
import struct
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from clips import make_clip
from roomread.media import VideoWriter, open_source
from roomread.readings import Frame

Change = Callable[[np.ndarray], np.ndarray]
ONE, WHOLE = 1 << 16, 1 << 30
# The values a, b, c, d of a display matrix, and the change that a player then shows.
MATRICES: dict[str, tuple[tuple[int, int, int, int], Change]] = {
    "as it is": ((1, 0, 0, 1), lambda a: a),
    "mirrored": ((-1, 0, 0, 1), np.fliplr),
    "flipped": ((1, 0, 0, -1), np.flipud),
    "turned by 180": ((-1, 0, 0, -1), lambda a: np.rot90(a, 2)),
    "clockwise": ((0, 1, -1, 0), lambda a: np.rot90(a, -1)),
    "counter-clockwise": ((0, -1, 1, 0), np.rot90),
    "transposed": ((0, 1, 1, 0), lambda a: a.transpose(1, 0, 2)),
    "transversed": ((0, -1, -1, 0), lambda a: np.rot90(a, 2).transpose(1, 0, 2)),
}


def read(path: Path) -> list[Frame]:
    with open_source(path) as source:
        return list(source)


def with_matrix(content: bytes, matrix: tuple[int, int, int, int]) -> bytes:
    """Return an MP4 with the display matrix of its first track replaced."""
    a, b, c, d = (value * ONE for value in matrix)
    place = content.index(b"tkhd") + 4 + 40
    packed = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, WHOLE)
    return content[:place] + packed + content[place + 36 :]


@pytest.mark.parametrize("name", list(MATRICES))
def test_display_matrix_rotates_and_mirrors_frames(tmp_path: Path, name: str) -> None:
    plain = make_clip(tmp_path / "plain.mp4", [0.0, 0.04])
    expected = read(plain)[0].image
    matrix, change = MATRICES[name]
    turned = tmp_path / "turned.mp4"
    turned.write_bytes(with_matrix(plain.read_bytes(), matrix))
    np.testing.assert_array_equal(read(turned)[0].image, change(expected))


def test_frames_are_freed_as_soon_as_they_are_no_longer_used(tmp_path: Path) -> None:
    film = make_clip(tmp_path / "clip.mp4", [n / 25 for n in range(12)])
    gc.collect()
    gc.disable()
    try:
        read(film)
        # A frame in a reference cycle would keep its pixels and the converter's threads.
        left = [kept for kept in gc.get_objects() if issubclass(type(kept), av.VideoFrame)]
    finally:
        gc.enable()
    assert left == []


def anamorphic(path: Path, shapes: list[Fraction], size: tuple[int, int] = (64, 96)) -> Path:
    """Write a clip of 12 frames for each pixel aspect ratio; only a .ts may have several."""
    content = b""
    for shape in shapes:
        file = io.BytesIO()
        kind = {".ts": "mpegts", ".mkv": "matroska"}.get(path.suffix, path.suffix[1:])
        with av.open(file, "w", format=kind) as container:
            video = container.add_stream("libx264", rate=25)
            assert isinstance(video, av.VideoStream)
            video.width, video.height, video.pix_fmt = (*size, "yuv420p")
            video.codec_context.sample_aspect_ratio = shape
            for number in range(12):
                frame = av.VideoFrame(*size, "yuv420p")
                frame.pts = number
                container.mux(video.encode(frame))
            container.mux(video.encode(None))
        content += file.getvalue()
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts", "avi"])
@pytest.mark.parametrize(
    ("shape", "size"),
    [
        (Fraction(2), (96, 128)),
        (Fraction(1, 2), (192, 64)),
        (Fraction(4, 3), (96, 85)),
        (Fraction(101, 100), (96, 64)),
        (Fraction(1), (96, 64)),
    ],
)
def test_non_square_pixels_are_converted_to_square_pixels(
    tmp_path: Path, suffix: str, shape: Fraction, size: tuple[int, int]
) -> None:
    frames = read(anamorphic(tmp_path / f"clip.{suffix}", [shape]))
    assert [frame.image.shape[:2] for frame in frames] == [size] * 12


def test_pixel_aspect_ratio_may_change_within_a_stream(tmp_path: Path) -> None:
    frames = read(anamorphic(tmp_path / "clip.ts", [Fraction(1), Fraction(2)]))
    widths = [frame.image.shape[1] for frame in frames]
    assert widths == [64] * 12 + [128] * 12
    assert [n for n, frame in enumerate(frames) if frame.discontinuity] == [12]


def test_change_of_the_frame_size_is_a_discontinuity(tmp_path: Path) -> None:
    first = make_clip(tmp_path / "1.ts", [0.0, 0.04, 0.08])
    second = make_clip(tmp_path / "2.ts", [0.12, 0.16, 0.2], size=(48, 64))
    path = tmp_path / "turned.ts"
    path.write_bytes(first.read_bytes() + second.read_bytes())
    frames = read(path)
    assert [frame.image.shape[:2] for frame in frames] == [(48, 64)] * 3 + [(64, 48)] * 3
    assert [n for n, frame in enumerate(frames) if frame.discontinuity] == [3]
    assert (np.diff([frame.time for frame in frames]) > 0).all()


def test_copy_keeps_the_aspect_ratio_when_the_frame_size_changes(tmp_path: Path) -> None:
    wide = np.full((48, 64, 3), 200, np.uint8)
    with VideoWriter(tmp_path / "out.mp4") as video:
        video.write(wide, 0.0)
        video.write(np.full((64, 48, 3), 200, np.uint8), 0.1)
    first, second = read(tmp_path / "out.mp4")
    assert first.image.shape == second.image.shape == (48, 64, 3)
    # The second picture covers the middle 36 of 64 columns.
    bright = second.image[24, :, 0] > 100
    assert bright.sum() == pytest.approx(36, abs=2)
    assert not bright[:12].any()
