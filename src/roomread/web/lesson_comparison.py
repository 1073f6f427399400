"""The comparison of lessons, aligned at a mark that they share."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st

from roomread.formats.comparison_chart import MOST_LESSONS, ComparedLesson, comparison_chart
from roomread.formats.figures import SessionFigures, session_figures
from roomread.room import clock
from roomread.store import OwnerStore, Session
from roomread.store.summary import Part, time_series
from roomread.web.messages import bold, plain
from roomread.web.navigation import go_to
from roomread.web.svg import show_svg
from roomread.web.table import show_table
from roomread.web.texts import day_and_time, percent, signed, t, words


class _Lesson(NamedTuple):
    """A lesson with its results, such as its moods and marks."""

    session: Session
    figures: SessionFigures

    def times(self) -> dict[str, float]:
        """Return the time of the first mark with each label, by label, s."""
        return {mark.label: mark.time for mark in reversed(self.figures.marks)}


def show_comparison(store: OwnerStore, ids: list[str]) -> None:
    """Draw the valence of several lessons in one chart, and compare their means in a table.

    Args:
        store: the lessons of the visitor.
        ids: the ids of two lessons or more.

    Raises:
        SessionNotFoundError: the visitor has no such lesson.
    """
    if st.button(t("All lessons")):
        go_to()
    st.subheader(t("Compare lessons"))
    found = [store.session(session_id) for session_id in dict.fromkeys(ids[:MOST_LESSONS])]
    lessons = [_Lesson(each, session_figures(store, each)) for each in found]
    empty = [plain(each.session.name) for each in lessons if not each.figures.moods]
    if empty:
        st.warning(t("Without any mood: {names}", names=", ".join(empty)))
    lessons = [each for each in lessons if each.figures.moods]
    if not lessons:
        return
    shared = [
        label
        for label in sorted(lessons[0].times(), key=lessons[0].times().__getitem__)
        if all(label in each.times() for each in lessons)
    ]
    start = t("the start of the lesson")
    label = st.selectbox(
        t("Aligned at"),
        [None, *shared],
        format_func=lambda each: start if each is None else each,
        help=t("Marks that all of these lessons have."),
    )
    compared = [
        ComparedLesson(
            _title(each.session),
            time_series(each.figures.moods),
            0.0 if label is None else each.times()[label],
        )
        for each in lessons
    ]
    show_svg(comparison_chart(compared, words=words()), key="comparison")
    rows = [_row(each, _part(each, label)) for each in lessons]
    what = t("the whole lesson") if label is None else label
    title = t("Means of {what}", what=what)
    st.markdown(bold(plain(title)))
    show_table(rows, name=title, key="comparison_table")
    st.caption(
        t(
            "Two classes differ in their people, camera and light: a comparison shows when they "
            "differed, not which was better."
        )
    )


def _title(session: Session) -> str:
    return f"{session.name} · {day_and_time(session.started_at)}"


def _part(lesson: _Lesson, label: str | None) -> Part | None:
    summary = lesson.figures.summary
    if label is None:
        return summary.whole
    return next((part for part in summary.parts if part.label == label), None)


def _row(lesson: _Lesson, part: Part | None) -> dict[str, str]:
    row = {t("lesson"): _title(lesson.session)}
    if part is None:
        return row | {t("from"): "-", t("long"): "-", t("present"): "-", t("valence"): "-"}
    interval = part.interval
    valence = t("no mood")
    if part.valence is not None and interval is not None:
        valence = f"{signed(part.valence)} ({signed(interval.low)} … {signed(interval.high)})"
    falls = [each for each in lesson.figures.stretches if part.start <= each.start < part.end]
    return row | {
        t("from"): clock(part.start),
        t("long"): clock(part.end - part.start),
        t("present"): f"{part.present:.0f}",
        t("readable"): percent(part.coverage),
        t("valence"): valence,
        t("falls"): str(len(falls)),
    }
