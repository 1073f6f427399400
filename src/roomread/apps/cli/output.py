"""Readings as a table, JSON, JSON lines, CSV or Parquet, written as they come."""

from __future__ import annotations

import csv
import importlib.util
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import IO, Any, Protocol

from roomread.apps.cli.tables import TableSink
from roomread.errors import MissingExtraError, OutputError
from roomread.media import atomic_path
from roomread.readings import Expression, Frame, Reading

# Rows of a Parquet file that are kept in memory before they are written.
_ROW_GROUP = 10_000


class Format(StrEnum):
    """How readings are written."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"


class Sink(Protocol):
    """Takes the readings of one frame after another."""

    def add(self, frame: Frame, readings: Sequence[Reading]) -> None:
        """Takes one frame's readings; an empty list where it shows no face."""

    def close(self) -> None:
        """Writes what is still held."""


def format_for(path: Path | None) -> Format:
    """The format a file's ending asks for; a table where it asks for none."""
    suffix = path.suffix.lower().lstrip(".") if path is not None else ""
    return Format(suffix) if suffix in set(Format) - {Format.TABLE} else Format.TABLE


@contextmanager
def open_sink(form: Format, path: Path | None, stdout: IO[str]) -> Iterator[Sink]:
    """A sink that writes to a file, whole or not at all, or to `stdout`.

    Raises:
        OutputError: the file cannot be written, or Parquet was asked for on a terminal.
        MissingExtraError: Parquet without its extra.
    """
    if form is Format.PARQUET:
        if path is None:
            raise OutputError("Parquet is not text", hint="name a file: -o readings.parquet")
        with atomic_path(path) as draft, _closing(ParquetSink(draft)) as sink:
            yield sink
    elif path is None:
        with _standard_output(stdout), _closing(_text_sink(form, stdout)) as sink:
            yield sink
    else:
        with (
            atomic_path(path) as draft,
            draft.open("w", encoding="utf-8", newline="") as file,
            _closing(_text_sink(form, file)) as sink,
        ):
            yield sink


@contextmanager
def _standard_output(stdout: IO[str]) -> Iterator[None]:
    try:
        yield
        stdout.flush()
    except BrokenPipeError:
        # Whoever read has enough, as `| head` has: no error, but nothing more to say either.
        _discard(stdout)
        raise SystemExit from None
    except OSError as error:
        _discard(stdout)
        raise OutputError(f"standard output: {error.strerror}", hint="use -o FILE") from error


def _discard(stdout: IO[str]) -> None:
    """Lets what is still buffered go nowhere, or the interpreter would complain as it ends."""
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        os.dup2(nowhere.fileno(), stdout.fileno())


@contextmanager
def _closing(sink: Sink) -> Iterator[Sink]:
    # Not contextlib.closing: after an error there is nothing to complete.
    yield sink
    sink.close()


def _text_sink(form: Format, file: IO[str]) -> Sink:
    if form is Format.JSON:
        return JsonSink(file)
    if form is Format.JSONL:
        return JsonLinesSink(file)
    if form is Format.CSV:
        return CsvSink(file)
    return TableSink(file)


def frame_record(frame: Frame, readings: Sequence[Reading]) -> dict[str, Any]:
    """One frame and its faces as plain values, for JSON."""
    height, width = frame.image.shape[:2]
    faces = []
    for reading in readings:
        face = reading.to_dict()
        for name in ("source", "time", "frame"):
            del face[name]
        faces.append(face)
    return {
        "source": frame.source,
        "time": round(frame.time, 6),
        "frame": frame.index,
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
    row: dict[str, Any] = record | box | scores | quality
    return row


COLUMNS: dict[str, type] = (
    {"source": str, "time": float, "frame": int, "track": int, "participant": str}
    | {"detection": float, "expression": str, "confidence": float, "unreadable": str}
    | dict.fromkeys(("left", "top", "right", "bottom"), float)
    | dict.fromkeys((e.display_name for e in Expression), float)
    | dict.fromkeys(("size", "visible", "brightness", "contrast", "sharpness", "frontality"), float)
)


class CsvSink:
    """A header and a row a face; RFC 4180."""

    def __init__(self, file: IO[str]) -> None:
        self._writer = csv.DictWriter(file, list(COLUMNS))
        self._writer.writeheader()

    def add(self, _frame: Frame, readings: Sequence[Reading]) -> None:
        """Writes a row a face."""
        self._writer.writerows(flat_record(reading) for reading in readings)

    def close(self) -> None:
        """Leaves the file complete."""


class ParquetSink:
    """A row a face, typed, compressed; needs the extra `parquet`."""

    def __init__(self, path: Path) -> None:
        if importlib.util.find_spec("pyarrow") is None:
            raise MissingExtraError("writing Parquet", extra="parquet")
        import pyarrow as pa  # noqa: PLC0415 (an extra)
        import pyarrow.parquet  # noqa: PLC0415

        kinds = {str: pa.string(), float: pa.float64(), int: pa.int64()}
        self._pa = pa
        self._schema = pa.schema([(name, kinds[kind]) for name, kind in COLUMNS.items()])
        self._writer = pyarrow.parquet.ParquetWriter(path, self._schema)
        self._rows: list[dict[str, Any]] = []

    def add(self, _frame: Frame, readings: Sequence[Reading]) -> None:
        """Takes a row a face."""
        self._rows += [flat_record(reading) for reading in readings]
        if len(self._rows) >= _ROW_GROUP:
            self._flush()

    def close(self) -> None:
        """Writes what is held, and the footer."""
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        self._writer.write_table(self._pa.Table.from_pylist(self._rows, self._schema))
        self._rows.clear()
