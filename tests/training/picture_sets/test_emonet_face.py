from __future__ import annotations

from pathlib import Path

import pytest

from picture_set_files import write_picture
from roomread.errors import DataError
from roomread.readings import Expression
from roomread.training.picture_sets import read_picture_set

ROWS = [
    "00000,human-1,True,Anger",
    "00000,human-3,False,Contentment",
    "00001,human-1,True,Amusement",
    "00001,human-3,True,Elation",
    "00002,human-1,True,Contemplation",
    "00003,human-1,True,Fear",
    "00003,human-4,True,Astonishment/Surprise",
    "00004,human-1,True,Disgust",
    "00004,human-4,False,Disgust",
]


def emonet(folder: Path, rows: list[str], *, images: str = "images") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "binary.csv").write_text("\n".join(["path,annotator,value,emotion", *rows]) + "\n")
    for name in {row.split(",")[0] for row in rows} - {""}:
        write_picture(folder / images / f"{name}.png")
    return folder


@pytest.mark.parametrize("images", ["images", ""])
def test_emotions_confirmed_by_experts_become_expressions_and_others_are_left_out(
    tmp_path: Path, images: str
) -> None:
    pictures = read_picture_set(emonet(tmp_path, ROWS, images=images))
    assert pictures is not None
    assert [file.name for file in pictures.files] == ["00000.png", "00001.png"]
    assert pictures.labels.tolist() == [Expression.ANGRY, Expression.HAPPY]
    # Half of the experts are not a majority.
    assert pictures.left_out == {"Contemplation": 1, "several": 1, "no agreement": 1}
    assert Expression.NEUTRAL in pictures.absent


@pytest.mark.parametrize("wrong", ["00005,human-1,maybe,Fear", ",human-1,True,Fear"])
def test_error_names_the_line_of_an_invalid_row(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(DataError, match="line 4: 'value' is"):
        read_picture_set(emonet(tmp_path, [*ROWS[:2], wrong]))


def test_error_for_a_missing_picture_names_its_line(tmp_path: Path) -> None:
    emonet(tmp_path, ROWS)
    (tmp_path / "images" / "00001.png").unlink()
    with pytest.raises(DataError, match=r"line 4: there is no picture .*00001"):
        read_picture_set(tmp_path)


def test_table_of_another_data_set_is_not_recognised(tmp_path: Path) -> None:
    (tmp_path / "binary.csv").write_text("name,label\na,1\n")
    assert read_picture_set(tmp_path) is None
