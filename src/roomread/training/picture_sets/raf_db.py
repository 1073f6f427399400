"""Read RAF-DB's basic expressions: `EmoLabel/list_patition_label.txt` and `Image/aligned`.

Li, Deng, Du 2017, "Reliable Crowdsourcing and Deep Locality-Preserving Learning for Expression
Recognition in the Wild". A row is, for example, `test_0001.jpg 5`. Rows of the training part
are ignored.
"""

from __future__ import annotations

from pathlib import Path

from roomread.errors import DataError
from roomread.readings import Expression
from roomread.training.picture_sets.labelled import LabelledPictures, Layout, PictureList

_NAME = "RAF-DB"
_LICENCE = (
    "RAF-DB is available for non-commercial research purposes only, and its pictures and data "
    "derived from them must not be used commercially"
)
# The file's name is misspelled by its authors.
_LABELS = "list_patition_label.txt"
# The expressions of the labels 1 to 7.
_ORDER = (
    Expression.SURPRISE,
    Expression.FEAR,
    Expression.DISGUST,
    Expression.HAPPY,
    Expression.SAD,
    Expression.ANGRY,
    Expression.NEUTRAL,
)


def find_labels(folder: Path) -> Path | None:
    """Return the label file in a folder or its subfolder `basic`; None if the file is missing."""
    places = (folder / part / _LABELS for part in ("EmoLabel", "", "basic/EmoLabel"))
    return next((place for place in places if place.is_file()), None)


def read(labels: Path) -> LabelledPictures:
    """Read the pictures of the test part, aligned if available and original otherwise.

    Raises:
        DataError: the file cannot be read, has an invalid row, or names a missing picture.
    """
    root = labels.parent.parent if labels.parent.name == "EmoLabel" else labels.parent
    found = PictureList(labels)
    try:
        lines = labels.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{labels}: cannot be read ({error})") from error
    for number, line in enumerate(lines, 1):
        name, _, label = line.strip().partition(" ")
        if not name:
            continue
        row = f"line {number}"
        part = name.partition("_")[0]
        if part not in ("train", "test") or label not in {str(n + 1) for n in range(len(_ORDER))}:
            raise DataError(
                f"{labels}: {row}: '{line[:60]}' is not a picture and a label from 1 to 7",
                hint="use the published file, with rows such as 'test_0001.jpg 5'",
            )
        if part == "test":
            found.add(_picture(root, name), _ORDER[int(label) - 1], row=row)
    return found.finish(f"{_NAME}, test", _LICENCE)


def _picture(root: Path, name: str) -> Path:
    """Return the path of a picture; for a missing picture, the path at which it is expected."""
    stem, _, suffix = name.rpartition(".")
    aligned = f"{stem}_aligned.{suffix}"
    places = [root / "Image" / "aligned" / aligned, root / "aligned" / aligned]
    places += [root / "Image" / "original" / name, root / "original" / name]
    return next((place for place in places if place.is_file()), places[0])


LAYOUT = Layout(_NAME, _LICENCE, find_labels, read)
