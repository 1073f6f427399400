"""Example of a format as a plug-in: one line per frame with the number of faces per expression."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TextIO

from roomread.readings import Expression, Frame, Reading

_NAMES = [expression.name.lower() for expression in Expression]


class CountsSink:
    """Sink that writes a tab-separated table with a line for each frame.

    Args:
        file: the text file.
        states: the names of taught states, which this format ignores.
    """

    def __init__(self, file: TextIO, *, states: Sequence[str] = ()) -> None:  # noqa: ARG002
        self._file = file
        self._write("source", "time", "faces", *_NAMES)

    def add(self, frame: Frame, readings: Sequence[Reading]) -> None:
        """Write the line of a frame."""
        counts = Counter(r.expression for r in readings if r.expression is not None)
        numbers = (counts[expression] for expression in Expression)
        self._write(frame.source, f"{frame.time:.3f}", len(readings), *numbers)

    def close(self) -> None:
        """Do nothing: every line is written at once."""

    def _write(self, *cells: object) -> None:
        self._file.write("\t".join(map(str, cells)) + "\n")
