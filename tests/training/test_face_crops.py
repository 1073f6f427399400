from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from roomread.errors import DataError
from roomread.training.face_crops import cut_faces

PORTRAIT = Path(__file__).parents[2] / "examples" / "astronaut.jpg"


def write(path: Path, width: int, height: int) -> Path:
    pixels = np.random.default_rng(0).integers(0, 60, (height, width), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def test_largest_face_of_each_picture_is_cropped_and_pictures_without_a_face_are_left_out(
    tmp_path: Path,
) -> None:
    found = cut_faces([write(tmp_path / "wall.png", 300, 200), PORTRAIT])
    assert found.images.shape == (1, 48, 48)
    assert found.rows.tolist() == [1]
    assert found.readable.tolist() == [True]


def test_crops_are_scaled_without_face_detection(tmp_path: Path) -> None:
    found = cut_faces([write(tmp_path / "face.png", 100, 100)], crops=True)
    assert found.images.shape == (1, 48, 48)
    assert found.readable.all()


def test_error_for_a_crop_that_is_not_square_names_its_file(tmp_path: Path) -> None:
    files = [write(tmp_path / "one.png", 60, 60), write(tmp_path / "two.png", 60, 61)]
    with pytest.raises(DataError, match=r"two\.png: 60 x 61 pixels"):
        cut_faces(files, crops=True)


def test_error_for_a_file_that_is_not_a_picture_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "text.jpg").write_text("not a picture")
    with pytest.raises(DataError, match=r"text\.jpg"):
        cut_faces([tmp_path / "text.jpg"])


def test_empty_list_of_pictures_gives_no_faces() -> None:
    assert cut_faces([]).images.shape == (0, 48, 48)
