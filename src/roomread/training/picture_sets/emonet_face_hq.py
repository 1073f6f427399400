"""Read EmoNet-Face HQ from `hq.csv`, whose column `image` names the pictures.

Schuhmann et al. 2025, see `emonet_face`. A row is the rating of one picture by one annotator: the
column `annotations` is a Python dictionary with the intensities of forty emotions, 0 to 7. A row
whose column `human` is False is the rating of a model and is ignored.
"""

from __future__ import annotations

import ast
import csv
from collections import defaultdict
from pathlib import Path
from statistics import fmean

from roomread.errors import DataError
from roomread.readings import Expression
from roomread.training.picture_sets.emonet_face import (
    EXPRESSION_OF,
    LICENCE,
    NAME,
    find_csv,
    find_picture,
)
from roomread.training.picture_sets.labelled import LabelledPictures, Layout, PictureList

_LABELS = "hq.csv"
_COLUMNS = ("image", "annotator", "annotations")
_HIGHEST = 7
# Prefix of the names of ratings that are not of the forty emotions.
_EXTRA = "Extra Dimensions|"


def find_labels(folder: Path) -> Path | None:
    """Return the label file in a folder or its subfolder `data`; None if the file is missing."""
    return find_csv(folder, _LABELS, _COLUMNS)


def read(labels: Path) -> LabelledPictures:
    """Read the pictures whose strongest emotion, by mean rating, has one of the seven expressions.

    A picture is left out under the name of its strongest emotion if that emotion has no expression,
    as "weak" if the highest mean rating is below half of the scale, and as "several" if emotions
    with different expressions are equally strong.

    Raises:
        DataError: the file cannot be read, has an invalid row, or names a missing picture.
    """
    ratings: defaultdict[str, defaultdict[str, list[float]]] = defaultdict(
        lambda: defaultdict(list)
    )
    rows: dict[str, str] = {}
    try:
        with labels.open(encoding="utf-8-sig", newline="") as lines:
            table = csv.DictReader(lines)
            for row in table:
                if (row.get("human") or "True") == "False":
                    continue
                where, name = f"line {table.line_num}", row["image"]
                if not name:
                    raise DataError(f"{labels}: {where}: the column 'image' is empty")
                rows.setdefault(name, where)
                for emotion, value in _intensities(row["annotations"], labels, where).items():
                    ratings[name][emotion].append(value)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{labels}: cannot be read ({error})") from error
    found = PictureList(labels)
    for name, rated in ratings.items():
        found.add(find_picture(labels.parent, name), _label(rated), row=rows[name])
    return found.finish(f"{NAME} HQ", LICENCE)


def _intensities(text: str | None, labels: Path, row: str) -> dict[str, float]:
    """Return the intensities of the forty emotions in one row.

    Raises:
        DataError: the text is not a dictionary of numbers from 0 to 7.
    """
    try:
        values = ast.literal_eval(text or "")
        emotions = {str(n): float(v) for n, v in values.items() if not str(n).startswith(_EXTRA)}
    except (ValueError, TypeError, SyntaxError, AttributeError, RecursionError, MemoryError):
        emotions = {}
    # This also rejects NaN, because every comparison with NaN is false.
    if not emotions or not all(0 <= value <= _HIGHEST for value in emotions.values()):
        raise DataError(
            f"{labels}: {row}: the annotations are not a dictionary of emotions with intensities "
            f"from 0 to {_HIGHEST}"
        )
    return emotions


def _label(rated: dict[str, list[float]]) -> Expression | str:
    """Return a picture's expression by the ratings of each emotion, or why it is left out."""
    means = {emotion: fmean(values) for emotion, values in rated.items()}
    highest = max(means.values())
    if highest < _HIGHEST / 2:
        return "weak"
    strongest = [emotion for emotion, mean in means.items() if mean == highest]
    meanings = {EXPRESSION_OF.get(emotion, emotion) for emotion in strongest}
    return meanings.pop() if len(meanings) == 1 else "several"


LAYOUT = Layout(NAME, LICENCE, find_labels, read)
