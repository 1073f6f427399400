from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from hypothesis import given

import arbitrary
from roomread.errors import WireError
from roomread.readings import Box, Quality, Reading, Unreadable
from roomread.wire import COLUMNS, column_types, reading_from_row, reading_to_row


@given(arbitrary.readings)
def test_reading_is_equal_after_conversion_to_a_row_and_back(reading: Reading) -> None:
    row = reading_to_row(reading)
    assert list(row) == list(COLUMNS)
    assert reading_from_row(row) == reading


@given(arbitrary.readings)
def test_reading_is_equal_after_conversion_to_a_row_of_text_and_back(reading: Reading) -> None:
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, list(COLUMNS))
    writer.writeheader()
    writer.writerow(reading_to_row(reading))
    file.seek(0)
    (row,) = csv.DictReader(file)
    assert reading_from_row(row) == reading


def plain(**cells: Any) -> dict[str, Any]:
    reading = Reading("a.jpg", 0.0, 0, Box(1, 2, 3, 4), 0.5, Quality(reason=Unreadable.FLAT))
    return reading_to_row(reading) | cells


def test_every_row_has_every_column_and_nested_names_are_joined_by_underscores() -> None:
    row = plain()
    assert {"box_left", "scores_happy", "quality_size", "pose_yaw", "landmarks_nose_x"} <= set(row)
    assert row["box_left"] == 1.0
    assert row["scores_happy"] is None
    assert row["states"] == "{}"


def test_each_taught_state_has_an_additional_column() -> None:
    assert column_types(["tired"])["state_tired"] is float
    reading = Reading("a.jpg", 0.0, 0, Box(1, 2, 3, 4), 0.5, Quality(reason=Unreadable.FLAT))
    assert reading_to_row(reading, ["tired"])["state_tired"] is None


def test_whole_number_with_a_decimal_point_is_accepted_as_an_integer() -> None:
    assert reading_from_row(plain(track_id="3.0")).track_id == 3


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"track_id": "three"}, r"\$\.track_id: is not a number: 'three'"),
        ({"states": "{"}, r"\$\.states: is not JSON"),
        ({"left": 3}, r"\$\.left: is not a column of the schema"),
        ({"scores_happy": "0.5"}, r"\$\.scores\.angry: must be a number, not null"),
        ({"box_left": ""}, r"\$\.box\.left: must be a number, not null"),
        ({"detection_confidence": "nan"}, r"detection_confidence: must be from 0 to 1, not nan"),
    ],
)
def test_error_for_an_invalid_cell_names_its_column(cells: dict[str, Any], message: str) -> None:
    with pytest.raises(WireError, match=message):
        reading_from_row(plain(**cells))


def test_missing_column_is_refused() -> None:
    row = plain()
    del row["box_top"]
    with pytest.raises(WireError, match=r"box_top: is missing"):
        reading_from_row(row)
