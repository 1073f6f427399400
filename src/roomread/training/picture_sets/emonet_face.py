"""Read EmoNet-Face Binary: `binary.csv` and pictures that are named by its column `path`.

Schuhmann et al. 2025, "EmoNet-Face: An Expert-Annotated Benchmark for Synthetic Emotion
Recognition", arXiv:2505.20033. The faces are synthetic. A row is an expert's answer to whether a
picture shows an emotion: `00000,human-1,True,Anger`.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Collection
from pathlib import Path

from roomread.errors import DataError
from roomread.media import PICTURE_SUFFIXES
from roomread.readings import Expression
from roomread.training.picture_sets.labelled import LabelledPictures, Layout, PictureList

NAME = "EmoNet-Face"
LICENCE = "EmoNet-Face is licensed under CC BY 4.0: its authors must be credited"
_LABELS = "binary.csv"
_COLUMNS = ("path", "annotator", "value", "emotion")
# The expression that usually goes with an emotion. The other emotions of the forty have no
# expression, and none of the forty counts as neutral; their pictures are left out.
EXPRESSION_OF = {
    "Anger": Expression.ANGRY,
    "Disgust": Expression.DISGUST,
    "Fear": Expression.FEAR,
    "Amusement": Expression.HAPPY,
    "Elation": Expression.HAPPY,
    "Sadness": Expression.SAD,
    "Astonishment/Surprise": Expression.SURPRISE,
}


def find_labels(folder: Path) -> Path | None:
    """Return the label file in a folder or its subfolder `data`; None if the file is missing."""
    return find_csv(folder, _LABELS, _COLUMNS)


def find_csv(folder: Path, name: str, columns: Collection[str]) -> Path | None:
    """Return the CSV file `name` in a folder or its subfolder `data`, if it has the columns."""
    for path in (folder / name, folder / "data" / name):
        if path.is_file():
            with path.open(encoding="utf-8-sig", errors="replace") as lines:
                if set(lines.readline().strip().split(",")) >= set(columns):
                    return path
    return None


def read(labels: Path) -> LabelledPictures:
    """Read the pictures in which most experts see one of the seven expressions.

    An emotion is confirmed if more than half of the experts who were asked about it say that the
    picture shows it. A picture is left out as "no agreement" if no emotion is confirmed, as
    "several" if the confirmed emotions have different expressions, and under the name of the
    emotion if the only confirmed one has no expression.

    Raises:
        DataError: the file cannot be read, has an invalid row, or names a missing picture.
    """
    answers: defaultdict[str, defaultdict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    rows: dict[str, str] = {}
    try:
        with labels.open(encoding="utf-8-sig", newline="") as lines:
            table = csv.DictReader(lines)
            for row in table:
                where, value = f"line {table.line_num}", row["value"]
                if value not in ("True", "False") or not row["path"] or not row["emotion"]:
                    raise DataError(
                        f"{labels}: {where}: 'value' is '{value}'; it must be True or False, "
                        "and 'path' and 'emotion' must not be empty"
                    )
                rows.setdefault(row["path"], where)
                answers[row["path"]][row["emotion"]].append(value == "True")
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{labels}: cannot be read ({error})") from error
    found = PictureList(labels)
    for name, asked in answers.items():
        found.add(find_picture(labels.parent, name), _label(asked), row=rows[name])
    return found.finish(f"{NAME} Binary", LICENCE)


def _label(asked: dict[str, list[bool]]) -> Expression | str:
    """Return a picture's expression by the answers about each emotion, or why it is left out."""
    confirmed = [name for name, answers in asked.items() if 2 * sum(answers) > len(answers)]
    if not confirmed:
        return "no agreement"
    meanings = {EXPRESSION_OF.get(name, name) for name in confirmed}
    return meanings.pop() if len(meanings) == 1 else "several"


def find_picture(folder: Path, name: str) -> Path:
    """Return the path of a picture; for a missing picture, the path at which it is expected."""
    stems = [folder / name, folder / "images" / name, folder.parent / "images" / name]
    places = [
        Path(f"{stem}{suffix}") for stem in stems for suffix in ("", *sorted(PICTURE_SUFFIXES))
    ]
    return next((place for place in places if place.is_file()), places[0])


LAYOUT = Layout(NAME, LICENCE, find_labels, read)
