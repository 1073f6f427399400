"""Read FER-2013 in its common formats.

- `fer2013.csv` and `icml_face_data.csv`: `emotion`, `pixels`, `Usage` (leading spaces allowed);
  without `Usage`, as in `train.csv`, all rows are of one split, which must be given;
- a folder of pictures: `train/angry/*.jpg` ... `test/neutral/PublicTest_123.jpg`;
- a parquet file: `emotion`, `Usage`, `image` (an encoded picture), and FER+ as `votes_*` columns.

FER+ votes for a CSV come from `fer2013new.csv`, which has the same rows in the same order.
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from roomread.errors import DataError
from roomread.media.folders import is_system_name
from roomread.readings import Expression
from roomread.training.dataset import SIDE, VOTE_NAMES, FerData, Split
from roomread.training.picture_sets import refuse_for_training

_FERPLUS_COLUMNS = (*VOTE_NAMES[:-1], "NF")
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_SPLIT_NAMES = "Training, PublicTest or PrivateTest"
_SHAPES = "fer2013.csv, icml_face_data.csv, a folder with train/ and test/, or a .parquet"


def read_fer2013(
    path: str | Path,
    *,
    ferplus: str | Path | None = None,
    splits: Mapping[str, Split] | None = None,
) -> FerData:
    """Read a complete FER-2013 data set.

    Args:
        path: a CSV, a parquet file, or a picture folder.
        ferplus: `fer2013new.csv`, for a CSV or a parquet without votes of its own.
        splits: the split of each folder below `path`, or of each value of `Usage`, by name; for a
            file without `Usage`, the split of all its rows, by the file's name. With `splits`,
            PrivateTest may be missing. None for the published names.

    Raises:
        DataError: the file is missing or damaged, is another data set that is for evaluation only,
            lacks a column or a split, has a column twice, has a row of the wrong length, or
            `ferplus` does not match it.
    """
    path = Path(path)
    if not path.exists():
        raise DataError(f"{path}: no such data set", hint=f"give {_SHAPES}")
    named = {name.lower(): split for name, split in splits.items()} if splits else None
    if path.is_dir():
        refuse_for_training(path)
        if ferplus is not None:
            raise DataError(
                f"{path}: FER+ votes are matched by row, and a folder has no rows",
                hint="use fer2013.csv with the votes",
            )
        data = _read_folder(path, named)
    elif path.suffix.lower() == ".parquet":
        data = _read_parquet(path, named)
    elif path.suffix.lower() == ".csv":
        data = _read_csv(path, named)
    else:
        raise DataError(f"{path}: cannot be read as a data set", hint=f"give {_SHAPES}")
    if ferplus is not None:
        data = _with_votes(data, Path(ferplus), named)
    # If `splits` names the file itself, all its rows belong to that split.
    needed = [named[path.name.lower()]] if named and path.name.lower() in named else [*Split][:2]
    _check_splits(data, path, needed=needed if splits else [*Split])
    return data


def _check_splits(data: FerData, path: Path, *, needed: list[Split]) -> None:
    for split in Split:
        part = data.labels[data.splits == split]
        if not len(part) and split not in needed:
            continue
        if not len(part):
            names = ", ".join(one.name for one in needed)
            raise DataError(f"{path}: has no {split.name} rows", hint=f"{names} are needed")
        missing = set(Expression) - set(part.tolist())
        if missing:
            names = ", ".join(Expression(e).display_name for e in sorted(missing))
            raise DataError(
                f"{path}: has no picture of {names} in {split.name}",
                hint="use the complete data set",
            )


def _table(path: Path, needed: tuple[str, ...]) -> pa.Table:
    """Read a file as a table with stripped column names; check that it has the needed columns."""
    try:
        if path.suffix.lower() == ".parquet":
            table = pyarrow.parquet.read_table(path)
        else:
            table = pyarrow.csv.read_csv(path, convert_options=_as_bytes(path))
        names = [name.strip() for name in table.column_names]
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: its header is not UTF-8", hint="save it as UTF-8") from error
    except (pa.ArrowInvalid, OSError) as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{path}: cannot be read: {reason}", hint="download it again") from error
    repeated = [name for name in needed if names.count(name) > 1]
    if repeated:
        raise DataError(f"{path}: has the column '{repeated[0]}' twice", hint="remove one column")
    table = table.rename_columns(names)
    lacking = [name for name in needed if name not in table.column_names]
    if lacking:
        found = ", ".join(table.column_names[:8])
        raise DataError(f"{path}: has no column '{lacking[0]}'", hint=f"its columns are {found}")
    return table


def _as_bytes(path: Path) -> pyarrow.csv.ConvertOptions:
    """Return options that read all cells of a CSV as bytes, so that errors can name the row."""
    with path.open("rb") as file:
        first = file.readline()
    if first.startswith(_UTF_16):
        raise DataError(f"{path}: is UTF-16", hint="save it as UTF-8")
    header = first.decode("utf-8-sig", "replace").rstrip("\r\n")
    return pyarrow.csv.ConvertOptions(
        column_types={name.strip('"'): pa.binary() for name in header.split(",")},
        strings_can_be_null=False,
    )


def _text(cell: object) -> str:
    """Return a cell's text, with invalid UTF-8 as escapes."""
    value = cell.as_py() if isinstance(cell, pa.Scalar) else cell
    return value.decode(errors="backslashreplace") if isinstance(value, bytes) else str(value)


def _numbers(table: pa.Table, column: str, path: Path) -> NDArray[np.int64]:
    """Return a column as int64; a cell that is not a whole number is an error."""
    cells = table.column(column)
    if pa.types.is_integer(cells.type) and not cells.null_count:
        checked: NDArray[np.int64] = cells.to_numpy().astype(np.int64)
        return checked
    numbers = np.empty(len(cells), dtype=np.int64)
    for row, cell in enumerate(cells):
        try:
            numbers[row] = int(_text(cell))
        except (ValueError, OverflowError) as error:
            found = repr(_text(cell)[:30])
            problem = f"{path}: row {row}: column '{column}' is {found}, not a whole number"
            raise DataError(problem) from error
    return numbers


def _labels(table: pa.Table, path: Path) -> NDArray[np.int64]:
    labels = _numbers(table, "emotion", path)
    wrong = np.flatnonzero(~((labels >= 0) & (labels < len(Expression))))
    if len(wrong):
        row = int(wrong[0])
        raise DataError(f"{path}: row {row}: emotion {labels[row]} is not between 0 and 6")
    return labels


def _splits(table: pa.Table, path: Path, named: Mapping[str, Split] | None) -> NDArray[np.int8]:
    if "Usage" not in table.column_names:
        return np.full(len(table), _split_of_file(table, path, named), dtype=np.int8)
    names = [_text(name).strip() for name in table.column("Usage")]
    known = named or {split.name.lower(): split for split in Split}
    for row, name in enumerate(names):
        if name.lower() not in known:
            hint = f"use one of {', '.join(known)}" if named else f"use {_SPLIT_NAMES}"
            raise DataError(f"{path}: row {row}: Usage '{name}' is not a split", hint=hint)
    return np.array([known[name.lower()] for name in names], dtype=np.int8)


def _split_of_file(table: pa.Table, path: Path, named: Mapping[str, Split] | None) -> Split:
    """Return the split of all rows of a file without the column `Usage`."""
    split = (named or {}).get(path.name.lower())
    if split is None:
        raise DataError(
            f"{path}: has no column 'Usage', which gives the split of each row",
            hint=f"its columns are {', '.join(table.column_names[:8])}; "
            f"state which split the whole file '{path.name}' holds: {_SPLIT_NAMES}",
        )
    return split


def _read_csv(path: Path, named: Mapping[str, Split] | None) -> FerData:
    table = _table(path, ("emotion", "pixels"))
    labels, splits = _labels(table, path), _splits(table, path, named)
    images = np.empty((len(labels), SIDE * SIDE), dtype=np.uint8)
    for row, text in enumerate(table.column("pixels")):
        images[row] = _pixels(_text(text), path, row)
    return FerData(
        images.reshape(-1, SIDE, SIDE), labels, splits, None, np.arange(len(labels), dtype=np.int64)
    )


def _pixels(text: str, path: Path, row: int) -> NDArray[np.int64]:
    try:
        values = np.array(text.split(), dtype=np.int64)
    except (ValueError, OverflowError) as error:
        raise DataError(f"{path}: row {row}: has pixels that are not whole numbers") from error
    if len(values) != SIDE * SIDE:
        raise DataError(
            f"{path}: row {row}: {len(values)} pixels instead of {SIDE * SIDE}",
            hint="the file is truncated or edited; download it again",
        )
    if values.min() < 0 or values.max() > 255:
        raise DataError(f"{path}: row {row}: has a pixel outside 0 to 255")
    return values


def _read_parquet(path: Path, named: Mapping[str, Split] | None) -> FerData:
    table = _table(path, ("emotion", "image"))
    labels, splits = _labels(table, path), _splits(table, path, named)
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
        raise DataError(f"{name}: cannot be read as a picture") from error
    if grey.shape != (SIDE, SIDE):
        height, width = grey.shape
        raise DataError(f"{name}: {width} x {height} pixels instead of {SIDE} x {SIDE}")
    return grey


def _read_folder(folder: Path, named: Mapping[str, Split] | None) -> FerData:
    files = [
        (file, named[part.name.lower()] if named else None)
        for part in _parts(folder, named)
        for file in sorted(_pictures(part))
    ]
    if not files:
        raise DataError(
            f"{folder}: has no pictures in train/ and test/",
            hint="expected train/angry/*.jpg to test/neutral/*.jpg",
        )
    return FerData(
        np.stack([_decode(file, str(file)) for file, _ in files]),
        np.array([_folder_label(file) for file, _ in files], dtype=np.int64),
        np.array([_folder_split(file) if s is None else s for file, s in files], dtype=np.int8),
        None,
        np.arange(len(files), dtype=np.int64),
    )


def _parts(folder: Path, named: Mapping[str, Split] | None) -> list[Path]:
    """Return the folders that `named` lists, in its order; by default, `train` and `test`."""
    there = {
        part.name.lower(): part
        for part in sorted(folder.iterdir())
        if part.is_dir() and not is_system_name(part.name)
    }
    names = list(named) if named else ["train", "test"]
    unknown = [name for name in there if name not in names]
    if unknown:
        raise DataError(
            f"{there[unknown[0]]}: is not a known split",
            hint=f"state for each folder which split it holds: {_SPLIT_NAMES}",
        )
    lacking = [name for name in names if name not in there] if named else []
    if lacking:
        raise DataError(
            f"{folder}: has no folder '{lacking[0]}'", hint=f"its folders are {', '.join(there)}"
        )
    return [there[name] for name in names if name in there]


def _pictures(part: Path) -> Iterator[Path]:
    """Yield the files in the expressions' folders, without hidden files of operating systems."""
    for folder in part.iterdir():
        if folder.is_dir() and not is_system_name(folder.name):
            for file in folder.iterdir():
                if file.is_file() and not is_system_name(file.name):
                    yield file


def _folder_label(file: Path) -> Expression:
    name = file.parent.name.upper()
    if name not in Expression.__members__:
        known = ", ".join(e.display_name for e in Expression)
        raise DataError(f"{file.parent}: is not an expression", hint=f"the folders are {known}")
    return Expression[name]


def _folder_split(file: Path) -> Split:
    if file.parent.parent.name.lower() == "train":
        return Split.Training
    for split in (Split.PublicTest, Split.PrivateTest):
        if file.name.lower().startswith(split.name.lower()):
            return split
    raise DataError(
        f"{file}: cannot be assigned to PublicTest or PrivateTest",
        hint="name files like PrivateTest_123.jpg, or state the split of the folder",
    )


def _with_votes(data: FerData, path: Path, named: Mapping[str, Split] | None) -> FerData:
    table = _table(path, ("Usage", *_FERPLUS_COLUMNS))
    if len(table) != len(data):
        raise DataError(
            f"{path}: {len(table)} rows of votes for {len(data)} pictures",
            hint="FER+ follows the rows of the complete fer2013.csv",
        )
    published = _splits(table, path, None)
    if named is None and (published != data.splits).any():
        raise DataError(
            f"{path}: the splits of its rows differ from those of the pictures",
            hint="check that the rows of both files are in the published order",
        )
    votes = np.stack([_numbers(table, name, path) for name in _FERPLUS_COLUMNS], axis=1)
    return FerData(data.images, data.labels, data.splits, votes.astype(np.int16), data.rows)
