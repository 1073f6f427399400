"""Readings as JSON, JSON lines, CSV or Parquet, written as they come; every door's downloads."""

from __future__ import annotations

import csv
import importlib.util
import json
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, Protocol

from roomread.errors import MissingExtraError
from roomread.readings import Expression, Frame, Reading

# Rows of a Parquet file that are kept in memory before they are written.
_ROW_GROUP = 10_000


class Sink(Protocol):
    """Takes the readings of one frame after another."""

    def add(self, frame: Frame, readings: Sequence[Reading]) -> None:
        """Takes one frame's readings; an empty list where it shows no face."""

    def close(self) -> None:
        """Writes what is still held."""


def frame_record(frame: Frame, readings: Sequence[Reading]) -> dict[str, Any]:
    """One frame and its faces as plain values, for JSON."""
    height, width = frame.image.shape[:2]
    faces = []
    for reading in readings:
        face = reading.to_dict()
        for name in ("source", "time", "frame_index"):
            del face[name]
        faces.append(face)
    return {
        "source": frame.source,
        "time": round(frame.time, 6),
        "frame_index": frame.index,
        "width": width,
        "height": height,
        "faces": faces,
    }


class JsonSink:
    """One array with an object a frame."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._separator = "[\n"

    def add(self, frame: Frame, readings: Sequence[Reading]) -> None:
        """Writes one element of the array."""
        self._file.write(self._separator + json.dumps(frame_record(frame, readings)))
        self._separator = ",\n"

    def close(self) -> None:
        """Ends the array."""
        self._file.write("[]\n" if self._separator == "[\n" else "\n]\n")


class JsonLinesSink:
    """One object a frame, each on its line and there at once."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def add(self, frame: Frame, readings: Sequence[Reading]) -> None:
        """Writes one line."""
        self._file.write(json.dumps(frame_record(frame, readings)) + "\n")
        self._file.flush()

    def close(self) -> None:
        """Leaves the file complete."""
        self._file.flush()


def flat_record(reading: Reading) -> dict[str, Any]:
    """One reading as a row; the same columns whatever it holds."""
    record = reading.to_dict()
    box, quality, scores = record.pop("box"), record.pop("quality"), record.pop("scores")
    scores = scores or dict.fromkeys(e.display_name for e in Expression)
    taught: dict[str, Any] = {
        state_column(state.name): round(state.percentile, 4) for state in reading.states
    }
    if record.pop("states", None):
        taught["states"] = "; ".join(reading.shown_states)
    row: dict[str, Any] = record | box | scores | quality | taught
    return row


def state_column(name: str) -> str:
    """The column that holds the likeness of a taught state."""
    return f"state_{name}"


def columns_for(states: Sequence[str]) -> dict[str, type]:
    """The columns of a table, with those of taught states."""
    if not states:
        return COLUMNS
    return COLUMNS | {"states": str} | {state_column(name): float for name in states}


COLUMNS: dict[str, type] = (
    {"source": str, "time": float, "frame_index": int, "track_id": int, "seat": int, "person": str}
    | {"detection_confidence": float, "expression": str, "confidence": float, "unreadable": str}
    | dict.fromkeys(("left", "top", "right", "bottom"), float)
    | dict.fromkeys((e.display_name for e in Expression), float)
    | dict.fromkeys(("size", "visible", "brightness", "contrast", "sharpness", "frontality"), float)
)


class CsvSink:
    """A header and a row a face; RFC 4180.

    Args:
        file: opened with `newline=""`.
        states: the names of the taught states that have columns.
    """

    def __init__(self, file: IO[str], *, states: Sequence[str] = ()) -> None:
        self._writer = csv.DictWriter(file, list(columns_for(states)))
        self._writer.writeheader()

    def add(self, _frame: Frame, readings: Sequence[Reading]) -> None:
        """Writes a row a face."""
        self._writer.writerows(flat_record(reading) for reading in readings)

    def close(self) -> None:
        """Leaves the file complete."""


class ParquetSink:
    """A row a face, typed, compressed; needs the extra `parquet`.

    Args:
        path: the file.
        states: the names of the taught states that have columns.
    """

    def __init__(self, path: Path, *, states: Sequence[str] = ()) -> None:
        if importlib.util.find_spec("pyarrow") is None:
            raise MissingExtraError("writing Parquet", extra="parquet")
        import pyarrow as pa  # noqa: PLC0415 (an extra)
        import pyarrow.parquet  # noqa: PLC0415

        kinds = {str: pa.string(), float: pa.float64(), int: pa.int64()}
        self._pa = pa
        self._schema = pa.schema(
            [(name, kinds[kind]) for name, kind in columns_for(states).items()]
        )
        self._writer = pyarrow.parquet.ParquetWriter(path, self._schema)
        self._rows: list[dict[str, Any]] = []

    def add(self, _frame: Frame, readings: Sequence[Reading]) -> None:
        """Takes a row a face."""
        self._rows += [flat_record(reading) for reading in readings]
        if len(self._rows) >= _ROW_GROUP:
            self._flush()

    def note(self, key: str, text: str) -> None:
        """Puts a text into the footer, beside the columns."""
        self._writer.add_key_value_metadata({key: text})

    def close(self) -> None:
        """Writes what is held, and the footer."""
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        self._writer.write_table(self._pa.Table.from_pylist(self._rows, self._schema))
        self._rows.clear()
