from __future__ import annotations

import io
import os
import stat
import threading
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from roomread.errors import OutputError
from roomread.media import atomic_path, existing_name, open_source, read_image
from roomread.media.files import find_existing, read_whole


def write(path: Path, text: str = "new") -> None:
    with atomic_path(path) as draft:
        draft.write_text(text)


def test_file_object_is_read_from_its_start_even_if_partly_read_before() -> None:
    file = io.BytesIO(b"content")
    file.read(3)
    assert read_whole(file, "file") == b"content"


def test_written_file_appears_only_when_its_content_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    with atomic_path(path) as draft:
        draft.write_text("half")
        assert not path.exists()
    assert path.read_text() == "half"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("exists", [True, False])
def test_write_follows_a_symbolic_link(tmp_path: Path, *, exists: bool) -> None:
    (tmp_path / "folder").mkdir()
    real, link = tmp_path / "folder" / "real.csv", tmp_path / "link.csv"
    if exists:
        real.write_text("old")
    link.symlink_to(Path("folder") / "real.csv")
    write(link)
    assert link.is_symlink()
    assert real.read_text() == "new"
    assert [path.name for path in real.parent.iterdir()] == ["real.csv"]


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o666])
def test_replacing_a_file_keeps_its_permissions(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "out.csv"
    path.touch()
    path.chmod(mode)
    write(path)
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert path.read_text() == "new"


def test_writing_to_a_named_pipe_sends_the_content_and_keeps_the_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.mp4"
    os.mkfifo(pipe)
    got: list[str] = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_text()))
    reader.start()
    write(pipe)
    reader.join()
    assert got == ["new"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_content_is_written_into_a_file_descriptor(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    with path.open("wb") as file:
        write(Path(f"/dev/fd/{file.fileno()}"))
        assert os.fstat(file.fileno()).st_ino == path.stat().st_ino
    assert path.read_text() == "new"


def test_writing_to_the_null_device_does_not_create_a_regular_file() -> None:
    write(Path(os.devnull))
    assert not Path(os.devnull).is_file()


def test_file_with_the_longest_allowed_name_can_be_written(tmp_path: Path) -> None:
    for name in ("x" * 251 + ".csv", "é" * 125 + ".csv", "a." + "b" * 250):
        write(tmp_path / name)
        assert (tmp_path / name).read_text() == "new"


def test_failed_write_leaves_the_old_file_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("old")
    with pytest.raises(RuntimeError):
        write_and_fail(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def write_and_fail(path: Path) -> None:
    with atomic_path(path) as draft:
        draft.write_text("half")
        raise RuntimeError


def test_error_for_a_missing_folder_suggests_making_the_folder(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="make the folder first"):
        write(tmp_path / "none" / "out.csv")


NFC, NFD = (unicodedata.normalize(form, "café.png") for form in ("NFC", "NFD"))


@pytest.mark.parametrize(("stored", "typed"), [(NFC, NFD), (NFD, NFC)])
def test_file_is_found_by_its_name_in_another_unicode_normalization(
    tmp_path: Path, stored: str, typed: str
) -> None:
    Image.new("RGB", (8, 6), "red").save(tmp_path / stored)
    assert read_image(tmp_path / typed).shape == (6, 8, 3)
    with open_source(str(tmp_path / typed)) as source:
        np.testing.assert_array_equal(next(iter(source)).image[0, 0], [255, 0, 0])
    assert existing_name(str(tmp_path / typed)) == str(tmp_path / stored)


def test_file_name_that_exists_or_matches_several_files_is_returned_unchanged(
    tmp_path: Path,
) -> None:
    for name in (NFC, NFD):
        (tmp_path / name).touch()
        assert find_existing(tmp_path / name) == tmp_path / name
    (tmp_path / "ệ").touch()
    (tmp_path / unicodedata.normalize("NFD", "ệ")).touch()
    # This third form of the letter has the same normalization as both files.
    half = tmp_path / "ẹ\u0302"
    assert find_existing(half) == half
    assert existing_name("http://server//é") == "http://server//é"
