from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from classes import reading, showing
from roomread.formats.timeline import Timeline, read_rows
from roomread.readings import Expression

HAPPY, SAD = showing(Expression.HAPPY), showing(Expression.SAD)


def test_scores_of_one_person_in_one_second_are_averaged() -> None:
    timeline = Timeline()
    for time, scores in ((1.0, HAPPY), (1.9, SAD), (2.0, SAD)):
        timeline.add(reading(3, time, scores))
    (first, second) = timeline.rows()
    assert (first[:2], second[:2]) == ((1, 3), (2, 3))
    assert first[2] == pytest.approx((HAPPY + SAD) / 2)
    assert second[2] == pytest.approx(SAD)


def test_people_are_distinguished_by_seat_or_without_a_seat_by_track_id() -> None:
    timeline = Timeline()
    timeline.add(replace(reading(1, 0.0, HAPPY), seat=7))
    timeline.add(reading(2, 0.0, HAPPY))
    assert [row[1] for row in timeline.rows()] == [2, 7]


def test_timeline_omits_readings_without_scores_and_readings_without_a_track_id() -> None:
    timeline = Timeline()
    timeline.add(reading(1, 0.0, None))
    timeline.add(replace(reading(1, 0.0, HAPPY), track_id=None))
    assert timeline.rows() == []


def test_timeline_file_stores_scores_with_four_decimals(tmp_path: Path) -> None:
    timeline = Timeline()
    timeline.add(reading(1, 5.0, HAPPY))
    timeline.write(tmp_path / "timeline.json")
    ((second, person, scores),) = read_rows(tmp_path / "timeline.json")
    assert (second, person) == (5, 1)
    np.testing.assert_array_equal(scores, HAPPY.astype(np.float64).round(4))


def test_reading_a_missing_timeline_file_returns_no_rows(tmp_path: Path) -> None:
    assert read_rows(tmp_path / "timeline.json") == []
