from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("streamlit", reason="the extra app has it")

from roomread.readings import Expression
from roomread.room import Alert, RoomMood
from roomread.web import room_mood
from roomread.web.core_texts import expression_name
from roomread.web.room_mood import seen_text, shown_text, state_text


def mood(time: float, share: float, *, present: int = 26, baseline: float | None = 0.5) -> RoomMood:
    """Return a mood in which the fraction `share` of the people smiles; one cannot be read."""
    scores = np.zeros(len(Expression))
    scores[Expression.HAPPY], scores[Expression.NEUTRAL] = share, 1 - share
    return RoomMood(time, present, present - 1, scores, baseline)


@pytest.mark.parametrize(
    ("moods", "text"),
    [
        ([], "Looking: the first mood comes after three frames."),
        ([RoomMood(10.0, 4, 4)], "No mood with fewer than 5 readable faces."),
        ([mood(10.0, 0.5, baseline=None)], "The usual level is known after three minutes."),
        ([mood(299.0, 0.5), mood(300.0, 0.1)], "Less positive than usual since 5:00"),
        ([mood(299.0, 0.5), mood(300.0, 0.9)], "More positive than usual since 5:00"),
        ([mood(0.0, 0.5), mood(1.0, 0.5)], "As positive as usual since 0:00"),
    ],
    ids=["nothing", "too few", "no baseline", "below", "above", "usual"],
)
def test_state_of_the_room_is_described_with_its_start_time(
    moods: list[RoomMood], text: str
) -> None:
    assert state_text(moods) == text


def test_expected_number_of_people_is_the_class_size_or_the_maximum_seen_in_the_lesson() -> None:
    full, later = [mood(float(n), 0.5, present=28) for n in range(3)], mood(3.0, 0.5)
    assert seen_text([later], None) == "26 seen, 25 of them readable."
    assert seen_text([later], 28) == "26 seen of 28 expected, 25 of them readable."
    assert seen_text([*full, later], None) == "26 seen of 28 expected, 25 of them readable."


def test_most_frequent_expression_and_the_interval_of_valence_are_shown() -> None:
    text = shown_text(mood(10.0, 0.75))
    assert text.startswith("Shown most: happy (75%). Valence +0.75 (95 % interval +0.")
    assert shown_text(RoomMood(10.0, 4, 4)) == ""


def test_english_names_of_expressions_equal_their_display_names() -> None:
    assert [expression_name(e) for e in Expression] == [e.display_name for e in Expression]


def page_of_alerts() -> None:
    import streamlit as st  # noqa: PLC0415 (the script's own code)

    from roomread.web.room_mood import show_alerts  # noqa: PLC0415

    show_alerts(st.session_state["alerts"], sound=True)


def test_alert_is_shown_with_its_time_and_triggers_the_alert_sound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    testing = pytest.importorskip("streamlit.testing.v1", reason="needs the app extra")
    sounded: list[object] = []

    def sound(*, key: str, data: object) -> None:
        assert key == "alert_sound"
        sounded.append(data)

    monkeypatch.setattr(room_mood, "_sound", lambda: sound)
    script = testing.AppTest.from_function(page_of_alerts, default_timeout=120)
    fall = Alert(3, 605.0, "room valence fell by 20% in 3 min", -0.1, 0.99, 30, before=0.25)
    script.session_state["alerts"] = [fall]
    script.run()
    (warning,) = script.warning
    assert warning.value.startswith("10:05: room\\: valence fell from ")
    assert sounded == [{"newest": 3, "on": True}]
