from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from picture_set_files import write_picture
from roomread.errors import DataError
from roomread.readings import Box, Expression
from roomread.training.picture_sets import read_picture_set

HEADER = "subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,expression,"
ROWS = [
    "689/a.jpg,134,130,899,899,181.6;530.9,1,0.785714,-0.055556",
    "392/b.jpg,20,20,200,200,28.8;77.5,6,-0.017253,0.004313",
    "392/c.jpg,20,20,200,200,28.8;77.5,7,-0.5,0.1",
    "392/d.jpg,NULL,NULL,NULL,NULL,NULL,10,-2,-2",
]


def arrays(folder: Path, labels: dict[str, object]) -> Path:
    place = folder / "val_set" / "annotations"
    place.mkdir(parents=True)
    for name, label in labels.items():
        np.save(place / f"{name}_exp.npy", np.array(label))
        np.save(place / f"{name}_val.npy", np.array("0.1"))
        write_picture(folder / "val_set" / "images" / f"{name}.jpg")
    return folder


def table(folder: Path, rows: list[str]) -> Path:
    (folder / "validation.csv").write_text("\n".join([HEADER + "valence,arousal", *rows]) + "\n")
    for row in rows:
        write_picture(folder / "Manually_Annotated_Images" / row.split(",")[0])
    return folder


def test_labels_in_text_and_number_arrays_are_read_and_contempt_is_left_out(tmp_path: Path) -> None:
    labels: dict[str, object] = {"0": "0", "12": "3", "5": 4, "9": "7"}
    pictures = read_picture_set(arrays(tmp_path, labels))
    assert pictures is not None
    found = dict(zip([file.stem for file in pictures.files], pictures.labels, strict=True))
    assert found == {"0": Expression.NEUTRAL, "12": Expression.SURPRISE, "5": Expression.FEAR}
    assert pictures.left_out == {"contempt": 1}
    assert pictures.boxes == [None] * 3


@pytest.mark.parametrize("wrong", ["11", "happy"])
def test_error_for_an_invalid_label_names_its_array_file(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(DataError, match=rf"12_exp\.npy: the expression is '{wrong}'"):
        read_picture_set(arrays(tmp_path, {"0": "0", "12": wrong}))


def test_error_names_a_damaged_array_file(tmp_path: Path) -> None:
    arrays(tmp_path, {"0": "0"})
    (tmp_path / "val_set" / "annotations" / "7_exp.npy").write_bytes(b"no array")
    with pytest.raises(DataError, match=r"7_exp\.npy: cannot be read"):
        read_picture_set(tmp_path)


def test_box_of_the_labelled_face_is_read_from_the_table(tmp_path: Path) -> None:
    pictures = read_picture_set(table(tmp_path, ROWS))
    assert pictures is not None
    assert pictures.labels.tolist() == [Expression.HAPPY, Expression.ANGRY]
    assert pictures.boxes == [Box(134, 130, 1033, 1029), Box(20, 20, 220, 220)]
    assert pictures.left_out == {"contempt": 1, "no face": 1}
    assert set(pictures.absent) == set(Expression) - {Expression.HAPPY, Expression.ANGRY}


def test_empty_box_in_the_table_is_read_as_no_box(tmp_path: Path) -> None:
    pictures = read_picture_set(table(tmp_path, ["1/a.jpg,40,40,-20,60,,1,0,0"]))
    assert pictures is not None
    assert pictures.boxes == [None]


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ("1/x.jpg,1,1,9,9,,11,0,0", "line 3: the expression is '11'"),
        ("1/x.jpg,1,wide,9,9,,2,0,0", "line 3: '1, wide, 9, 9' is not a box"),
    ],
    ids=["label", "box"],
)
def test_error_names_the_line_of_an_invalid_row(tmp_path: Path, wrong: str, problem: str) -> None:
    with pytest.raises(DataError, match=problem):
        read_picture_set(table(tmp_path, [ROWS[0], wrong]))


def test_error_names_a_missing_picture_or_column(tmp_path: Path) -> None:
    table(tmp_path, ROWS)
    (tmp_path / "Manually_Annotated_Images" / "392" / "b.jpg").unlink()
    with pytest.raises(DataError, match=r"line 3: there is no picture .*b\.jpg"):
        read_picture_set(tmp_path)
    (tmp_path / "validation.csv").write_text("expression\n1\n")
    with pytest.raises(DataError, match="no column 'subDirectory_filePath'"):
        read_picture_set(tmp_path)
