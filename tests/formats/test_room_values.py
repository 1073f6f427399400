from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import arbitrary
from roomread.formats.room_values import (
    MOOD_COLUMNS,
    alert_from_dict,
    alert_to_dict,
    mood_from_dict,
    mood_to_dict,
    mood_to_row,
)
from roomread.room import Alert, RoomMood

moods = st.builds(
    RoomMood,
    time=st.floats(0, 1e5),
    present=st.integers(5, 40),
    readable=st.integers(5, 40),
    scores=st.none() | arbitrary.probabilities.map(lambda p: p.astype(np.float64)),
    baseline=st.none() | st.floats(-1, 1),
)


@given(moods)
def test_room_mood_is_equal_after_conversion_to_json_and_back(mood: RoomMood) -> None:
    back = mood_from_dict(json.loads(json.dumps(mood_to_dict(mood), allow_nan=False)))
    assert back == mood
    assert back.valence == mood.valence
    assert back.valence_interval == mood.valence_interval


@given(moods)
def test_table_row_of_a_room_mood_has_every_column(mood: RoomMood) -> None:
    row = mood_to_row(mood)
    assert list(row) == list(MOOD_COLUMNS)
    assert (row["scores_happy"] is None) == (mood.scores is None)
    assert row["valence"] == mood.valence


def test_room_mood_of_fewer_than_five_people_has_coverage_but_no_valence_or_scores() -> None:
    values = mood_to_dict(RoomMood(1.0, 4, 3))
    assert values["coverage"] == pytest.approx(0.75)
    assert [values[name] for name in ("valence", "valence_interval", "trend", "scores")] == [
        None
    ] * 4


@pytest.mark.parametrize(
    "alert",
    [
        Alert(2, 10.0, "person happy above 1% for 5 s", 0.02, 0.75, 5, seat=3, ended=12.5),
        Alert(1, 10.0, "room valence fell by 20% in 3 min", -0.1, 0.99, 90, before=0.4),
    ],
)
def test_alert_is_equal_after_conversion_to_json_and_back(alert: Alert) -> None:
    assert alert_from_dict(json.loads(json.dumps(alert_to_dict(alert)))) == alert
