from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from roomread.formats.xapi import statements
from roomread.joining.reports import ReportCounts, ReportSample
from roomread.room import Interval, Session
from roomread.store.summary import Part

NAMESPACE = "https://roomread.example/xapi"
START = datetime(2026, 9, 2, 8, tzinfo=UTC)
SESSION = Session("0a1b2c3d", "Algebra", "a.mp4", "net", 0.4, START, START, START, "", False, "")  # noqa: FBT003
SHOWN = Part("group work", 0.0, 90.5, 28.0, 0.9, np.full(7, 1 / 7), Interval(-0.1, 0.2))
EMPTY = Part("break", 90.5, 100.0, 2.0, 0.5, None, None)


def test_each_lesson_part_becomes_an_xapi_statement_about_the_group() -> None:
    first, second = statements(SESSION, [SHOWN, EMPTY])
    assert first["actor"]["objectType"] == "Group"
    assert first["object"]["definition"]["name"] == {"und": "group work"}
    assert first["result"]["duration"] == "PT90.500S"
    assert second["timestamp"] == "2026-09-02T08:01:30.500000+00:00"


def test_xapi_statement_omits_unknown_values() -> None:
    first, second = (s["result"]["extensions"] for s in statements(SESSION, [SHOWN, EMPTY]))
    assert {name.rpartition("/")[2] for name in first} == {
        "present",
        "coverage",
        "valence",
        "valence_interval",
        "scores",
    }
    assert {name.rpartition("/")[2] for name in second} == {"present", "coverage"}


def test_xapi_statement_contains_the_button_reports_made_during_the_lesson_part() -> None:
    samples = [ReportSample(10.0, 28, 19, ReportCounts(9, 8, 1, 1), 3)]
    first, second = (
        s["result"]["extensions"] for s in statements(SESSION, [SHOWN, EMPTY], samples)
    )
    assert first[f"{NAMESPACE}/reports"]["lost"] == 8.0
    assert f"{NAMESPACE}/reports" not in second


def test_equal_lesson_parts_get_equal_xapi_ids_and_different_parts_different_ids() -> None:
    once, again = statements(SESSION, [SHOWN, EMPTY]), statements(SESSION, [SHOWN, EMPTY])
    assert [s["id"] for s in once] == [s["id"] for s in again]
    assert once[0]["id"] != once[1]["id"]
