from __future__ import annotations

import pytest

pytest.importorskip("streamlit", reason="needs the app extra")

import numpy as np

from fake_page import FakePage
from roomread.formats.figures import SessionFigures
from roomread.readings import Expression
from roomread.room import Interval, Mark
from roomread.room.stretches import FallenStretch
from roomread.store.summary import Part, Summary
from roomread.web import lesson_answer
from roomread.web.lesson_answer import show_answer

SCORES = np.full(len(Expression), 1 / 7)
WHOLE = Part("from the start", 0.0, 1200.0, 25.6, 0.9, SCORES, Interval(-0.5, 0.1))
FALL = FallenStretch(600.0, 900.0, 0.4, -0.1, 0.97)


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> FakePage:
    made = FakePage()
    monkeypatch.setattr(lesson_answer, "st", made)
    monkeypatch.setattr(lesson_answer, "show_svg", lambda svg, **_: made.svg(svg))
    monkeypatch.setattr(lesson_answer, "show_table", lambda rows, **_: made.table("", rows))
    return made


def figures(whole: Part | None, *falls: FallenStretch) -> SessionFigures:
    marks = [Mark(500.0, "group work")]
    return SessionFigures([], marks, Summary(whole, (), ()), falls)


def test_fall_of_valence_is_shown_as_a_warning_and_as_a_table_row_with_its_activity(
    page: FakePage,
) -> None:
    show_answer(figures(WHOLE, FALL), chart="<svg/>", narrow="", expected=28)
    assert len(page.texts("warning")) == 1
    (table,) = (each for each in page.drawn if each.kind == "table")
    assert table.values[0] == [
        {
            "from": "10:00",
            "to": "15:00",
            "long": "5:00",
            "before": "+0.40",
            "then": "-0.10",
            "lower by": "0.50",
            "certainty": "97%",
            "activity": "group work",
        }
    ]
    assert page.element("People seen, on average").values == ("26 of 28",)
    assert page.texts("svg") == ["<svg/>"]


def test_lesson_without_a_fall_of_valence_is_shown_without_a_table(page: FakePage) -> None:
    show_answer(figures(WHOLE), chart="", narrow="", expected=None, said="*Now* the proof.")
    assert page.texts("warning") == page.texts("table") == page.texts("svg") == []
    assert len(page.texts("info")) == 1
    assert page.texts("markdown") == ["\\*Now\\* the proof\\."]
    assert page.element("People seen, on average").values == ("26",)


def test_mean_values_of_a_lesson_are_shown_only_if_they_are_known(page: FakePage) -> None:
    show_answer(figures(None), chart="", narrow="", expected=None)
    assert page.texts("metric") == []
    unread = Part("from the start", 0.0, 9.0, 3.0, 0.5, None, None)
    show_answer(figures(unread), chart="", narrow="", expected=None)
    assert page.texts("metric") == ["People seen, on average", "of them readable"]
