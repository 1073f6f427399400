from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from clips import add_tone, grey, make_clip, make_sound
from roomread.media import SoundSource, VideoWriter, open_source

TIMES = [0.0, 0.04, 0.08, 0.5, 0.52, 1.2]


def write(path: Path, *, sound_from: Path) -> None:
    with VideoWriter(path, sound_from=SoundSource(sound_from)) as video:
        for number, time in enumerate(TIMES):
            video.write(grey(number, (64, 48)), time)


@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv", "webm"])
def test_written_video_has_the_sound_of_the_source(tmp_path: Path, suffix: str) -> None:
    original = make_clip(tmp_path / "in.mp4", TIMES, sound=1.2)
    write(tmp_path / f"out.{suffix}", sound_from=original)
    with av.open(str(tmp_path / f"out.{suffix}")) as container:
        frames = list(container.decode(audio=0))
    seconds = sum(frame.samples / frame.sample_rate for frame in frames)
    assert seconds == pytest.approx(1.2, abs=0.1)
    loudest = max(float(np.abs(frame.to_ndarray()).max()) for frame in frames)
    assert loudest > 0.5
    with open_source(tmp_path / f"out.{suffix}") as source:
        assert len(list(source)) == len(TIMES)


def test_source_without_sound_gives_a_copy_without_sound(tmp_path: Path) -> None:
    original = make_clip(tmp_path / "in.mp4", TIMES)
    write(tmp_path / "out.mp4", sound_from=original)
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert not container.streams.audio


def test_sound_is_copied_from_a_file_without_a_video_track(tmp_path: Path) -> None:
    write(tmp_path / "out.mp4", sound_from=make_sound(tmp_path / "in.mp4"))
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert container.streams.audio


def test_sound_of_a_shortened_copy_ends_with_its_last_picture(tmp_path: Path) -> None:
    original = make_clip(tmp_path / "in.mp4", TIMES, sound=9.0)
    with VideoWriter(tmp_path / "out.mp4", sound_from=SoundSource(original)) as video:
        for number, time in enumerate(TIMES):
            video.write(grey(number, (64, 48)), time)
        video.cut_short()
    with av.open(str(tmp_path / "out.mp4")) as container:
        frames = list(container.decode(audio=0))
    seconds = sum(frame.samples / frame.sample_rate for frame in frames)
    assert seconds == pytest.approx(TIMES[-1], abs=0.1)


@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv", "webm"])
@pytest.mark.parametrize("damaged", [False, True])
def test_damaged_parts_of_the_sound_are_dropped_and_the_remaining_sound_is_kept(
    tmp_path: Path, suffix: str, *, damaged: bool
) -> None:
    original = tmp_path / "in.avi"
    with av.open(str(original), "w") as container:
        add_tone(container, container.add_stream("mp3", rate=44_100), 3.0)
    data = bytearray(original.read_bytes())
    for part in (3, 4, 5) if damaged else ():
        at = part * len(data) // 8
        data[at : at + 300] = bytes(300)
    original.write_bytes(data)
    write(tmp_path / f"out.{suffix}", sound_from=original)
    with open_source(tmp_path / f"out.{suffix}") as source:
        assert len(list(source)) == len(TIMES)
    with av.open(str(tmp_path / f"out.{suffix}")) as container:
        container.streams.audio[0].codec_context.options = {"err_detect": "ignore_err"}
        times = [float(p.pts * p.time_base) for p in container.demux(audio=0) if p.pts is not None]
    assert times[-1] > 2.5
