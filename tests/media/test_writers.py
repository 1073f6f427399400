from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from clips import frame_index_of, grey
from roomread.errors import OutputError
from roomread.media import VideoWriter, open_source

TIMES = [0.0, 0.04, 0.08, 0.5, 0.52, 1.2]


def write(path: Path, *, size: tuple[int, int] = (64, 48)) -> None:
    with VideoWriter(path) as video:
        for number, time in enumerate(TIMES):
            video.write(grey(number, size), time)


@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv", "webm"])
def test_frames_of_a_written_video_have_the_given_times(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"out.{suffix}"
    write(path)
    with open_source(path) as source:
        frames = list(source)
    np.testing.assert_allclose([frame.time for frame in frames], TIMES, atol=2e-3)
    assert [frame_index_of(frame.image) for frame in frames] == list(range(6))


def test_odd_frame_sizes_are_rounded_up_to_even(tmp_path: Path) -> None:
    write(tmp_path / "odd.mp4", size=(63, 47))
    with open_source(tmp_path / "odd.mp4") as source:
        assert next(iter(source)).image.shape == (48, 64, 3)


def test_frame_that_is_not_later_than_the_previous_frame_is_dropped(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "out.mp4") as video:
        for time in (0.0, 0.0, 0.1, 0.05, 0.2):
            video.write(grey(1, (64, 48)), time)
    with open_source(tmp_path / "out.mp4") as source:
        assert len(list(source)) == 3


def failing_write(path: Path) -> None:
    with VideoWriter(path) as video:
        video.write(grey(0, (64, 48)), 0.0)
        raise RuntimeError("the analysis broke")


def test_error_while_writing_leaves_no_new_file_and_an_old_file_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    with pytest.raises(RuntimeError, match="broke"):
        failing_write(path)
    assert list(tmp_path.iterdir()) == []
    path.write_bytes(b"old")
    with pytest.raises(RuntimeError, match="broke"):
        failing_write(path)
    assert path.read_bytes() == b"old"


def test_suffix_that_is_not_a_writable_video_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"\.mp4"):
        VideoWriter(tmp_path / "out.txt")


def test_missing_folder_is_reported(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="make the folder first"):
        write(tmp_path / "none" / "out.mp4")
