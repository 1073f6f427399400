"""Write and read readings as CSV (RFC 4180), one row per face."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import IO, Any

from roomread.errors import WireError
from roomread.readings import Frame, Reading
from roomread.wire import column_types, reading_from_row, reading_to_row

# Text that starts with one of these may be run as a formula by a spreadsheet; the last is the
# prefix that prevents this, which must itself be prefixed.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")


class CsvSink:
    """Sink that writes a header, then a row for each face; docs/schema.md lists the columns.

    Args:
        file: The text file, opened with `newline=""`.
        states: Names of the taught states, such as "confused"; each gets its own column.
    """

    def __init__(self, file: IO[str], *, states: Sequence[str] = ()) -> None:
        self._states = states
        self._writer = csv.DictWriter(file, list(column_types(states)))
        self._writer.writeheader()

    def add(self, _frame: Frame, readings: Sequence[Reading]) -> None:
        """Write a row for each face."""
        self._writer.writerows(
            plain_cells(reading_to_row(reading, self._states)) for reading in readings
        )

    def close(self) -> None:
        """Do nothing, because rows are written immediately."""


def read_csv(file: Iterable[str]) -> Iterator[Reading]:
    """Yield the readings that `CsvSink` wrote.

    Args:
        file: The text file, opened with `newline=""`.

    Raises:
        WireError: The file is not CSV, a column is missing, unknown or duplicated, a row has too
            few or too many cells, or a cell is invalid.
    """
    for number, row in _numbered_rows(csv.DictReader(file)):
        cells = {name: _without_guard(cell) for name, cell in row.items()}
        yield reading_from_row(cells, path=f"row {number}: $")


def _numbered_rows(reader: csv.DictReader[str]) -> Iterator[tuple[int, dict[str, str]]]:
    number = 0
    try:
        columns = reader.fieldnames or []
        twice = next((name for name in columns if columns.count(name) > 1), None)
        if twice is not None:
            raise WireError("header", f"has the column '{twice}' twice")
        for number, row in enumerate(reader, start=1):
            # DictReader stores surplus cells under the key None, and fills missing ones with None.
            if None in row or None in row.values():
                kind = "more" if None in row else "fewer"
                problem = f"has {kind} cells than the header, which names {len(columns)} columns"
                raise WireError(f"row {number}", problem)
            yield number, row
    except csv.Error as error:
        raise WireError(f"row {number + 1}", f"is not CSV: {error}") from error


def write_csv(file: IO[str], columns: Iterable[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Write a table as CSV, with texts that look like formulas prefixed as in `plain_cells`."""
    writer = csv.DictWriter(file, list(columns))
    writer.writeheader()
    writer.writerows(plain_cells(row) for row in rows)


def plain_cells(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row whose texts a spreadsheet shows as text and does not run as formulas.

    Texts that start like a formula are prefixed with `'`, as OWASP advises. Texts that already
    start with `'` are prefixed as well, so that `read_csv` returns every text unchanged.
    """
    return {
        name: f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
        for name, cell in row.items()
    }


def _without_guard(cell: str) -> str:
    guarded = cell.startswith("'") and cell[1:].startswith(_FORMULA)
    return cell[1:] if guarded else cell
