from __future__ import annotations

from pathlib import Path

import pytest

from roomread.errors import DataError
from roomread.readings import Box, Expression
from roomread.training.picture_sets.labelled import PictureList, whole_number

TABLE = Path("labels.csv")


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    file = tmp_path / "1.png"
    file.touch()
    return file


def test_pictures_keep_their_labels_and_boxes_in_order(picture: Path) -> None:
    pictures, box = PictureList(TABLE), Box(0, 0, 9, 9)
    pictures.add(picture, Expression.ANGRY, row="row 1")
    pictures.add(picture, Expression.HAPPY, row="row 2", box=box)
    read = pictures.finish("RAF-DB test", "research only")
    assert (read.name, read.licence) == ("RAF-DB test", "research only")
    assert read.labels.tolist() == [Expression.ANGRY, Expression.HAPPY]
    assert list(read.boxes) == [None, box]
    assert list(read.files) == [picture, picture]
    assert read.absent == [e for e in Expression if e not in (Expression.ANGRY, Expression.HAPPY)]


def test_pictures_whose_label_is_not_an_expression_are_counted_and_left_out(picture: Path) -> None:
    pictures = PictureList(TABLE)
    pictures.add(picture, Expression.SAD, row="row 1")
    for label in ("contempt", "none", "contempt"):
        pictures.add(picture.with_name("missing.png"), label, row="row 2")
    read = pictures.finish("AffectNet", "research only")
    assert read.left_out == {"contempt": 2, "none": 1}
    assert len(read.files) == 1


def test_error_for_a_missing_picture_names_its_row(picture: Path) -> None:
    missing = picture.with_name("missing.png")
    with pytest.raises(DataError, match=r"labels\.csv: row 7: there is no picture .*missing\.png"):
        PictureList(TABLE).add(missing, Expression.SAD, row="row 7")


def test_table_without_any_expression_is_refused(picture: Path) -> None:
    pictures = PictureList(TABLE)
    pictures.add(picture, "contempt", row="row 1")
    with pytest.raises(DataError, match="no picture with one of the seven"):
        pictures.finish("AffectNet", "research only")


def test_whole_number_below_the_limit_is_accepted_as_a_label() -> None:
    numbers = [
        whole_number(text, 8, what="label", place=TABLE, row="row 1") for text in ("0", " 7")
    ]
    assert numbers == [0, 7]


@pytest.mark.parametrize("text", ["8", "-1", "", "1.0", "happy", "9" * 40])
def test_error_for_an_invalid_label_names_its_file_and_row(text: str) -> None:
    with pytest.raises(
        DataError, match=r"labels\.csv: row 3: label is .* between 0 and 7"
    ) as error:
        whole_number(text, 8, what="label", place=TABLE, row="row 3")
    assert len(str(error.value)) < 100
