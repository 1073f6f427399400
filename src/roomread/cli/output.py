"""Write readings in any format to a file or to standard output."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import IO

from roomread.cli.tables import TableSink
from roomread.errors import OutputError
from roomread.formats.bids import BidsSink, write_sidecar
from roomread.formats.coco import CocoSink
from roomread.formats.csv_table import CsvSink
from roomread.formats.elan import ElanSink
from roomread.formats.eye_activity import EyeActivitySink
from roomread.formats.json_frames import JsonLinesSink, JsonSink
from roomread.formats.lsl import LslSink
from roomread.formats.openface import OpenFaceSink
from roomread.formats.parquet import ParquetSink
from roomread.formats.sink import Sink
from roomread.formats.subtitles import MetadataSink, SubtitleSink
from roomread.media import atomic_path
from roomread.media.files import is_special, write_error
from roomread.plugins import Plugin, PluginKind, find_plugin, require_plugin


class Format(StrEnum):
    """A built-in format for readings, by the name that `--format` takes."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"
    OPENFACE = "openface"
    ELAN = "eaf"
    WEBVTT = "vtt"
    METADATA = "vtt-metadata"
    SUBRIP = "srt"
    BIDS = "tsv"
    COCO = "coco"
    LSL = "lsl"


# Formats that only --format can choose, because no file suffix stands for them.
_WITHOUT_SUFFIX = {
    Format.TABLE,
    Format.OPENFACE,
    Format.METADATA,
    Format.COCO,
    Format.LSL,
}


def choose_format(name: str | None, path: Path | None) -> Format | Plugin:
    """Return the named format, or else the format of the file's suffix, or else the table.

    Args:
        name: The name of a built-in format or of a plug-in; None to decide by the suffix.
        path: The file to write; None for standard output.

    Raises:
        PluginError: There is no format of this name, or two packages add a format of this name.
    """
    if name is not None:
        built_in = list(Format)
        if name in built_in:
            return Format(name)
        return require_plugin(PluginKind.FORMAT, name, built_in)
    suffix = path.suffix.lower().lstrip(".") if path is not None else ""
    if suffix in set(Format) - _WITHOUT_SUFFIX:
        return Format(suffix)
    return (find_plugin(PluginKind.FORMAT, suffix) if suffix else None) or Format.TABLE


@contextmanager
def open_sink(
    form: Format | Plugin, path: Path | None, stdout: IO[str], *, states: Sequence[str] = ()
) -> Iterator[Sink]:
    """Open a sink that writes to a file atomically, or to `stdout`.

    Args:
        form: the format; a plug-in's format writes text.
        path: the file, pipe or device; None for `stdout`.
        stdout: the stream for text, if `path` is None.
        states: names of the states that were taught, such as "confused"; each gets a column in
            tables.

    Raises:
        OutputError: the file cannot be written, Parquet or BIDS was requested without a file, or
            LSL was requested with a file.
        MissingExtraError: The format is Parquet or LSL, and its extra is not installed.
        PluginError: The format belongs to a plug-in that does not work.
    """
    if form is Format.LSL:
        if path is not None:
            raise OutputError("LSL is sent to the network, not to a file", hint="leave out -o")
        with _closing(LslSink()) as sink:
            yield sink
    elif form is Format.PARQUET:
        if path is None:
            raise OutputError(
                "Parquet is binary and is not written to standard output",
                hint="name a file: -o readings.parquet",
            )
        with atomic_path(path) as draft, _closing(ParquetSink(draft, states=states)) as sink:
            yield sink
    elif form is Format.BIDS and path is None:
        raise OutputError(
            "BIDS is written as two files, and cannot be written to standard output",
            hint="name the table: -o readings.tsv",
        )
    elif path is None:
        with _standard_output(stdout), _closing(text_sink(form, stdout, states)) as sink:
            yield sink
    elif is_special(path):
        with _into(path) as file, _closing(text_sink(form, file, states)) as sink:
            yield sink
    else:
        with (
            atomic_path(path) as draft,
            draft.open("w", encoding="utf-8", newline="") as file,
            _closing(text_sink(form, file, states)) as sink,
        ):
            yield sink
        if form is Format.BIDS:
            write_sidecar(path, states)


@contextmanager
def open_eye_sink(path: Path | None) -> Iterator[Sequence[Sink]]:
    """Open a sink that writes eye activity to a file atomically; without a file, yield no sink.

    Raises:
        OutputError: the file cannot be written.
    """
    if path is None:
        yield ()
    elif is_special(path):
        with _into(path) as file:
            yield (EyeActivitySink(file),)
    else:
        with atomic_path(path) as draft, draft.open("w", encoding="utf-8") as file:
            yield (EyeActivitySink(file),)


@contextmanager
def _into(path: Path) -> Iterator[IO[str]]:
    """Open a pipe, a device or a descriptor, into which lines are written as they are computed."""
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            yield file
    except BrokenPipeError:
        # The reader closed the pipe, as `| head` does.
        raise SystemExit from None
    except OSError as error:
        raise write_error(path, error) from error


@contextmanager
def _standard_output(stdout: IO[str]) -> Iterator[None]:
    try:
        yield
        stdout.flush()
    except BrokenPipeError:
        # The reader closed the pipe, as `| head` does. This is not an error, and nothing more is
        # written.
        _discard(stdout)
        raise SystemExit from None
    except OSError as error:
        _discard(stdout)
        raise OutputError(f"standard output: {error.strerror}", hint="use -o FILE") from error


def _discard(stdout: IO[str]) -> None:
    """Discard buffered output, for which the interpreter would print an error at exit."""
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        os.dup2(nowhere.fileno(), stdout.fileno())


@contextmanager
def _closing(sink: Sink) -> Iterator[Sink]:
    # Not contextlib.closing, because the output must not be completed after an error.
    yield sink
    sink.close()


def text_sink(form: Format | Plugin, file: IO[str], states: Sequence[str]) -> Sink:
    """Return a sink that writes a text format to a file; `states` is as in `open_sink`."""
    if isinstance(form, Plugin):
        sink: Sink = form.make(lambda factory: factory(file, states=states))
        return sink
    if form in _TABLES:
        return _TABLES[form](file, states=states)
    return _TEXTS[form](file)


_TABLES: dict[Format, Callable[..., Sink]] = {
    Format.CSV: CsvSink,
    Format.OPENFACE: OpenFaceSink,
    Format.BIDS: BidsSink,
}
_TEXTS: dict[Format, Callable[[IO[str]], Sink]] = {
    Format.TABLE: TableSink,
    Format.JSON: JsonSink,
    Format.JSONL: JsonLinesSink,
    Format.ELAN: ElanSink,
    Format.WEBVTT: SubtitleSink,
    Format.METADATA: MetadataSink,
    Format.SUBRIP: partial(SubtitleSink, comma=True),
    Format.COCO: CocoSink,
}
