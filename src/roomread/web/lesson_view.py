"""The content of a lesson's page, computed again only when the lesson has changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from roomread.formats.answer import named_stretches
from roomread.formats.figures import SessionFigures, session_figures
from roomread.formats.score_charts import NARROW
from roomread.formats.session_charts import (
    Notes,
    Span,
    away_chart,
    coverage_chart,
    expression_chart,
    lesson_span,
    reports_chart,
    states_chart,
    valence_chart,
)
from roomread.joining.reports import ReportSample
from roomread.room import Alert
from roomread.room.expected import expected_people
from roomread.services.preferences import load_preferences
from roomread.store import OwnerStore, Session
from roomread.store.summary import TimeSeries, time_series
from roomread.web.texts import t, words
from roomread.web.timeline import Chart

_KEPT = "lesson_view"
# Height of the plot of a chart for a narrow screen, px.
_NARROW_HEIGHT = 180.0


@dataclass(frozen=True, slots=True, eq=False)
class LessonView:
    """The results and the charts of a lesson.

    Attributes:
        figures: The results of the lesson: its moods, marks, changes and periods of lower valence.
        alerts: The alerts of the lesson, oldest first.
        reports: The reports that students made by pressing buttons, oldest first.
        series: The room's mood over the lesson, as one array for each of its values.
        span: The start and end of the charts' time axis, s.
        expected: The number of people who are expected; None if it is unknown.
        charts: The charts of the room, the same as in the report; empty before the first mood.
        narrow: The chart of the valence for a narrow screen; empty before the first mood.
    """

    figures: SessionFigures
    alerts: Sequence[Alert]
    reports: Sequence[ReportSample]
    series: TimeSeries
    span: Span
    expected: int | None
    charts: Sequence[Chart]
    narrow: str


def lesson_view(store: OwnerStore, session: Session) -> LessonView:
    """Return the content of a lesson's page, which is cached for the last lesson of the visit.

    Args:
        store: The store of the session.
        session: The session as it is stored now.
    """
    alerts, reports = store.alerts(session.id), store.reports(session.id)
    class_size = load_preferences(store).class_size
    marks = store.marks(session.id)
    key = (session, marks, alerts, len(reports), class_size, words().language)
    kept: tuple[object, LessonView] | None = st.session_state.get(_KEPT)
    if kept is not None and kept[0] == key:
        return kept[1]
    figures = session_figures(store, session)
    series = time_series(figures.moods)
    expected = expected_people(figures.moods, class_size)
    span = lesson_span(series)
    charts = _charts(figures, series, alerts, reports, expected)
    narrow = ""
    if figures.moods:
        notes = Notes(figures.marks, figures.summary.changes, alerts, named_stretches(figures))
        narrow = valence_chart(
            series, notes, span=span, size=(NARROW, _NARROW_HEIGHT), words=words()
        )
    view = LessonView(figures, alerts, reports, series, span, expected, charts, narrow)
    st.session_state[_KEPT] = key, view
    return view


def _charts(
    figures: SessionFigures,
    series: TimeSeries,
    alerts: Sequence[Alert],
    reports: Sequence[ReportSample],
    expected: int | None,
) -> list[Chart]:
    if not figures.moods:
        return []
    span = lesson_span(series)
    notes = Notes(figures.marks, figures.summary.changes, alerts, named_stretches(figures))
    charts = [
        Chart(t("Valence of the room"), valence_chart(series, notes, span=span, words=words())),
        Chart(t("Expressions"), expression_chart(series, span=span, words=words())),
        Chart(
            t("People who could be read"),
            coverage_chart(series, expected=expected, span=span, words=words()),
        ),
    ]
    if series.states:
        charts.append(Chart(t("Taught states"), states_chart(series, span=span, words=words())))
    if series.knows_looking_away:
        charts.append(Chart(t("Looking away"), away_chart(series, span=span, words=words())))
    if reports:
        charts.append(
            Chart(t("What students pressed"), reports_chart(reports, span=span, words=words()))
        )
    return charts
