"""Write and read compressed and typed Parquet tables; needs the extra `parquet`."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from roomread.errors import MediaError, MissingExtraError
from roomread.readings import Frame, Reading
from roomread.wire import column_types, reading_from_row, reading_to_row

# Number of rows that are buffered before they are written.
_ROW_GROUP = 10_000


class ParquetTable:
    """Writer of one table, which buffers its rows and writes them in groups.

    Args:
        path: The file to write.
        columns: The type of each column by name: `str`, `float` or `int`.

    Raises:
        MissingExtraError: pyarrow is not installed.
    """

    def __init__(self, path: Path, columns: Mapping[str, type]) -> None:
        if importlib.util.find_spec("pyarrow") is None:
            raise MissingExtraError("writing Parquet", extra="parquet")
        import pyarrow as pa  # noqa: PLC0415 (an extra)
        import pyarrow.parquet  # noqa: PLC0415

        kinds = {str: pa.string(), float: pa.float64(), int: pa.int64()}
        self._pa = pa
        self._schema = pa.schema([(name, kinds[kind]) for name, kind in columns.items()])
        self._writer = pyarrow.parquet.ParquetWriter(path, self._schema)
        self._rows: list[Mapping[str, Any]] = []

    def add(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Add rows to the table."""
        for row in rows:
            self._rows.append(row)
            if len(self._rows) >= _ROW_GROUP:
                self._flush()

    def note(self, key: str, text: str) -> None:
        """Add a text under a key to the metadata in the file's footer."""
        self._writer.add_key_value_metadata({key: text})

    def close(self) -> None:
        """Write the buffered rows and the footer."""
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        self._writer.write_table(self._pa.Table.from_pylist(self._rows, self._schema))
        self._rows.clear()


class ParquetSink:
    """Sink that writes a row for each face; docs/schema.md lists the columns.

    Args:
        path: The file to write.
        states: Names of the taught states, such as "confused"; each gets its own column.

    Raises:
        MissingExtraError: pyarrow is not installed.
    """

    def __init__(self, path: Path, *, states: Sequence[str] = ()) -> None:
        self._states = states
        self._table = ParquetTable(path, column_types(states))

    def add(self, _frame: Frame, readings: Sequence[Reading]) -> None:
        """Add a row for each face."""
        self._table.add(reading_to_row(reading, self._states) for reading in readings)

    def note(self, key: str, text: str) -> None:
        """Add a text under a key to the metadata in the file's footer."""
        self._table.note(key, text)

    def close(self) -> None:
        """Write the buffered rows and the footer."""
        self._table.close()


def read_parquet(path: Path) -> Iterator[Reading]:
    """Yield the readings that `ParquetSink` wrote.

    Raises:
        MissingExtraError: pyarrow is not installed.
        MediaError: The file is damaged or not a Parquet file.
        OSError: The file cannot be read.
        WireError: A column is missing or unknown, or a cell is invalid.
    """
    for number, row in enumerate(_rows(path), start=1):
        yield reading_from_row(row, path=f"row {number}: $")


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    if importlib.util.find_spec("pyarrow") is None:
        raise MissingExtraError("reading Parquet", extra="parquet")
    import pyarrow as pa  # noqa: PLC0415 (an extra)
    import pyarrow.parquet  # noqa: PLC0415

    try:
        for batch in pyarrow.parquet.ParquetFile(path).iter_batches(_ROW_GROUP):
            yield from batch.to_pylist()
    except (pa.ArrowException, UnicodeDecodeError, OSError) as error:
        # pyarrow reports damage as an OSError too, but without an errno.
        if getattr(error, "errno", None) is not None:
            raise
        raise MediaError(
            f"{path}: is damaged or not a Parquet file", hint="copy or write the file again"
        ) from error
