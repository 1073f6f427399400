"""Collect the pictures of a data set, with one expression each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from roomread.errors import DataError
from roomread.readings import Box, Expression


@dataclass(frozen=True, slots=True, eq=False)
class LabelledPictures:
    """The test pictures of a data set.

    Attributes:
        name: the name of the data set and its split.
        licence: what the licence allows, as one sentence.
        files: the paths of the N pictures.
        labels: int64 [N], `Expression` values.
        boxes: the box of the labelled face in each picture, px; None for the largest face.
        left_out: the number of pictures without one of the seven expressions, by label or reason.
    """

    name: str
    licence: str
    files: Sequence[Path]
    labels: NDArray[np.int64]
    boxes: Sequence[Box | None]
    left_out: Counter[str] = field(default_factory=Counter)

    @property
    def absent(self) -> list[Expression]:
        """The expressions that no picture has."""
        return [e for e in Expression if e not in self.labels]


class Layout(NamedTuple):
    """The name and licence of a data set, and the functions that read it.

    Attributes:
        name: the name of the data set.
        licence: what its licence allows, as one sentence.
        find_labels: a function that returns the label file of a folder, or None if the folder has
            another layout.
        read: a function that reads the pictures of a label file.
    """

    name: str
    licence: str
    find_labels: Callable[[Path], Path | None]
    read: Callable[[Path], LabelledPictures]


@dataclass(slots=True)
class PictureList:
    """A list of labelled pictures that is filled row by row.

    Args:
        place: the label file, which error messages name.
    """

    place: Path
    files: list[Path] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    boxes: list[Box | None] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)

    def add(self, file: Path, label: Expression | str, *, row: str, box: Box | None = None) -> None:
        """Add a picture; a label that is not an expression is counted as left out.

        Raises:
            DataError: the picture does not exist.
        """
        if not isinstance(label, Expression):
            self.left_out[label] += 1
            return
        if not file.is_file():
            raise DataError(f"{self.place}: {row}: there is no picture {file}")
        self.files.append(file)
        self.labels.append(int(label))
        self.boxes.append(box)

    def finish(self, name: str, licence: str) -> LabelledPictures:
        """Return the collected pictures.

        Raises:
            DataError: no picture was added.
        """
        if not self.files:
            raise DataError(f"{self.place}: has no picture with one of the seven expressions")
        labels = np.array(self.labels, dtype=np.int64)
        return LabelledPictures(name, licence, self.files, labels, self.boxes, self.left_out)


def whole_number(text: str, limit: int, *, what: str, place: Path, row: str) -> int:
    """Parse a label from 0 to `limit` - 1.

    Raises:
        DataError: the text is not a whole number in this range; the message begins with `place`,
            `row` and `what`.
    """
    try:
        number = int(text)
    except ValueError:
        number = -1
    if not 0 <= number < limit:
        raise DataError(f"{place}: {row}: {what} is '{text[:30]}', not between 0 and {limit - 1}")
    return number
