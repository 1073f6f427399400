"""Read a file of readings in the format that its suffix names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from roomread.errors import MediaError
from roomread.formats.csv_table import read_csv
from roomread.formats.json_frames import read_json, read_json_lines
from roomread.formats.parquet import read_parquet
from roomread.readings import Reading

SUFFIXES = (".json", ".jsonl", ".csv", ".parquet")


def read_readings(path: Path) -> Iterator[Reading]:
    """Yield the readings of a file that `roomread analyze -o` wrote.

    Args:
        path: A file of JSON, JSON lines, CSV or Parquet.

    Raises:
        MediaError: The suffix is not one of `SUFFIXES`, or the file cannot be read.
        WireError: The content violates the schema of readings.
        MissingExtraError: The file is Parquet, and the extra `parquet` is not installed.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        known = ", ".join(SUFFIXES)
        raise MediaError(
            f"{path}: is not a file of readings",
            hint=f"use a file with one of the suffixes {known}",
        )
    try:
        if suffix == ".parquet":
            yield from read_parquet(path)
        elif suffix == ".json":
            for frame in read_json(path.read_bytes()):
                yield from frame.readings
        else:
            # Spreadsheets write a byte order mark, which this encoding skips.
            with path.open(encoding="utf-8-sig", newline="") as file:
                if suffix == ".csv":
                    yield from read_csv(file)
                else:
                    for frame in read_json_lines(file):
                        yield from frame.readings
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "is not text in UTF-8"
        raise MediaError(f"{path}: {reason}") from error
