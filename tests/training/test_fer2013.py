from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fer_files import SHARED_FER2013, tiny_fer, write_csv, write_ferplus, write_folder
from roomread.errors import DataError
from roomread.readings import Expression
from roomread.training.dataset import (
    FerData,
    Split,
    ferplus_label,
    seen_in_training,
)
from roomread.training.fer2013 import read_fer2013


def same(a: FerData, b: FerData) -> bool:
    return a.digest == b.digest


def test_kaggle_csv_is_read_unchanged(tmp_path: Path) -> None:
    data = tiny_fer()
    read = read_fer2013(write_csv(data, tmp_path / "fer2013.csv"))
    assert same(read, data)


def test_icml_csv_with_spaces_in_its_header_gives_the_same_data(tmp_path: Path) -> None:
    data = tiny_fer()
    path = write_csv(data, tmp_path / "icml.csv", header="emotion, Usage, pixels")
    assert same(read_fer2013(path), data)


def test_csv_without_a_usage_column_needs_a_given_split(tmp_path: Path) -> None:
    data = tiny_fer().split(Split.Training)
    path = write_csv(data, tmp_path / "Kaggle_Train.csv")
    lines = [line.rpartition(",")[0] for line in path.read_text().splitlines()]
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(DataError, match=r"no column 'Usage'.*'Kaggle_Train\.csv' holds: Training"):
        read_fer2013(path)
    with pytest.raises(DataError, match="no column 'Usage'"):
        read_fer2013(path, splits={"train": Split.Training})
    read = read_fer2013(path, splits={"kaggle_train.csv": Split.Training})
    assert same(read, data)


def test_file_names_in_a_folder_distinguish_the_public_test_from_the_private_test_split(
    tmp_path: Path,
) -> None:
    data = tiny_fer()
    read = read_fer2013(write_folder(data, tmp_path / "pictures"))
    for split in Split:
        assert len(read.split(split)) == len(data.split(split))
    assert {i.tobytes() for i in read.images} == {i.tobytes() for i in data.images}


def test_ferplus_votes_are_matched_to_the_pictures_by_row(tmp_path: Path) -> None:
    data = tiny_fer(votes=True)
    csv = write_csv(data, tmp_path / "fer2013.csv")
    votes = write_ferplus(data, tmp_path / "fer2013new.csv")
    assert same(read_fer2013(csv, ferplus=votes), data)


def edit(old: str, new: str) -> Callable[[str], str]:
    return lambda text: text.replace(old, new, 1)


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        (edit("pixels", "pixel"), "no column 'pixels'"),
        (edit("\n0,", "\n9,"), "row 0: emotion 9"),
        (edit("\n0,", "\nzero,"), "row 0: column 'emotion' is 'zero', not a whole number"),
        (lambda t: t.replace(t.split(",")[3][:8], "", 1), "pixels instead of 2304"),
        (edit("Training", "Treening"), "Usage 'Treening'"),
        (lambda t: t.replace("PublicTest", "Training"), "no PublicTest rows"),
        (lambda _: "", "cannot be read"),
        (lambda _: "some,other\n1,2\n", "no column 'emotion'"),
        (lambda t: t.replace("Usage", "emotion", 1), "column 'emotion' twice"),
        (lambda t: t.replace(t.split(",")[3][:2], "9" * 30, 1), "not whole numbers"),
    ],
)
def test_error_for_a_damaged_csv_states_the_problem(
    tmp_path: Path, damage: Callable[[str], str], complaint: str
) -> None:
    path = write_csv(tiny_fer(), tmp_path / "fer2013.csv")
    path.write_text(damage(path.read_text()))
    with pytest.raises(DataError, match=complaint) as caught:
        read_fer2013(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("encoding", "complaint"),
    [("utf-16", "is UTF-16 .*save it as UTF-8"), ("latin-1", "header is not UTF-8")],
)
def test_csv_that_is_not_utf_8_is_refused(tmp_path: Path, encoding: str, complaint: str) -> None:
    path = write_csv(tiny_fer(), tmp_path / "fer2013.csv", header="emotion,pixels,Usage")
    text = path.read_text().replace("Usage", "Usagé", 1)
    path.write_bytes(text.encode(encoding))
    with pytest.raises(DataError, match=complaint):
        read_fer2013(path)


def test_error_names_a_row_with_too_few_pixels(tmp_path: Path) -> None:
    path = write_csv(tiny_fer(), tmp_path / "fer2013.csv")
    lines = path.read_text().splitlines()
    label, pixels, usage = lines[3].split(",")
    lines[3] = ",".join([label, " ".join(pixels.split()[:-1]), usage])
    path.write_text("\n".join(lines))
    with pytest.raises(DataError, match="row 2: 2303 pixels instead of 2304"):
        read_fer2013(path)


def test_pixel_over_255_is_refused(tmp_path: Path) -> None:
    path = write_csv(tiny_fer(), tmp_path / "fer2013.csv")
    lines = path.read_text().splitlines()
    label, pixels, usage = lines[1].split(",")
    lines[1] = ",".join([label, "256 " + pixels.split(" ", 1)[1], usage])
    path.write_text("\n".join(lines))
    with pytest.raises(DataError, match="row 0: has a pixel outside 0 to 255"):
        read_fer2013(path)


def test_error_names_an_expression_without_pictures(tmp_path: Path) -> None:
    data = tiny_fer()
    without = data.take(data.labels != Expression.DISGUST)
    with pytest.raises(DataError, match="no picture of disgust in Training"):
        read_fer2013(write_csv(without, tmp_path / "fer2013.csv"))


def test_votes_with_fewer_rows_than_pictures_are_refused(tmp_path: Path) -> None:
    data = tiny_fer(votes=True)
    csv = write_csv(data, tmp_path / "fer2013.csv")
    fewer = write_ferplus(data.take(np.arange(5)), tmp_path / "fer2013new.csv")
    with pytest.raises(DataError, match="5 rows of votes for 42 pictures"):
        read_fer2013(csv, ferplus=fewer)


@pytest.mark.parametrize("name", ["nothing.csv", "fer2013.txt", "empty_folder"])
def test_file_that_is_not_a_data_set_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "fer2013.txt").write_text("hello")
    (tmp_path / "empty_folder").mkdir()
    with pytest.raises(DataError, match=name):
        read_fer2013(tmp_path / name)


def test_picture_in_the_test_folder_without_its_split_in_the_file_name_is_refused(
    tmp_path: Path,
) -> None:
    folder = write_folder(tiny_fer(), tmp_path / "pictures")
    picture = next((folder / "test" / "angry").iterdir())
    picture.rename(picture.with_name("renamed.png"))
    with pytest.raises(DataError, match="PublicTest or PrivateTest"):
        read_fer2013(folder)


def put(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\0\5\x16\7no picture")


@pytest.mark.parametrize(
    "name",
    [
        ".DS_Store",
        "train/.DS_Store",
        "train/angry/.DS_Store",
        "train/angry/._Training_1.jpg",
        "train/angry/Thumbs.db",
        "train/angry/desktop.ini",
        "train/.ipynb_checkpoints/Training_1-checkpoint.jpg",
        "train/angry/.ipynb_checkpoints/Training_1-checkpoint.jpg",
        "__MACOSX/train/angry/1.jpg",
    ],
)
def test_files_of_operating_systems_are_ignored_in_a_folder(tmp_path: Path, name: str) -> None:
    folder = write_folder(tiny_fer(), tmp_path / "pictures")
    before = read_fer2013(folder)
    put(folder / name)
    assert same(read_fer2013(folder), before)


def test_names_of_folders_and_files_may_be_in_upper_case(tmp_path: Path) -> None:
    folder = write_folder(tiny_fer(), tmp_path / "pictures")
    before = read_fer2013(folder)
    for part in ("train", "test"):
        for place in (folder / part).iterdir():
            place.rename(place.with_name(place.name.upper()))
        (folder / part).rename(folder / part.capitalize())
    assert len(read_fer2013(folder)) == len(before)
    path = write_csv(tiny_fer(), tmp_path / "FER2013.CSV")
    assert same(read_fer2013(path), tiny_fer())


def write_parts(folder: Path, names: dict[str, Split]) -> Path:
    """Write splits of the tiny data set into folders; file names do not contain the split."""
    data = tiny_fer()
    for name, split in names.items():
        part = data.split(split)
        for row, (image, label) in enumerate(zip(part.images, part.labels, strict=True)):
            place = folder / name / Expression(label).display_name
            place.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image).save(place / f"im{row}.png")
    return folder


THREE = {"train": Split.Training, "val": Split.PublicTest, "test": Split.PrivateTest}
TWO = {"Train": Split.Training, "validation": Split.PublicTest}


@pytest.mark.parametrize("names", [THREE, TWO])
def test_folders_with_other_names_are_read_with_a_split_mapping(
    tmp_path: Path, names: dict[str, Split]
) -> None:
    folder = write_parts(tmp_path / "pictures", names)
    with pytest.raises(DataError, match="is not a known split"):
        read_fer2013(folder)
    read = read_fer2013(folder, splits=names)
    for split in Split:
        expected = tiny_fer().split(split) if split in names.values() else read.split(split)
        assert {i.tobytes() for i in read.split(split).images} == {
            i.tobytes() for i in expected.images
        }
    assert len(read) == 14 * len(names)


def test_split_mapping_that_does_not_match_the_folders_is_refused(tmp_path: Path) -> None:
    folder = write_parts(tmp_path / "pictures", THREE)
    with pytest.raises(DataError, match="val: is not a known split"):
        read_fer2013(folder, splits={"train": Split.Training, "test": Split.PublicTest})
    with pytest.raises(DataError, match="no folder 'dev'"):
        read_fer2013(folder, splits={**THREE, "dev": Split.PublicTest})
    with pytest.raises(DataError, match="no PublicTest rows"):
        read_fer2013(folder, splits=dict.fromkeys(THREE, Split.Training))


def test_other_values_in_the_usage_column_are_read_with_a_split_mapping(tmp_path: Path) -> None:
    path = write_csv(tiny_fer(), tmp_path / "fer2013.csv")
    text = path.read_text().replace("Training", "train").replace("PublicTest", "Val")
    path.write_text(text.replace("PrivateTest", "test"))
    assert same(read_fer2013(path, splits=THREE), tiny_fer())


@pytest.mark.parametrize("cell", ["\xe9", "1 2 x", ""])
def test_error_names_the_row_and_column_of_an_invalid_cell(tmp_path: Path, cell: str) -> None:
    path = write_csv(tiny_fer(), tmp_path / "fer2013.csv")
    path.write_bytes(path.read_bytes() + f"3,{cell},Training\n".encode("latin-1"))
    with pytest.raises(DataError, match="row 42: "):
        read_fer2013(path)
    path.write_bytes(path.read_bytes().replace(f"3,{cell},".encode("latin-1"), b"x,1,"))
    with pytest.raises(DataError, match="row 42: column 'emotion'"):
        read_fer2013(path)


@pytest.mark.skipif(not SHARED_FER2013.exists(), reason="../shared/data is not here")
def test_real_fer2013_data_has_the_published_split_sizes_and_known_duplicates() -> None:
    data = read_fer2013(SHARED_FER2013)
    sizes = [len(data.split(split)) for split in Split]
    assert sizes == [28_709, 3_589, 3_589]
    leaked = seen_in_training(data)[data.splits == Split.PrivateTest]
    assert (~leaked).sum() == 3_301
    assert data.votes is not None
    public = data.votes[data.splits == Split.PublicTest]
    assert (ferplus_label(public) >= 0).sum() == 3_199
