"""Tests of local HLS playlists."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from clips import make_clip
from roomread.errors import MediaError
from roomread.media import open_source, open_upload

END = "#EXT-X-ENDLIST"


@pytest.fixture
def hls_folder(tmp_path: Path) -> Path:
    """Return a folder with the segments 0.ts to 2.ts, one second each."""
    for number in range(3):
        make_clip(tmp_path / f"{number}.ts", [number + n / 25 for n in range(25)])
    return tmp_path


def playlist(folder: Path, *, end: str = END) -> Path:
    lines = ["#EXTM3U", "#EXT-X-VERSION:3", "#EXT-X-TARGETDURATION:1"]
    for number in range(3):
        lines += ["#EXTINF:1.0,", f"{number}.ts"]
    path = folder / "lesson.m3u8"
    path.write_text("\n".join([*lines, end, ""]))
    return path


def test_complete_playlist_is_read_as_one_video(hls_folder: Path) -> None:
    with open_source(playlist(hls_folder)) as source:
        times = [frame.time for frame in source]
    assert len(times) == 75
    assert times[-1] == pytest.approx(2.96, abs=0.05)


@pytest.mark.parametrize("lost", [0, 1, 2])
def test_missing_segment_of_a_playlist_is_reported(hls_folder: Path, lost: int) -> None:
    path = playlist(hls_folder)
    (hls_folder / f"{lost}.ts").unlink()
    with pytest.raises(MediaError, match=f"1 of its 3 segments are missing; .* {lost}.ts"):
        open_source(path)


def test_missing_segment_of_a_variant_playlist_is_reported(hls_folder: Path) -> None:
    playlist(hls_folder)
    (hls_folder / "2.ts").unlink()
    variants = hls_folder / "all.m3u8"
    variants.write_text("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1000\nlesson.m3u8\n")
    with pytest.raises(MediaError, match="1 of its 3 segments are missing"):
        open_source(variants)


def test_missing_initialization_segment_is_reported(hls_folder: Path) -> None:
    path = playlist(hls_folder)
    path.write_text(path.read_text().replace("#EXT-X-VERSION:3", '#EXT-X-MAP:URI="init.mp4"'))
    with pytest.raises(
        MediaError, match=r"1 of its 4 segments are missing; the first is init\.mp4"
    ):
        open_source(path)


def test_playlist_without_an_end_is_refused_instead_of_waiting(hls_folder: Path) -> None:
    with pytest.raises(MediaError, match="without an end"):
        open_source(playlist(hls_folder, end=""))


def test_untrusted_playlist_does_not_reveal_which_files_exist(hls_folder: Path) -> None:
    path = playlist(hls_folder)
    with pytest.raises(MediaError) as complete:
        open_upload(path)
    shutil.move(hls_folder / "1.ts", hls_folder / "elsewhere.ts")
    with pytest.raises(MediaError) as missing:
        open_upload(path)
    assert str(missing.value) == str(complete.value)
