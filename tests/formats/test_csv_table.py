from __future__ import annotations

import csv
import io
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import arbitrary
from classes import frame
from roomread.errors import WireError
from roomread.formats.csv_table import CsvSink, read_csv, write_csv
from roomread.readings import Frame, Reading
from roomread.wire import COLUMNS

FRAME = Frame(np.zeros((4, 4, 3), dtype=np.uint8), 0.0, 0, "a.jpg")


@given(st.lists(arbitrary.readings, max_size=3), st.booleans())
def test_readings_are_equal_after_writing_and_reading_csv(
    readings: list[Reading],
    state_columns: bool,  # noqa: FBT001
) -> None:
    states = sorted({s.name for r in readings for s in r.states}) if state_columns else []
    file = io.StringIO(newline="")
    sink = CsvSink(file, states=states)
    sink.add(FRAME, readings)
    sink.close()
    file.seek(0)
    assert list(read_csv(file)) == readings


def test_file_without_readings_has_all_columns() -> None:
    file = io.StringIO(newline="")
    CsvSink(file).close()
    assert file.getvalue() == ",".join(COLUMNS) + "\r\n"


def test_error_contains_the_number_of_the_invalid_row() -> None:
    header = ",".join(COLUMNS)
    file = io.StringIO(f"{header}\r\n{'1,' * (len(COLUMNS) - 1)}x\r\n", newline="")
    with pytest.raises(WireError, match=r"^row 1: \$"):
        list(read_csv(file))


def test_csv_with_unknown_columns_is_refused() -> None:
    with pytest.raises(WireError, match=r"row 1: \$\.name: is not a column of the schema"):
        list(read_csv(["name,mood\r\n", "Ada,good\r\n"]))


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "'=1", "'quoted'"])
def test_name_that_looks_like_a_formula_is_written_as_text(name: str) -> None:
    file = io.StringIO(newline="")
    reading = replace(frame(0.0, {1: None})[0], source=name, person=name)
    CsvSink(file).add(FRAME, [reading])
    file.seek(0)
    (row,) = csv.DictReader(file)
    assert row["source"] == row["person"] == f"'{name}"
    file.seek(0)
    assert list(read_csv(file)) == [reading]


def test_negative_number_is_not_escaped_as_a_formula() -> None:
    file = io.StringIO(newline="")
    write_csv(file, ["valence", "label"], [{"valence": -0.5, "label": "-0.5"}])
    assert file.getvalue() == "valence,label\r\n-0.5,'-0.5\r\n"
