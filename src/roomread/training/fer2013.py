"""Reads FER-2013 in the shapes people download it in.

- `fer2013.csv` and `icml_face_data.csv`: `emotion`, `pixels`, `Usage` (leading spaces allowed);
- a folder of pictures: `train/angry/*.jpg` ... `test/neutral/PublicTest_123.jpg`;
- a parquet file: `emotion`, `Usage`, `image` (an encoded picture), and FER+ as `votes_*` columns.

FER+ votes for a CSV come from `fer2013new.csv`, which has one row for each of its rows.
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from roomread.errors import DataError
from roomread.readings import Expression
from roomread.training.dataset import SIDE, VOTE_NAMES, FerData, Split

_FERPLUS_COLUMNS = (*VOTE_NAMES[:-1], "NF")
_SHAPES = "fer2013.csv, icml_face_data.csv, a folder with train/ and test/, or a .parquet"


def read_fer2013(path: str | Path, *, ferplus: str | Path | None = None) -> FerData:
    """Reads a FER-2013 data set whole.

    Args:
        path: a CSV, a parquet file, or a picture folder.
        ferplus: `fer2013new.csv`, for a CSV or a parquet without votes of its own.

    Raises:
        DataError: the file is missing or damaged, lacks a column or a split, holds a row of the
            wrong length, or `ferplus` does not match it.
    """
    path = Path(path)
    if not path.exists():
        raise DataError(f"{path}: no such data set", hint=f"give {_SHAPES}")
    if path.is_dir():
        if ferplus is not None:
            raise DataError(
                f"{path}: FER+ votes are matched by row, and a folder has no rows",
                hint="use fer2013.csv with them",
            )
        data = _read_folder(path)
    elif path.suffix == ".parquet":
        data = _read_parquet(path)
    elif path.suffix == ".csv":
        data = _read_csv(path)
    else:
        raise DataError(f"{path}: not a data set that can be read", hint=f"give {_SHAPES}")
    if ferplus is not None:
        data = _with_votes(data, Path(ferplus))
    _check_splits(data, path)
    return data


def _check_splits(data: FerData, path: Path) -> None:
    for split in Split:
        part = data.labels[data.splits == split]
        if not len(part):
            raise DataError(
                f"{path}: no {split.name} rows", hint="all three published splits are needed"
            )
        missing = set(Expression) - set(part.tolist())
        if missing:
            names = ", ".join(Expression(e).display_name for e in sorted(missing))
            raise DataError(f"{path}: no {names} in {split.name}", hint="use the complete data set")


def _table(path: Path, needed: tuple[str, ...]) -> pa.Table:
    """The file's columns, their names stripped of spaces; all of `needed` are there."""
    try:
        if path.suffix == ".parquet":
            table = pyarrow.parquet.read_table(path)
        else:
            table = pyarrow.csv.read_csv(path)
    except (pa.ArrowInvalid, OSError) as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{path}: cannot be read: {reason}", hint="download it again") from error
    table = table.rename_columns([name.strip() for name in table.column_names])
    lacking = [name for name in needed if name not in table.column_names]
    if lacking:
        found = ", ".join(table.column_names[:8])
        raise DataError(f"{path}: no column '{lacking[0]}'", hint=f"its columns are {found}")
    return table


def _labels(table: pa.Table, path: Path) -> NDArray[np.int64]:
    try:
        labels = table.column("emotion").cast(pa.int64()).to_numpy(zero_copy_only=False)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise DataError(f"{path}: column 'emotion' holds something else than 0 to 6") from error
    wrong = np.flatnonzero(~((labels >= 0) & (labels < len(Expression))))
    if len(wrong):
        row = int(wrong[0])
        raise DataError(f"{path}: row {row}: emotion {labels[row]} is not 0 to 6")
    checked: NDArray[np.int64] = labels.astype(np.int64)
    return checked


def _splits(table: pa.Table, path: Path) -> NDArray[np.int8]:
    names = [str(name).strip() for name in table.column("Usage").to_pylist()]
    for row, name in enumerate(names):
        if name not in Split.__members__:
            known = ", ".join(Split.__members__)
            raise DataError(f"{path}: row {row}: Usage '{name}' is not one of {known}")
    return np.array([Split[name] for name in names], dtype=np.int8)


def _read_csv(path: Path) -> FerData:
    table = _table(path, ("emotion", "pixels", "Usage"))
    labels, splits = _labels(table, path), _splits(table, path)
    images = np.empty((len(labels), SIDE * SIDE), dtype=np.uint8)
    for row, text in enumerate(table.column("pixels")):
        images[row] = _pixels(str(text), path, row)
    return FerData(
        images.reshape(-1, SIDE, SIDE), labels, splits, None, np.arange(len(labels), dtype=np.int64)
    )


def _pixels(text: str, path: Path, row: int) -> NDArray[np.int64]:
    try:
        values = np.array(text.split(), dtype=np.int64)
    except ValueError as error:
        raise DataError(f"{path}: row {row}: pixels that are not whole numbers") from error
    if len(values) != SIDE * SIDE:
        raise DataError(
            f"{path}: row {row}: {len(values)} pixels instead of {SIDE * SIDE}",
            hint="the file is cut or edited; download it again",
        )
    if values.min() < 0 or values.max() > 255:
        raise DataError(f"{path}: row {row}: a pixel outside 0 to 255")
    return values


def _read_parquet(path: Path) -> FerData:
    table = _table(path, ("emotion", "Usage", "image"))
    labels, splits = _labels(table, path), _splits(table, path)
    encoded = table.column("image").to_pylist()
    images = np.stack([_decode(data, f"{path}: row {row}") for row, data in enumerate(encoded)])
    columns = [f"votes_{name}" for name in VOTE_NAMES]
    votes = None
    if set(columns) <= set(table.column_names):
        votes = np.stack([table.column(name).to_numpy() for name in columns], axis=1)
        votes = votes.astype(np.int16)
    return FerData(images, labels, splits, votes, np.arange(len(labels), dtype=np.int64))


def _decode(data: bytes | Path, name: str) -> NDArray[np.uint8]:
    try:
        with Image.open(io.BytesIO(data) if isinstance(data, bytes) else data) as picture:
            grey = np.asarray(picture.convert("L"))
    except (UnidentifiedImageError, OSError) as error:
        raise DataError(f"{name}: not a picture that can be read") from error
    if grey.shape != (SIDE, SIDE):
        height, width = grey.shape
        raise DataError(f"{name}: {width} x {height} pixels instead of {SIDE} x {SIDE}")
    return grey


def _read_folder(folder: Path) -> FerData:
    files = [file for part in ("train", "test") for file in sorted((folder / part).glob("*/*.*"))]
    if not files:
        raise DataError(
            f"{folder}: no pictures in train/ and test/",
            hint="expected train/angry/*.jpg to test/neutral/*.jpg",
        )
    return FerData(
        np.stack([_decode(file, str(file)) for file in files]),
        np.array([_folder_label(file) for file in files], dtype=np.int64),
        np.array([_folder_split(file) for file in files], dtype=np.int8),
        None,
        np.arange(len(files), dtype=np.int64),
    )


def _folder_label(file: Path) -> Expression:
    name = file.parent.name.upper()
    if name not in Expression.__members__:
        known = ", ".join(e.display_name for e in Expression)
        raise DataError(f"{file.parent}: not an expression", hint=f"the folders are {known}")
    return Expression[name]


def _folder_split(file: Path) -> Split:
    if file.parent.parent.name == "train":
        return Split.Training
    for split in (Split.PublicTest, Split.PrivateTest):
        if file.name.startswith(split.name):
            return split
    raise DataError(
        f"{file}: PublicTest or PrivateTest?",
        hint="the file names tell, as in PrivateTest_123.jpg; keep them",
    )


def _with_votes(data: FerData, path: Path) -> FerData:
    table = _table(path, ("Usage", *_FERPLUS_COLUMNS))
    if len(table) != len(data):
        raise DataError(
            f"{path}: {len(table)} rows of votes for {len(data)} pictures",
            hint="FER+ follows the rows of the complete fer2013.csv",
        )
    if (_splits(table, path) != data.splits).any():
        raise DataError(f"{path}: its splits are not those of the pictures", hint="rows moved?")
    votes = np.stack([table.column(name).to_numpy() for name in _FERPLUS_COLUMNS], axis=1)
    return FerData(data.images, data.labels, data.splits, votes.astype(np.int16), data.rows)
