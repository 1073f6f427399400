"""Tests of concatenated videos."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from clips import make_clip
from roomread.errors import MediaError
from roomread.media import open_source
from roomread.media.joined import has_video_after
from roomread.readings import Frame

SECOND = [n / 25 for n in range(25)]


@pytest.mark.parametrize("suffix", ["mp4", "mov", "flv"])
def test_second_video_after_the_end_of_a_video_in_memory_is_reported(
    tmp_path: Path, suffix: str
) -> None:
    # The content of a pipe is read from memory, not from a named file.
    film = make_clip(tmp_path / f"film.{suffix}", SECOND).read_bytes()
    frames: list[Frame] = []
    with (
        pytest.raises(MediaError, match="another video, which was not read, follows"),
        open_source(film * 2) as source,
    ):
        frames.extend(source)
    assert len(frames) == 25


def test_search_for_a_concatenated_video_starts_at_the_given_offset(tmp_path: Path) -> None:
    film = make_clip(tmp_path / "film.mp4", SECOND).read_bytes()
    assert has_video_after(io.BytesIO(film), 0)
    assert not has_video_after(io.BytesIO(film), 16)
    assert has_video_after(io.BytesIO(film + film), len(film))
