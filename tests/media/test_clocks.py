from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import av
import numpy as np
import pytest
from av.packet import Packet
from av.video.stream import VideoStream
from hypothesis import given
from hypothesis import strategies as st

from clips import flashes_in, frame_index_of, make_clip, make_flashes
from roomread.errors import MediaError
from roomread.media import SoundSource, VideoWriter, open_source
from roomread.media.clocks import FrameClock
from roomread.readings import Frame

SECOND = [n / 25 for n in range(25)]


def read(path: Path, *, every: float | None = None) -> list[Frame]:
    with open_source(path, every=every) as source:
        return list(source)


def copy(path: Path, target: Path) -> Path:
    with open_source(path) as source:
        frames = iter(source)
        first = next(frames)
        sound = SoundSource(path, source.shifts)
        with VideoWriter(target, sound_from=sound) as video:
            for frame in (first, *frames):
                video.write(frame.image, frame.time)
    return target


def join(folder: Path, suffix: str, parts: Sequence[Path]) -> Path:
    path = folder / f"joined.{suffix}"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return path


def parts(folder: Path, suffix: str, starts: Sequence[float]) -> list[Path]:
    """Write clips of alternately 1 s and 0.6 s, whose first timestamps are `starts`, s."""
    made = []
    for number, start in enumerate(starts):
        times = [start + time for time in SECOND[: 25 if number % 2 == 0 else 15]]
        made.append(make_clip(folder / f"part{number}.{suffix}", times))
    return made


def assert_continuous(frames: Sequence[Frame], lengths: Sequence[int]) -> None:
    """Check that no frame is missing at 25 per second, and each part starts a discontinuity."""
    assert [frame_index_of(frame.image) for frame in frames] == [
        n for k in lengths for n in range(k)
    ]
    np.testing.assert_allclose(
        [frame.time for frame in frames], np.arange(len(frames)) / 25, atol=2e-3
    )
    marked = [n for n, frame in enumerate(frames) if frame.discontinuity]
    assert marked == list(np.cumsum(lengths)[:-1])


@pytest.mark.parametrize(
    ("suffix", "starts"),
    [
        ("ts", (0, 0, 0)),
        ("ts", (5000, 0)),
        ("ts", (20_000, 3, 90_000)),
        ("mkv", (0, 0)),
        ("mkv", (0, 7200)),
        ("webm", (5000, 0)),
    ],
)
def test_times_continue_across_the_parts_of_a_concatenated_video(
    tmp_path: Path, suffix: str, starts: Sequence[float]
) -> None:
    path = join(tmp_path, suffix, parts(tmp_path, suffix, starts))
    assert_continuous(read(path), [25, 15, 25][: len(starts)])


@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv"])
def test_gap_of_hours_in_the_timestamps_is_removed_as_a_discontinuity(
    tmp_path: Path, suffix: str
) -> None:
    times = [*SECOND, *(10_000 + time for time in SECOND)]
    frames = read(make_clip(tmp_path / f"clip.{suffix}", times))
    assert len(frames) == 50
    np.testing.assert_allclose([f.time for f in frames], np.arange(50) / 25, atol=2e-3)
    assert [n for n, frame in enumerate(frames) if frame.discontinuity] == [25]


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_gap_of_minutes_in_the_timestamps_is_kept(tmp_path: Path, suffix: str) -> None:
    times = [0.0, 0.04, 0.08, 600.0, 600.04]
    frames = read(make_clip(tmp_path / f"clip.{suffix}", times))
    np.testing.assert_allclose([frame.time for frame in frames], times, atol=2e-3)
    assert not any(frame.discontinuity for frame in frames)


def test_requested_frame_interval_is_kept_across_a_jump_of_the_timestamps(tmp_path: Path) -> None:
    frames = read(join(tmp_path, "ts", parts(tmp_path, "ts", (0, 0, 0))), every=0.3)
    assert [frame.index for frame in frames] == [0, 8, 15, 23, 30, 38, 45, 53, 60]
    # The frame at the jump is skipped, so the next frame is marked as a discontinuity.
    assert [frame.index for frame in frames if frame.discontinuity] == [30, 45]


@pytest.mark.parametrize(
    ("suffix", "starts", "target"),
    [
        ("ts", (0.0, 0.0), "mp4"),
        ("ts", (0.0, 4000.0), "webm"),
        ("ts", (4000.0, 0.0), "mkv"),
        ("mpg", (0.0, 0.0), "mp4"),
        ("mpg", (0.0, 4000.0), "mp4"),
        ("mkv", (0.0, 0.0), "mp4"),
        ("mkv", (0.0, 4000.0), "mp4"),
        ("webm", (4000.0, 0.0), "webm"),
    ],
)
def test_copy_of_a_concatenated_video_has_picture_and_sound_in_sync(
    tmp_path: Path, suffix: str, starts: Sequence[float], target: str
) -> None:
    made = [
        make_flashes(tmp_path / f"{n}.{suffix}", [1.0, 2.0], start=start)
        for n, start in enumerate(starts)
    ]
    out = copy(join(tmp_path, suffix, made), tmp_path / f"out.{target}")
    with open_source(out) as source:
        assert len(list(source)) == 150
    pictures, sounds = flashes_in(out)
    # The MPEG clips that FFmpeg writes lack a frame, so the tolerance is two frames.
    np.testing.assert_allclose(pictures, [1, 2, 4, 5], atol=0.09)
    np.testing.assert_allclose(sounds, pictures, atol=0.06)


@pytest.mark.parametrize("suffix", ["ts", "mkv", "mp4"])
@pytest.mark.parametrize("start", [0.0, 30.0])
def test_copy_of_a_video_has_picture_and_sound_in_sync(
    tmp_path: Path, suffix: str, start: float
) -> None:
    made = make_flashes(tmp_path / f"in.{suffix}", [0.4, 1.0], start=start)
    pictures, sounds = flashes_in(copy(made, tmp_path / "out.mp4"))
    np.testing.assert_allclose(pictures, [0.4, 1.0], atol=0.045)
    np.testing.assert_allclose(sounds, pictures, atol=0.06)


def remux(source: Path, target: Path, change: Callable[[Packet[Any]], Packet[Any]]) -> Path:
    """Write a file with the packets of another file, each changed by a function."""
    with av.open(str(source), "r") as before, av.open(str(target), "w") as after:
        track = after.add_stream_from_template(before.streams.video[0])
        for packet in before.demux(video=0):
            if packet.size:
                changed = change(packet)
                changed.stream = track
                after.mux(changed)
    return target


def without_pts(packet: Packet[Any]) -> Packet[Any]:
    packet.pts = packet.dts
    return packet


@pytest.mark.parametrize("suffix", ["flv", "mkv", "ts", "h264"])
def test_frames_without_presentation_timestamps_are_in_order(tmp_path: Path, suffix: str) -> None:
    original = make_clip(tmp_path / "original.mp4", [n / 25 for n in range(26)])
    assert_continuous(read(remux(original, tmp_path / f"clip.{suffix}", without_pts)), [26])


def test_avi_whose_frames_are_decoded_out_of_order_is_read_in_display_order(tmp_path: Path) -> None:
    assert_continuous(read(make_clip(tmp_path / "clip.avi", [n / 25 for n in range(26)])), [26])


@pytest.mark.parametrize("codec", ["mjpeg", "mpeg4", "libx264"])
def test_avi_with_dropped_frames_keeps_the_times_of_the_remaining_frames(
    tmp_path: Path, codec: str
) -> None:
    kept = [0, 1, 2, 3, 4, 7, 14, 21, 22, 23]
    path = tmp_path / "drops.avi"
    with av.open(str(path), "w") as container:
        video = container.add_stream(codec, rate=15, options={"bf": "0"})
        assert isinstance(video, av.VideoStream)
        video.width, video.height = 64, 48
        video.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        for n in kept:
            image = np.full((48, 64, 3), 20 + 8 * n, np.uint8)
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts = n
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
    frames = read(path)
    assert [frame_index_of(frame.image) for frame in frames] == kept
    np.testing.assert_allclose([f.time for f in frames], np.array(kept) / 15, atol=1e-3)


def test_frames_with_equal_timestamps_are_all_returned_with_increasing_times() -> None:
    clock = FrameClock(track())
    times = [clock.time(shown).time for shown in (5.0, 5.04, 5.04, 5.08, 5.12, 5.12, 5.12, 5.2)]
    np.testing.assert_allclose(times, [0, 0.04, 0.06, 0.08, 0.12, 0.14, 0.18, 0.2], atol=1e-6)


def test_frames_without_timestamps_are_timed_by_the_frame_rate() -> None:
    clock = FrameClock(track())
    times = [clock.time(shown).time for shown in (None, None, 7.0, 7.5, None)]
    np.testing.assert_allclose(times, [0, 0.04, 0.08, 0.58, 0.62], atol=1e-6)


def test_times_follow_the_frame_rate_when_all_timestamps_are_equal() -> None:
    clock = FrameClock(track())
    times = [clock.time(7.0).time for _ in range(100)]
    assert (np.diff(times) > 0).all()
    assert times[-1] == pytest.approx(99 / 25, abs=0.05)


@given(st.lists(st.none() | st.floats(-1e5, 1e5), min_size=1, max_size=30))
def test_times_increase_strictly_for_any_timestamps(shown: list[float | None]) -> None:
    clock = FrameClock(track("mpegts"))
    times = [clock.time(one).time for one in shown]
    assert times[0] == 0
    assert (np.diff(times) > 0).all()
    # A gap of over 10 s in a transport stream is a jump and adds no time.
    assert (np.diff(times) < 10.1).all()


def test_single_frame_with_an_earlier_timestamp_is_not_treated_as_a_jump() -> None:
    clock = FrameClock(track())
    moments = [clock.time(shown) for shown in (3.0, 5.08, 3.04, 5.12)]
    assert not any(moment.jumped for moment in moments)
    np.testing.assert_allclose([m.time for m in moments], [0, 2.08, 2.1, 2.12], atol=1e-6)


def track(kind: str = "matroska,webm") -> VideoStream:
    """Return a fake track of 25 frames a second with the attributes that a clock reads."""
    container = SimpleNamespace(format=SimpleNamespace(name=kind))
    codec = SimpleNamespace(has_b_frames=False)
    rates = {"guessed_rate": Fraction(25), "average_rate": Fraction(25)}
    return cast(
        "VideoStream",
        SimpleNamespace(
            container=container, codec_context=codec, time_base=Fraction(1, 90_000), **rates
        ),
    )


@pytest.mark.parametrize("seconds", [1, 14])
def test_tracks_that_begin_in_the_second_part_of_a_concatenated_video_are_reported(
    tmp_path: Path, seconds: int
) -> None:
    # FFmpeg detects only the tracks that begin within the first 5 s.
    first, second = tmp_path / "1.ts", tmp_path / "2.ts"
    make_clip(first, [n / 2 for n in range(2 * seconds)])
    make_clip(second, SECOND, options={"mpegts_start_pid": "0x200"})
    path = join(tmp_path, "ts", [first, second])
    frames: list[Frame] = []
    with pytest.raises(MediaError, match="other tracks from"), open_source(path) as source:
        frames.extend(source)
    assert len(frames) == 2 * seconds


@pytest.mark.parametrize(
    ("suffix", "count", "shown"), [("mp4", 2, 1), ("mov", 2, 1), ("flv", 2, 1), ("mkv", 3, 2)]
)
def test_concatenated_video_that_ffmpeg_does_not_read_is_reported(
    tmp_path: Path, suffix: str, count: int, shown: int
) -> None:
    film = make_clip(tmp_path / f"film.{suffix}", SECOND)
    assert len(read(film)) == 25
    frames: list[Frame] = []
    with (
        pytest.raises(MediaError, match="another video, which was not read, follows"),
        open_source(join(tmp_path, suffix, [film] * count)) as source,
    ):
        frames.extend(source)
    assert len(frames) == 25 * shown
