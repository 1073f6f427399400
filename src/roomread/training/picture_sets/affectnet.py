"""Read AffectNet's validation set, whose labels are known, in both of its published layouts.

Mollahosseini, Hasani, Mahoor 2017, "AffectNet: A Database for Facial Expression, Valence, and
Arousal Computing in the Wild", arXiv:1708.03985.

- `val_set/images/123.jpg` with `val_set/annotations/123_exp.npy`;
- `validation.csv` with the column `subDirectory_filePath`, beside `Manually_Annotated_Images`.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from roomread.errors import DataError
from roomread.media import PICTURE_SUFFIXES
from roomread.readings import Box, Expression
from roomread.training.picture_sets.labelled import (
    LabelledPictures,
    Layout,
    PictureList,
    whole_number,
)

_NAME = "AffectNet"
_LICENCE = (
    "AffectNet is licensed to a laboratory or a professor for non-commercial research only, and "
    "must not be passed on"
)
_CSV = ("validation.csv", "Manually_validation.csv")
_IMAGES = ("", "Manually_Annotated_Images", "Manually_Annotated/Manually_Annotated_Images")
_EXPRESSION = "_exp.npy"
# The meaning of the labels 0 to 10. Pictures with another label than the seven expressions are left
# out.
_ORDER: tuple[Expression | str, ...] = (
    Expression.NEUTRAL,
    Expression.HAPPY,
    Expression.SAD,
    Expression.SURPRISE,
    Expression.FEAR,
    Expression.DISGUST,
    Expression.ANGRY,
    "contempt",
    "none",
    "uncertain",
    "no face",
)


def find_labels(folder: Path) -> Path | None:
    """Return the annotation folder or the CSV file in a folder; None if neither is present."""
    for place in (folder / "val_set" / "annotations", folder / "annotations"):
        if place.is_dir() and any(place.glob(f"*{_EXPRESSION}")):
            return place
    return next((folder / name for name in _CSV if (folder / name).is_file()), None)


def read(labels: Path) -> LabelledPictures:
    """Read the pictures of the validation set that show one of the seven expressions.

    Raises:
        DataError: a label cannot be read or is unknown, or a picture is missing.
    """
    found = _read_arrays(labels) if labels.is_dir() else _read_csv(labels)
    return found.finish(f"{_NAME}, validation", _LICENCE)


def _read_arrays(labels: Path) -> PictureList:
    found = PictureList(labels)
    for file in sorted(labels.glob(f"*{_EXPRESSION}")):
        try:
            # Each published file contains one string such as "3".
            text = str(np.load(file, allow_pickle=False))
        except (OSError, ValueError) as error:
            raise DataError(f"{file}: cannot be read as a NumPy array") from error
        label = _ORDER[_number(text, labels, file.name)]
        stem = file.name.removesuffix(_EXPRESSION)
        found.add(_picture(labels.parent / "images", stem), label, row=file.name)
    return found


def _picture(images: Path, stem: str) -> Path:
    """Return the path of a picture, whatever its file type; the file may be missing."""
    places = [images / f"{stem}{suffix}" for suffix in sorted(PICTURE_SUFFIXES)]
    return next((place for place in places if place.is_file()), images / f"{stem}.jpg")


def _read_csv(labels: Path) -> PictureList:
    found = PictureList(labels)
    needed = ("subDirectory_filePath", "expression", "face_x", "face_y", "face_width")
    try:
        with labels.open(encoding="utf-8-sig", newline="") as lines:
            rows = csv.DictReader(lines)
            for name in needed:
                if name not in (rows.fieldnames or ()):
                    raise DataError(f"{labels}: has no column '{name}'")
            for row in rows:
                where = f"line {rows.line_num}"
                label = _ORDER[_number(str(row["expression"]).strip(), labels, where)]
                place = str(row["subDirectory_filePath"])
                found.add(
                    _file(labels.parent, place), label, row=where, box=_box(row, where, labels)
                )
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{labels}: cannot be read ({error})") from error
    return found


def _number(text: str, place: Path, row: str) -> int:
    return whole_number(text, len(_ORDER), what="the expression", place=place, row=row)


def _file(root: Path, name: str) -> Path:
    places = [root / part / name for part in _IMAGES]
    return next((place for place in places if place.is_file()), places[1])


def _box(row: dict[str, str], where: str, place: Path) -> Box | None:
    """Return the box of the labelled face, px; None if the row has no box or an empty one."""
    names = ("face_x", "face_y", "face_width", "face_height")
    texts = [str(row.get(name) or "").strip() for name in names]
    if "" in texts or "NULL" in texts:
        return None
    try:
        x, y, width, height = (float(text) for text in texts)
    except ValueError as error:
        raise DataError(f"{place}: {where}: '{', '.join(texts)}' is not a box in pixels") from error
    return Box(x, y, x + width, y + height) if min(width, height) > 0 else None


LAYOUT = Layout(_NAME, _LICENCE, find_labels, read)
