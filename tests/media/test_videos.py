from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clips import make_clip
from roomread.errors import MediaError
from roomread.media import Span, VideoReader, cut_points, open_video
from roomread.readings import Frame

# Times of frames at a variable rate, with a late start and a pause of one second.
TIMES = [0.5 + n / 25 + (1.0 if n > 120 else 0.0) for n in range(200)]


def read(path: Path, span: Span, every: float | None = None) -> tuple[list[Frame], int]:
    with open_video(path, path.name) as (container, stream):
        reader = VideoReader(container, stream, path.name, span=span, every=every)
        return list(reader), reader.frames


def origin_of(path: Path) -> float:
    with open_video(path, path.name) as (container, stream):
        points = cut_points(container, stream, path.name)
    assert points is not None
    assert points[0] == pytest.approx(TIMES[-1], abs=0.6)
    return points[1]


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, list[Frame]]]:
    folder = tmp_path_factory.mktemp("clips")
    made = {}
    for suffix in ("mp4", "mkv", "webm"):
        path = make_clip(folder / f"clip.{suffix}", TIMES, key_every=30)
        made[suffix] = path, read(path, Span())[0]
    return made


@settings(max_examples=15)
@given(
    suffix=st.sampled_from(["mp4", "mkv", "webm"]),
    cuts=st.lists(st.floats(0.01, 9.5), min_size=1, max_size=3, unique=True).map(sorted),
    lead=st.sampled_from([0.0, 0.3, 2.0]),
    every=st.none() | st.floats(0.02, 1.5),
)
def test_consecutive_spans_of_a_video_together_contain_each_frame_once(
    clips: dict[str, tuple[Path, list[Frame]]],
    suffix: str,
    cuts: list[float],
    lead: float,
    every: float | None,
) -> None:
    path, whole = clips[suffix]
    origin = origin_of(path)
    frames: list[tuple[float, int, int]] = []
    before = 0
    for start, stop in zip([0.0, *cuts], [*cuts, math.inf], strict=True):
        # `every` needs a lead, because the frame that is due may lie just before the span.
        found, count = read(path, Span(start, stop, max(lead, every or 0.0), origin), every)
        own = [frame for frame in found if frame.index >= 0]
        assert all(frame.time < start for frame in found if frame.index < 0)
        frames += [(f.time, f.index + before, int(f.image[-1, -1, 0])) for f in own]
        before += count
    assert before == len(TIMES)
    expected, _ = read(path, Span(), every) if every is not None else (whole, 0)
    assert frames == [(f.time, f.index, int(f.image[-1, -1, 0])) for f in expected]


def test_lead_frames_before_a_span_all_have_the_index_negative_one(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "clip.mp4", TIMES, key_every=30)
    found, count = read(path, Span(4.0, 4.2, 1.0, origin_of(path)))
    assert [f.index for f in found] == [-1] * (len(found) - 5) + [0, 1, 2, 3, 4]
    assert count == 5
    assert found[0].time == pytest.approx(3.0, abs=0.041)


def test_damage_before_a_span_is_not_reported_when_the_span_is_read(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "clip.mkv", [n / 25 for n in range(200)], key_every=25)
    with open_video(path, "clip") as (container, stream):
        points = cut_points(container, stream, "clip")
        packets = [p for p in container.demux(stream) if p.is_keyframe and p.pos]
    assert points is not None
    # The key frame from which decoding starts for a span with its lead from 4.5 s.
    bad = next(p for p in packets if p.pts is not None and float(p.pts * p.time_base) >= 3.0)
    assert bad.pos is not None
    data = bytearray(path.read_bytes())
    data[bad.pos + 8 : bad.pos + 200] = bytes(192)
    path.write_bytes(data)
    frames, _ = read(path, Span(5.5, 6.0, 1.0, points[1]))
    assert [f.index for f in frames if f.index >= 0] == list(range(12))
    with pytest.raises(MediaError, match="1 damaged"):
        read(path, Span(2.0, 4.0, 1.0, points[1]))


def test_span_beyond_the_end_of_a_truncated_file_is_a_media_error(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "cut.mkv", [n / 25 for n in range(200)], key_every=25)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(MediaError, match="cut off"):
        read(path, Span(6.0, math.inf, 1.0, 0.0))
    frames, count = read(path, Span(0.0, 2.0, 0.0, 0.0))
    assert count == len(frames) == 50


def test_file_without_an_index_is_not_split_into_spans(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "clip.avi", [n / 25 for n in range(50)])
    with open_video(path, "clip") as (container, stream):
        assert cut_points(container, stream, "clip") is None
