from __future__ import annotations

import json

import pytest

from roomread.formats.report_values import (
    TABLE_COLUMNS,
    mood_rows,
    part_reports,
    report_from_dict,
    report_to_dict,
)
from roomread.joining.reports import ReportCounts, ReportSample
from roomread.room import RoomMood

FEW = ReportSample(5.0, 4)
MANY = [
    ReportSample(10.0, 28, 19, ReportCounts(9, 8, 1, 1), 3),
    ReportSample(15.0, 30, 20, ReportCounts(7, 10, 1, 2), 2),
]
MOODS = [RoomMood(float(second), 0, 0) for second in range(1, 31)]


@pytest.mark.parametrize("sample", [FEW, *MANY])
def test_report_sample_is_equal_after_conversion_to_json_and_back(sample: ReportSample) -> None:
    assert report_from_dict(json.loads(json.dumps(report_to_dict(sample)))) == sample


def test_row_of_a_mood_has_the_newest_button_counts_and_each_press_counts_in_one_row() -> None:
    rows = list(mood_rows(MOODS, [FEW, *MANY]))
    assert all(list(row) == list(TABLE_COLUMNS) for row in rows)
    by_time = {row["time"]: row for row in rows}
    assert by_time[4.0]["people"] is None
    assert (by_time[7.0]["people"], by_time[7.0]["reports_lost"]) == (4, None)
    assert [by_time[t]["reports_lost"] for t in (10.0, 14.0, 15.0, 24.0)] == [8, 8, 10, 10]
    # The last sample is too old ten seconds later.
    assert by_time[25.0]["reports_lost"] is None
    assert sum(row["lost_presses"] or 0 for row in rows) == 5
    assert [row["time"] for row in rows if row["lost_presses"]] == [10.0, 15.0]


def test_row_of_a_mood_sums_the_button_presses_since_the_previous_mood() -> None:
    (row,) = mood_rows([RoomMood(20.0, 0, 0)], [FEW, *MANY])
    assert (row["people"], row["lost_presses"]) == (30, 5)


def test_button_report_columns_are_none_in_a_session_without_button_reports() -> None:
    row = next(mood_rows(MOODS, []))
    assert [row[name] for name in ("people", "reports_ok", "lost_presses")] == [None] * 3


def test_lesson_part_has_mean_button_counts_and_the_total_of_i_am_lost_presses() -> None:
    assert part_reports([FEW, *MANY], 0.0, 60.0) == {
        "people": 29.0,
        "ok": 8.0,
        "lost": 9.0,
        "slower": 1.0,
        "faster": 1.5,
        "lost_presses": 5.0,
    }
    assert part_reports([FEW, *MANY], 0.0, 10.0) is None
