from __future__ import annotations

import pytest

pytest.importorskip("streamlit", reason="needs the app extra")

from typing import Any

import numpy as np

from roomread.readings import Expression
from roomread.room import RoomMood
from roomread.store.summary import time_series
from roomread.web import timeline
from roomread.web.timeline import Chart, show_timeline

SCORES = np.zeros(len(Expression))
SCORES[Expression.HAPPY], SCORES[Expression.NEUTRAL] = 0.75, 0.25


def given(
    monkeypatch: pytest.MonkeyPatch, *moods: RoomMood, expected: int | None = None
) -> dict[str, Any]:
    """Return the data that a timeline of some moods passes to its component."""
    drawn: dict[str, Any] = {}
    monkeypatch.setattr(timeline, "component", lambda *_, **__: lambda **all_: drawn.update(all_))
    charts = [Chart("Valence of the room", "<svg/>")]
    series = time_series(moods)
    show_timeline(charts, series, span=(0.0, 9.0), expected=expected, key="timeline1")
    data: dict[str, Any] = drawn["data"]
    return data


def test_description_of_a_moment_contains_the_number_of_people_and_the_mood(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    full = RoomMood(2.0, 26, 25, SCORES, states={"bored": 0.25}, looking_away=0.5)
    data = given(monkeypatch, full, expected=28)
    assert data["words"] == [
        "· 26 seen of 28 · 25 readable · valence +0.75 · happy 75% · bored 25% · looking away 50%"
    ]
    unread = given(monkeypatch, RoomMood(1.0, 4, 4), expected=28)
    assert unread["words"] == ["· 4 seen of 28 · 4 readable · no mood"]


def test_description_of_a_moment_without_a_class_size_counts_only_the_people_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = given(monkeypatch, RoomMood(1.0, 26, 25, SCORES))
    assert data["words"] == ["· 26 seen · 25 readable · valence +0.75 · happy 75%"]


def test_timeline_leaves_out_times_without_a_stored_mood(monkeypatch: pytest.MonkeyPatch) -> None:
    moods = [RoomMood(float(time), 6, 6) for time in (0, 1, 8, 9)]
    data = given(monkeypatch, *moods)
    # The first two moods are in the same step.
    assert len(data["times"]) == len(data["words"]) == 3
    assert data["times"][1] - data["times"][0] > 6
    assert given(monkeypatch)["words"] == []
    assert data["charts"] == [{"title": "Valence of the room", "svg": "<svg/>"}]
