from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from classes import frame as class_frame
from roomread.cli.output import Format, open_sink
from roomread.errors import MediaError, WireError
from roomread.formats.reading_files import SUFFIXES, read_readings
from roomread.readings import Expression, Frame

PICTURE = Frame(np.zeros((8, 8, 3), np.uint8), 0.0, 0, "lesson")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_readings_are_equal_after_writing_and_reading_every_format(
    tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / f"readings{suffix}"
    readings = class_frame(0.0, {1: Expression.HAPPY, 2: None})
    with open_sink(Format(suffix[1:]), path, io.StringIO()) as sink:
        sink.add(PICTURE, readings)
    assert list(read_readings(path)) == readings


@pytest.mark.parametrize("name", ["readings.txt", "readings", "missing.csv"])
def test_error_names_a_file_that_is_missing_or_has_an_unknown_suffix(
    tmp_path: Path, name: str
) -> None:
    with pytest.raises(MediaError, match=name):
        list(read_readings(tmp_path / name))


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".json"])
def test_file_that_does_not_contain_readings_is_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"readings{suffix}"
    path.write_text("name\nAsha\n")
    with pytest.raises(WireError):
        list(read_readings(path))
    path.write_bytes(b"\xff\xfe\xfa")
    with pytest.raises((MediaError, WireError)):
        list(read_readings(path))


def written(path: Path) -> bytes:
    """Write a frame of two readings to a file, and return the content."""
    readings = class_frame(0.0, {1: Expression.HAPPY, 2: None})
    with open_sink(Format(path.suffix[1:]), path, io.StringIO()) as sink:
        sink.add(PICTURE, readings)
    return path.read_bytes()


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_byte_order_mark_at_the_start_of_a_file_is_skipped(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"readings{suffix}"
    path.write_bytes(b"\xef\xbb\xbf" + written(path))
    assert len(list(read_readings(path))) == 2


@pytest.mark.parametrize("content", [b"", b"hello", "cut", "damaged"])
def test_error_names_the_damaged_parquet_file(tmp_path: Path, content: bytes | str) -> None:
    path = tmp_path / "readings.parquet"
    whole = written(path)
    cut = {"cut": whole[:-20], "damaged": whole[:-60] + b"\xff" * 40 + whole[-20:]}
    path.write_bytes(cut[content] if isinstance(content, str) else content)
    with pytest.raises(MediaError, match=r"readings\.parquet: is damaged or not a Parquet file"):
        list(read_readings(path))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda rows: [*rows[:2], rows[2] + ",1"], "row 2: has more cells than"),
        (lambda rows: [rows[0], rows[1].rpartition(",")[0]], "row 1: has fewer cells than"),
        (lambda rows: [rows[0] + ",time", rows[1] + ",9"], "the column 'time' twice"),
        (lambda rows: [*rows[:2], "x" * 200_000], "row 2: is not CSV: field larger"),
    ],
    ids=["surplus cell", "missing cell", "duplicate column", "long cell"],
)
def test_error_states_why_a_csv_file_is_malformed(
    tmp_path: Path, change: Callable[[list[str]], list[str]], complaint: str
) -> None:
    path = tmp_path / "readings.csv"
    path.write_text("\n".join(change(written(path).decode().splitlines())) + "\n")
    with pytest.raises(WireError, match=complaint):
        list(read_readings(path))
