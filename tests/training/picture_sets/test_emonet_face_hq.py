from __future__ import annotations

import csv
from pathlib import Path

import pytest

from picture_set_files import write_picture
from roomread.errors import DataError
from roomread.readings import Expression
from roomread.training.picture_sets import read_picture_set

Row = tuple[str, str, bool, object]
ROWS: list[Row] = [
    ("00000", "human-1", True, {"Anger": 6, "Fear": 1, "Extra Dimensions|Valence": -3}),
    ("00000", "human-2", True, {"Anger": 4, "Fear": 5}),
    # Ratings by models are ignored.
    ("00000", "model", False, {"Anger": 0, "Fear": 7}),
    ("00001", "human-1", True, {"Elation": 5, "Amusement": 5, "Pride": 2}),
    ("00002", "human-1", True, {"Pride": 6, "Amusement": 5}),
    ("00003", "human-1", True, {"Sadness": 3, "Fear": 1}),
    ("00004", "human-1", True, {"Sadness": 5, "Fear": 5}),
]


def emonet(folder: Path, rows: list[Row]) -> Path:
    with (folder / "hq.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["image", "annotator", "human", "annotations"])
        writer.writerows(rows)
    for name in {row[0] for row in rows} - {""}:
        write_picture(folder / "images" / f"{name}.png")
    return folder


def test_emotion_with_the_highest_mean_human_rating_becomes_the_expression(tmp_path: Path) -> None:
    pictures = read_picture_set(emonet(tmp_path, ROWS))
    assert pictures is not None
    assert pictures.name == "EmoNet-Face HQ"
    assert [file.name for file in pictures.files] == ["00000.png", "00001.png"]
    assert pictures.labels.tolist() == [Expression.ANGRY, Expression.HAPPY]
    assert pictures.left_out == {"Pride": 1, "weak": 1, "several": 1}


@pytest.mark.parametrize(
    "wrong", ["", "{", "[1]", "{'Anger': 8}", "{'Anger': 'much'}", "{}", "(" * 10_000]
)
def test_error_for_annotations_without_valid_intensities_names_their_line(
    tmp_path: Path, wrong: str
) -> None:
    emonet(tmp_path, [*ROWS[:1], ("00001", "human-1", True, wrong)])
    with pytest.raises(DataError, match="line 3: the annotations are not a dictionary"):
        read_picture_set(tmp_path)


def test_row_without_a_picture_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="line 2: the column 'image' is empty"):
        read_picture_set(emonet(tmp_path, [("", "human-1", True, {"Anger": 6})]))


def test_error_for_a_missing_picture_names_its_line(tmp_path: Path) -> None:
    emonet(tmp_path, ROWS)
    (tmp_path / "images" / "00001.png").unlink()
    with pytest.raises(DataError, match=r"line 5: there is no picture .*00001"):
        read_picture_set(tmp_path)
