"""Readings as a table, JSON, JSON lines, CSV or Parquet, written as they come."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import IO

from roomread.cli.tables import TableSink
from roomread.errors import OutputError
from roomread.formats.csv_table import CsvSink
from roomread.formats.json_frames import JsonLinesSink, JsonSink
from roomread.formats.parquet import ParquetSink
from roomread.formats.sink import Sink
from roomread.media import atomic_path
from roomread.media.files import is_special, write_error


class Format(StrEnum):
    """How readings are written."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"


def format_for(path: Path | None) -> Format:
    """Return the format that a file's ending names; a table where it names none."""
    suffix = path.suffix.lower().lstrip(".") if path is not None else ""
    return Format(suffix) if suffix in set(Format) - {Format.TABLE} else Format.TABLE


@contextmanager
def open_sink(
    form: Format, path: Path | None, stdout: IO[str], *, states: Sequence[str] = ()
) -> Iterator[Sink]:
    """Open a sink that writes to a file atomically, or to `stdout`.

    Args:
        form: the format.
        path: the file, pipe or device; None for `stdout`.
        stdout: where text goes without a path.
        states: names of taught states, which get columns in tables.

    Raises:
        OutputError: the file cannot be written, or Parquet was asked for on a terminal.
        MissingExtraError: Parquet without its extra.
    """
    if form is Format.PARQUET:
        if path is None:
            raise OutputError("Parquet is not text", hint="name a file: -o readings.parquet")
        with atomic_path(path) as draft, _closing(ParquetSink(draft, states=states)) as sink:
            yield sink
    elif path is None:
        with _standard_output(stdout), _closing(_text_sink(form, stdout, states)) as sink:
            yield sink
    elif is_special(path):
        with _into(path) as file, _closing(_text_sink(form, file, states)) as sink:
            yield sink
    else:
        with (
            atomic_path(path) as draft,
            draft.open("w", encoding="utf-8", newline="") as file,
            _closing(_text_sink(form, file, states)) as sink,
        ):
            yield sink


@contextmanager
def _into(path: Path) -> Iterator[IO[str]]:
    """Open a pipe, a device or a descriptor, which gets lines as they come and stays what it is."""
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            yield file
    except BrokenPipeError:
        # The reader has enough, as `| head` has.
        raise SystemExit from None
    except OSError as error:
        raise write_error(path, error) from error


@contextmanager
def _standard_output(stdout: IO[str]) -> Iterator[None]:
    try:
        yield
        stdout.flush()
    except BrokenPipeError:
        # The reader has enough, as `| head` has: no error, and nothing more to write.
        _discard(stdout)
        raise SystemExit from None
    except OSError as error:
        _discard(stdout)
        raise OutputError(f"standard output: {error.strerror}", hint="use -o FILE") from error


def _discard(stdout: IO[str]) -> None:
    """Discard what is still buffered; otherwise the interpreter complains as it ends."""
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        os.dup2(nowhere.fileno(), stdout.fileno())


@contextmanager
def _closing(sink: Sink) -> Iterator[Sink]:
    # Not contextlib.closing: after an error there is nothing to complete.
    yield sink
    sink.close()


def _text_sink(form: Format, file: IO[str], states: Sequence[str]) -> Sink:
    if form is Format.JSON:
        return JsonSink(file)
    if form is Format.JSONL:
        return JsonLinesSink(file)
    if form is Format.CSV:
        return CsvSink(file, states=states)
    return TableSink(file)
