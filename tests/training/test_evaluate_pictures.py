from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from picture_set_files import write_picture
from roomread.classifier import open_model
from roomread.errors import DataError
from roomread.readings import Box, Expression
from roomread.training.evaluate_pictures import evaluate_pictures
from roomread.training.picture_sets import LabelledPictures

PORTRAIT = Path(__file__).parents[2] / "examples" / "astronaut.jpg"


def pictures(files: list[Path], boxes: list[Box | None] | None = None) -> LabelledPictures:
    labels = np.full(len(files), Expression.HAPPY, dtype=np.int64)
    boxes = boxes or [None] * len(files)
    return LabelledPictures("Two", "free", files, labels, boxes, Counter())


def test_both_heads_of_a_net_are_evaluated_on_the_faces_that_are_found(tmp_path: Path) -> None:
    both = pictures([write_picture(tmp_path / "grey.png"), PORTRAIT])
    found = evaluate_pictures(open_model("compact"), both)
    assert (found.pictures, found.without_face, found.unreadable) == (2, 1, 0)
    assert [result.name for result in found.results] == ["Two, users' head", "Two, label's head"]
    assert found.results[0].accuracy.value == 1
    # Only happy faces are in the truth, so the mean is their F1.
    assert found.results[0].macro_f1.value == 1
    assert "n:1" in found.results[0].accuracy.signature


def test_face_outside_the_labelled_box_is_not_evaluated(tmp_path: Path) -> None:
    shutil.copy(PORTRAIT, tmp_path / "a.jpg")
    elsewhere = pictures([tmp_path / "a.jpg"], [Box(0, 0, 40, 40)])
    with pytest.raises(DataError, match="no face was found"):
        evaluate_pictures(open_model("compact"), elsewhere)


def test_cropped_pictures_are_evaluated_without_face_detection(tmp_path: Path) -> None:
    crops = pictures([write_picture(tmp_path / "grey.png")])
    found = evaluate_pictures(open_model("compact"), crops, crops=True)
    assert found.without_face == 0
    assert "faces:as they are" in found.results[0].accuracy.signature
