from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from roomread.errors import OutputError
from roomread.media import atomic_path


def write(path: Path, text: str = "new") -> None:
    with atomic_path(path) as draft:
        draft.write_text(text)


def test_result_appears_only_when_it_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    with atomic_path(path) as draft:
        draft.write_text("half")
        assert not path.exists()
    assert path.read_text() == "half"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("exists", [True, False])
def test_link_is_followed(tmp_path: Path, *, exists: bool) -> None:
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
def test_mode_of_a_file_is_kept(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "out.csv"
    path.touch()
    path.chmod(mode)
    write(path)
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert path.read_text() == "new"


def test_pipe_stays_a_pipe_and_gets_the_content(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.mp4"
    os.mkfifo(pipe)
    got: list[str] = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_text()))
    reader.start()
    write(pipe)
    reader.join()
    assert got == ["new"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_descriptor_is_written_into(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    with path.open("wb") as file:
        write(Path(f"/dev/fd/{file.fileno()}"))
        assert os.fstat(file.fileno()).st_ino == path.stat().st_ino
    assert path.read_text() == "new"


def test_null_device_stays_a_device() -> None:
    write(Path(os.devnull))
    assert not Path(os.devnull).is_file()


def test_longest_names_can_be_written(tmp_path: Path) -> None:
    for name in ("x" * 251 + ".csv", "é" * 125 + ".csv", "a." + "b" * 250):
        write(tmp_path / name)
        assert (tmp_path / name).read_text() == "new"


def test_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
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


def test_error_for_a_missing_folder_names_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="make the folder first"):
        write(tmp_path / "none" / "out.csv")
