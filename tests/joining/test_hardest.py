from __future__ import annotations

import numpy as np
import pytest

from roomread.joining.hardest import hardest_minutes
from roomread.joining.reports import ReportCounts, ReportSample
from roomread.readings import Expression
from roomread.room import RoomMood


def mood(time: float, happy: float) -> RoomMood:
    scores = np.zeros(7)
    scores[Expression.HAPPY], scores[Expression.SAD] = happy, 1 - happy
    return RoomMood(time, 20, 20, scores)


def test_minutes_of_low_valence_or_many_i_am_lost_reports_are_returned_hardest_first() -> None:
    moods = [mood(t, 0.2 if 300 <= t < 360 else 0.8) for t in range(0, 900, 5)]
    lost = ReportCounts(lost=8)
    samples = [
        ReportSample(t, 20, 10, lost if 480 <= t < 540 else ReportCounts())
        for t in range(5, 900, 5)
    ]
    first, second = hardest_minutes(moods, samples)
    assert (first.start, first.lost) == (300.0, 0.0)
    assert first.valence == pytest.approx(-0.6)
    assert (second.start, second.lost) == (480.0, 0.4)


def test_hardest_minutes_are_found_from_button_reports_without_moods() -> None:
    samples = [ReportSample(t, 20, 9, ReportCounts(lost=t // 60)) for t in range(0, 300, 5)]
    found = hardest_minutes([], samples)
    assert [minute.start for minute in found] == [240.0, 180.0, 120.0]
    assert {minute.valence for minute in found} == {None}


def test_hardest_minutes_are_empty_for_fewer_than_five_people() -> None:
    assert hardest_minutes([RoomMood(5.0, 3, 3)], [ReportSample(5.0, 3)]) == []
