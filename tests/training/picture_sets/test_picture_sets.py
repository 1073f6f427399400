from __future__ import annotations

from pathlib import Path

import pytest

from fer_files import tiny_fer, write_folder
from roomread.errors import DataError
from roomread.training.fer2013 import read_fer2013
from roomread.training.picture_sets import read_picture_set


@pytest.mark.parametrize(
    ("file", "content", "words"),
    [
        ("EmoLabel/list_patition_label.txt", "test_0001.jpg 5", "non-commercial research purposes"),
        ("validation.csv", "expression", "non-commercial research only"),
        ("binary.csv", "path,annotator,value,emotion", "CC BY 4.0"),
    ],
    ids=["RAF-DB", "AffectNet", "EmoNet-Face"],
)
def test_error_for_training_on_an_evaluation_data_set_names_its_licence(
    tmp_path: Path, file: str, content: str, words: str
) -> None:
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text(content + "\n")
    with pytest.raises(DataError, match=f"evaluation only: .*{words}"):
        read_fer2013(tmp_path)


def test_folder_of_fer2013_is_not_recognised_as_another_data_set(tmp_path: Path) -> None:
    assert read_picture_set(write_folder(tiny_fer(), tmp_path)) is None
