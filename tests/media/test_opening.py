from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from clips import make_clip, two_tracks
from roomread.errors import MediaError
from roomread.media import open_source

SECOND = [n / 25 for n in range(25)]


def test_main_video_track_is_read_instead_of_a_preview_or_cover(tmp_path: Path) -> None:
    path = two_tracks(tmp_path / "film.mkv", [(64, 48), (160, 120)])
    with open_source(path) as source:
        assert next(iter(source)).image.shape == (120, 160, 3)
        assert source.stream == 1
        (note,) = source.notes
        assert "video track 1 (160 x 120 h264) is read, and not 0 (64 x 48 h264)" in note


def test_requested_video_track_is_read(tmp_path: Path) -> None:
    path = two_tracks(tmp_path / "film.mkv", [(64, 48), (160, 120)])
    with open_source(path, stream=0) as source:
        assert next(iter(source)).image.shape == (48, 64, 3)
    with pytest.raises(MediaError, match=r"track 7 is not a video.*0 \(64 x 48 h264\), 1"):
        open_source(path, stream=7)


def test_opening_a_video_with_one_track_adds_no_note(tmp_path: Path) -> None:
    with open_source(make_clip(tmp_path / "clip.mp4", SECOND)) as source:
        assert source.notes == ()


def test_picture_of_an_unsupported_format_is_not_opened_as_a_video(tmp_path: Path) -> None:
    path = tmp_path / "photo.ppm"
    Image.new("RGB", (30, 20)).save(path)
    with pytest.raises(MediaError, match="is a picture of an unsupported kind"):
        open_source(path)


def test_text_file_is_refused_as_a_video(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("seven lines\n" * 7)
    with pytest.raises(MediaError, match=r"notes\.txt"):
        open_source(path)
