from __future__ import annotations

from pathlib import Path

import pytest

from clips import flashes_in, frame_index_of, make_clip, make_flashes, make_sound
from roomread.errors import MediaError
from roomread.media import VideoWriter, open_excerpt

TIMES = [n / 25 for n in range(200)]


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "avi"])
def test_excerpt_of_a_video_has_the_frames_of_the_requested_section(
    tmp_path: Path, suffix: str
) -> None:
    path = make_clip(tmp_path / f"clip.{suffix}", TIMES, key_every=50)
    with open_excerpt(path, 3.0, 3.2, lead=0.08) as excerpt:
        frames = list(excerpt.frames)
    assert [frame.index for frame in frames] == [-1, -1, 0, 1, 2, 3, 4]
    assert [frame_index_of(frame.image) for frame in frames] == [n % 26 for n in range(73, 80)]
    assert excerpt.is_cut == (suffix != "avi")


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "webm", "mpg"])
def test_picture_and_sound_of_an_excerpt_are_in_sync(tmp_path: Path, suffix: str) -> None:
    flashes = [1.0, 15.0, 17.0]
    path = make_flashes(tmp_path / f"in.{suffix}", flashes, seconds=20, start=2.0)
    target = tmp_path / "out.mp4"
    with open_excerpt(path, 14.0, 18.0, with_sound=True) as excerpt:
        frames = iter(excerpt.frames)
        first = next(frames)
        with VideoWriter(target, sound_from=excerpt.sound(14.0)) as writer:
            writer.write(first.image, first.time - 14.0)
            for frame in frames:
                writer.write(frame.image, frame.time - 14.0)
            writer.cut_short()
    bright, loud = flashes_in(target)
    assert bright == pytest.approx([1.0, 3.0], abs=0.05)
    assert loud == pytest.approx([1.0, 3.0], abs=0.08)


def test_file_that_is_not_a_video_is_refused(tmp_path: Path) -> None:
    picture = tmp_path / "a.mp4"
    picture.write_bytes(b"\xff\xd8\xff" + bytes(100))
    sound = make_sound(tmp_path / "b.mp4")
    for path, problem in (
        (tmp_path / "missing.mp4", "no such file"),
        (picture, "is a picture"),
        (sound, "has no video track"),
    ):
        with pytest.raises(MediaError, match=problem), open_excerpt(path, 0.0, 1.0):
            pass
