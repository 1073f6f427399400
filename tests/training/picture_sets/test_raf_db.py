from __future__ import annotations

from pathlib import Path

import pytest

from picture_set_files import write_picture
from roomread.errors import DataError
from roomread.readings import Expression
from roomread.training.picture_sets import read_picture_set

ROWS = ["train_00001.jpg 5", "test_0001.jpg 1", "test_0002.jpg 7", "test_0003.jpg 6"]


def raf_db(folder: Path, rows: list[str], *, place: str = "Image/aligned") -> Path:
    (folder / "EmoLabel").mkdir(parents=True)
    (folder / "EmoLabel" / "list_patition_label.txt").write_text("\n".join(rows) + "\n")
    for row in rows:
        name = row.split()[0]
        if name.startswith("test") and name.endswith(".jpg"):
            stem = name.removesuffix(".jpg")
            suffix = "_aligned" if place.endswith("aligned") else ""
            write_picture(folder / place / f"{stem}{suffix}.jpg")
    return folder


@pytest.mark.parametrize("place", ["Image/aligned", "Image/original"])
def test_rows_of_the_test_split_are_read_in_the_order_of_the_file(
    tmp_path: Path, place: str
) -> None:
    pictures = read_picture_set(raf_db(tmp_path, ROWS, place=place))
    assert pictures is not None
    assert pictures.name == "RAF-DB, test"
    expected = [Expression.SURPRISE, Expression.NEUTRAL, Expression.ANGRY]
    assert pictures.labels.tolist() == expected
    assert [file.name.split("_")[1][:4] for file in pictures.files] == ["0001", "0002", "0003"]


def test_data_set_is_found_in_the_subfolder_basic(tmp_path: Path) -> None:
    raf_db(tmp_path / "basic", ROWS)
    pictures = read_picture_set(tmp_path)
    assert pictures is not None
    assert len(pictures.files) == 3


@pytest.mark.parametrize("wrong", ["test_0009.jpg 8", "test_0009.jpg", "other.jpg 3"])
def test_error_names_the_line_of_an_invalid_row(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(DataError, match=f"line 3: '{wrong}'"):
        read_picture_set(raf_db(tmp_path, [*ROWS[:2], wrong, *ROWS[2:]]))


def test_error_for_a_missing_picture_names_its_line(tmp_path: Path) -> None:
    raf_db(tmp_path, ROWS)
    (tmp_path / "Image" / "aligned" / "test_0002_aligned.jpg").unlink()
    with pytest.raises(DataError, match=r"line 3: there is no picture .*test_0002_aligned\.jpg"):
        read_picture_set(tmp_path)
