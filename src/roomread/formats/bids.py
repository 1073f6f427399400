"""Write readings as a table with a sidecar file in the format of BIDS (Gorgolewski et al. 2016).

The columns of the table are separated by tabs, and unknown values are "n/a". The sidecar is a JSON
file of the same name that describes each column.
https://bids-specification.readthedocs.io/en/stable/common-principles.html
"""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

from roomread.readings import Expression, Frame, Reading, Unreadable
from roomread.wire import COLUMNS, column_types, reading_to_row, state_column

_MISSING = "n/a"
_LEVELS = {
    "expression": {each.display_name: f"{each.display_name} expression" for each in Expression},
    "unreadable": {each.value: each.name.lower().replace("_", " ") for each in Unreadable},
}
_UNITS = {"time": "s", "box": "px", "landmarks": "px", "quality_size": "px", "pose": "deg"}


class BidsSink:
    """Sink that writes a row for each face, with `onset` (s) as the first column.

    Args:
        file: The text file, opened with `newline=""`.
        states: Names of the taught states, such as "confused"; each gets its own column.
    """

    def __init__(self, file: IO[str], *, states: Sequence[str] = ()) -> None:
        self._states = states
        columns = ["onset", "duration", *column_types(states)]
        self._writer = csv.DictWriter(file, columns, delimiter="\t", lineterminator="\n")
        self._writer.writeheader()

    def add(self, _frame: Frame, readings: Sequence[Reading]) -> None:
        """Write a row for each face."""
        for reading in readings:
            row = reading_to_row(reading, self._states)
            row = {"onset": reading.time, "duration": 0} | row
            self._writer.writerow({name: _cell(value) for name, value in row.items()})

    def close(self) -> None:
        """Do nothing, because rows are written immediately."""


def sidecar(states: Sequence[str] = ()) -> dict[str, Any]:
    """Return the description of each column, ready for JSON."""
    onset = {"Description": "Time of the frame from the start of the source", "Units": "s"}
    columns = {
        "onset": onset,
        "duration": {"Description": "0: a frame is a point in time", "Units": "s"},
    } | {name: _describe(name, column.description) for name, column in COLUMNS.items()}
    return columns | {
        state_column(name): {"Description": f"Percentile of the taught state '{name}', 0..1"}
        for name in states
    }


def write_sidecar(table: Path, states: Sequence[str] = ()) -> None:
    """Write the sidecar of a table to the table's path with the suffix .json."""
    text = json.dumps(sidecar(states), indent=1) + "\n"
    table.with_suffix(".json").write_text(text, encoding="utf-8")


def _describe(name: str, description: str) -> dict[str, Any]:
    units = [unit for prefix, unit in _UNITS.items() if name.startswith(prefix)]
    described: dict[str, Any] = {"Description": description or name.replace("_", " ")}
    if units:
        described["Units"] = units[0]
    if name in _LEVELS:
        described["Levels"] = _LEVELS[name]
    return described


def _cell(value: Any) -> Any:
    # A tab or a line break in a name would shift the columns.
    text = _MISSING if value is None else str(value)
    return " ".join(text.split()) or _MISSING
