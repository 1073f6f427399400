from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import arbitrary
from roomread.readings import Box, Quality, Reading
from roomread.wire import (
    COLUMNS,
    reading_from_row,
    reading_to_row,
    readings_to_columns,
    state_column,
)


def rows_of(readings: list[Reading], states: list[str] | None = None) -> list[dict[str, Any]]:
    columns = readings_to_columns(readings, states or [])
    names = list(columns)
    return [dict(zip(names, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]


def known(value: Any) -> Any:
    """Convert a cell of a column to the cell of a row, in which unknown values are None."""
    if isinstance(value, float | np.floating):
        return None if np.isnan(value) else float(value)
    return value


@given(st.lists(arbitrary.readings, max_size=3))
def test_columns_have_the_same_cells_as_rows(readings: list[Reading]) -> None:
    states = list({state.name for reading in readings for state in reading.states})
    rows = rows_of(readings, states)
    assert len(rows) == len(readings)
    for row, reading in zip(rows, readings, strict=True):
        expected = reading_to_row(reading, states)
        assert list(row) == list(expected)
        for name, cell in row.items():
            value = known(cell)
            if isinstance(cell, np.float32) and value is not None:
                assert value == np.float32(expected[name])
            else:
                assert value == expected[name], name


@given(arbitrary.readings)
def test_reading_is_equal_after_conversion_to_columns_and_back(reading: Reading) -> None:
    (row,) = rows_of([reading])
    assert reading_from_row({name: known(cell) for name, cell in row.items()}) == reading


def test_columns_without_readings_are_empty() -> None:
    columns = readings_to_columns([], ["confused"])
    assert list(columns) == [*COLUMNS, state_column("confused")]
    assert {len(cells) for cells in columns.values()} == {0}


@pytest.mark.parametrize(
    "units",
    [{}, {"AU1": 0.125, "AU2": 1.0}, {'10 % "wide"': 0.1}, {"AU2": 1, "AU1": 1e-9}],
    ids=["none", "two", "odd name", "whole and tiny"],
)
def test_action_units_are_written_as_json_dumps_writes_them(units: dict[str, float]) -> None:
    reading = Reading("a.jpg", 0.0, 0, Box(0, 0, 9, 9), 1.0, Quality(), action_units=units)
    plain = {name: float(value) for name, value in units.items()}
    assert readings_to_columns([reading, reading])["action_units"] == [json.dumps(plain)] * 2
