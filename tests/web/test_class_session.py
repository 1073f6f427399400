from __future__ import annotations

import pytest

pytest.importorskip("streamlit", reason="needs the app extra")

import numpy as np

from roomread.readings import Expression
from roomread.room import Alert, Interval
from roomread.store.summary import Part, Summary
from roomread.web.class_session import _alert_row, _part_rows


def part(label: str, *, is_read: bool) -> Part:
    scores = np.zeros(len(Expression))
    scores[Expression.HAPPY], scores[Expression.SAD] = 0.75, 0.25
    interval = Interval(0.4, 0.6)
    return Part(
        label, 60.0, 90.0, 25.6, 0.9, scores if is_read else None, interval if is_read else None
    )


def test_part_of_a_lesson_without_a_mood_has_no_valence_and_no_expressions() -> None:
    parts = part("group work", is_read=True), part("film", is_read=False)
    read, unread = _part_rows(Summary(parts[0], parts, ()))
    assert (read["part"], read["from"], read["to"]) == ("group work", "1:00", "1:30")
    assert (read["present"], read["readable"]) == ("26", "90%")
    assert (read["valence"], read["interval"]) == ("+0.50", "+0.40\u00a0…\u00a0+0.60")
    assert (read["happy"], read["sad"], read["fear"]) == ("75%", "25%", "0%")
    assert list(unread) == ["part", "from", "to", "present", "readable"]


def test_alert_is_shown_with_its_time_and_its_certainty() -> None:
    row = _alert_row(Alert(1, 83.0, "room coverage below 50% for 10 s", 0.2, 1.0, 10))
    assert row["when"] == "1:23"
    assert row["certainty"] == "99%"
    assert "20%" in row["what was seen"]
