from __future__ import annotations

import os
from pathlib import Path

import pytest

from clips import make_clip
from roomread.errors import MediaError
from roomread.media import find_media, search_folder


def put(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def found(folder: Path) -> list[str]:
    return [str(path.relative_to(folder)) for path in find_media(folder)]


def test_pictures_and_videos_of_every_kind_are_found_in_order(tmp_path: Path) -> None:
    names = [
        "b/2.JPG",
        "a/1.png",
        "c.mp4",
        "d.heic",
        "e.AVIF",
        "f.jfif",
        "g.3gp",
        "h.m2ts",
        "i.MOV",
    ]
    put(tmp_path, *names)
    assert found(tmp_path) == sorted(names)


def test_hidden_files_and_files_of_operating_systems_are_ignored(tmp_path: Path) -> None:
    put(tmp_path, ".hidden/x.png", "a/.y.png", "._z.jpg", ".DS_Store", "Thumbs.db", "desktop.ini")
    put(tmp_path, "__MACOSX/a.jpg", "@eaDir/a.jpg", "$RECYCLE.BIN/a.mp4", "a/1.png")
    folder = search_folder(tmp_path)
    assert [path.name for path in folder.files] == ["1.png"]
    assert folder.describe_left_out() == ""


def test_files_of_a_folder_that_are_left_out_are_counted_by_kind(tmp_path: Path) -> None:
    put(tmp_path, "1.png", "notes.txt", "more.TXT", "a/paper.pdf", "README")
    os.mkfifo(tmp_path / "pipe.mp4")
    (tmp_path / "gone.jpg").symlink_to(tmp_path / "nowhere.jpg")
    (tmp_path / "again").symlink_to(tmp_path / "a")
    folder = search_folder(tmp_path)
    assert [path.name for path in folder.files] == ["1.png"]
    said = folder.describe_left_out()
    assert said.startswith("7 left out because they are not readable pictures or videos: 2 .txt")
    for kind in ("1 .pdf", "1 files without an ending", "1 devices and pipes", "1 links to"):
        assert kind in said


def test_typescript_file_is_not_mistaken_for_a_transport_stream(tmp_path: Path) -> None:
    (tmp_path / "main.ts").write_text("export const answer = 42;\n")
    make_clip(tmp_path / "clip.ts", [0.0, 0.04])
    folder = search_folder(tmp_path)
    assert [path.name for path in folder.files] == ["clip.ts"]
    assert folder.left_out == {".ts": 1}


def test_missing_folder_is_a_media_error(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="No such file"):
        find_media(tmp_path / "none")
