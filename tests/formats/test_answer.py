from __future__ import annotations

import numpy as np

from roomread.formats.answer import answer, describe, named_stretches
from roomread.formats.figures import SessionFigures
from roomread.room.session import Mark
from roomread.room.stretches import FallenStretch
from roomread.store.summary import Part, Summary, summarise

READ = Part("from the start", 0.0, 1200.0, 20.0, 0.9, np.full(7, 1 / 7), None)
WHOLE = Part("from the start", 0.0, 1200.0, 20.0, 0.9, None, None)


def figures(*stretches: FallenStretch, whole: Part | None = WHOLE) -> SessionFigures:
    return SessionFigures(
        [], [Mark(0, "talk"), Mark(90, "test")], Summary(whole, (), ()), stretches
    )


def fall(start: float, end: float, during: float = 0.0) -> FallenStretch:
    return FallenStretch(start, end, 0.5, during, 0.9)


def test_summary_of_a_lesson_says_if_nothing_was_recorded_or_too_few_people_were_readable() -> None:
    nothing = SessionFigures([], [], summarise([], []), [])
    assert "three frames" in answer(nothing)
    assert "No mood: at no time were 5 people" in answer(figures())


def test_summary_lists_at_most_three_less_positive_periods_in_chronological_order() -> None:
    falls = [fall(600, 700), fall(60, 120), fall(300, 400), fall(900, 950)]
    assert answer(figures(*falls, whole=READ)) == (
        "The class was less positive than before from 1:00 to 2:00, from 5:00 to 6:40 and from "
        "10:00 to 11:40."
    )
    assert [each.start for each in named_stretches(figures(*falls))] == [60, 300, 600]


def test_less_positive_period_is_described_with_its_times_valence_certainty_and_activity() -> None:
    text = describe(fall(60, 150, -0.1), "test")
    assert text == (
        "1:00 to 2:30 (1:30 min), during “test”: valence -0.10 instead of +0.50, "
        "certainly lower in 90% of the time."
    )
    assert "during" not in describe(fall(60, 150), "")


def test_activity_of_a_less_positive_period_is_the_last_mark_before_its_middle() -> None:
    assert figures().activity_of(fall(80, 120)) == "test"
    assert figures().activity_of(fall(10, 60)) == "talk"
