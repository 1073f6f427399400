"""Show one session on the page Lessons, during the recording and afterwards."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from roomread.formats.answer import answer, named_stretches
from roomread.formats.figures import SessionFigures, session_figures
from roomread.formats.palette import BY_VALENCE
from roomread.formats.session_charts import (
    Notes,
    coverage_chart,
    expression_chart,
    lesson_span,
    reports_chart,
    valence_chart,
)
from roomread.readings import percent
from roomread.room import clock
from roomread.room.expected import expected_people
from roomread.services.background_recording import RecordingQueue
from roomread.services.preferences import load_preferences
from roomread.settings.environment import load_settings
from roomread.store import Mark, OwnerStore, Session, State
from roomread.store.summary import Summary, time_series
from roomread.web.class_export import show_export
from roomread.web.class_people import show_people
from roomread.web.lesson_answer import show_answer, valence_help
from roomread.web.messages import message_for, plain
from roomread.web.navigation import switch_to
from roomread.web.texts import t, words
from roomread.web.timeline import Chart, show_timeline
from roomread.web.visitor import is_signed_in

_REPORTS_HELP = (
    "How many students say by a button that they are lost, that it should go slower or faster, or "
    "that they follow. A press counts for two minutes; under five students nothing is shown."
)


def show_session(queue: RecordingQueue, store: OwnerStore, session: Session) -> None:
    """Draw one session.

    Args:
        queue: the recordings of this process.
        store: the store of the session.
        session: the session.
    """
    st.subheader(plain(session.name))
    recording = queue.get(session.id)
    if recording is not None and recording.running:
        switch_to("watch", session=session.id)
    if recording is not None and recording.error:
        st.error(message_for(recording.error, load_settings()))
    if session.state() is State.INTERRUPTED:
        how = "" if is_signed_in() else t("`roomread session record --resume` continues it.")
        st.warning(f"{t('The recording was interrupted.')} {how}")
    _show_kept(store, session)


def _expected(store: OwnerStore, figures: SessionFigures) -> int | None:
    return expected_people(figures.moods, load_preferences(store).class_size)


def _charts(store: OwnerStore, session: Session, figures: SessionFigures) -> list[Chart]:
    """Return the charts of the room, the same as in the report; none before the first mood."""
    if not figures.moods:
        return []
    series = time_series(figures.moods)
    alerts = store.alerts(session.id)
    stretches = named_stretches(figures)
    notes = Notes(figures.marks, figures.summary.changes, alerts, stretches)
    span = lesson_span(series)
    expected = _expected(store, figures)
    charts = [
        Chart(t("Valence of the room"), valence_chart(series, notes, span=span)),
        Chart(t("Expressions"), expression_chart(series, span=span)),
        Chart(t("Who could be read"), coverage_chart(series, expected=expected, span=span)),
    ]
    reports = store.reports(session.id)
    if reports:
        charts.append(Chart(t("What students said"), reports_chart(reports, span=span)))
    return charts


def _show_kept(store: OwnerStore, session: Session) -> None:
    figures = session_figures(store, session)
    charts = _charts(store, session, figures)
    readings = store.readings(session.id)
    people = session.keeps_people and len(readings) > 0
    names = [t("Answer"), t("Timeline"), *([t("People")] if people else [])]
    tabs = st.tabs(names, key=f"lesson {session.id}")
    with tabs[0]:
        expected = _expected(store, figures)
        show_answer(figures, chart=charts[0].svg if charts else "", expected=expected)
    with tabs[1]:
        _show_timeline(store, session, figures, charts)
    if people:
        with tabs[2]:
            show_people(store, session, readings, span=lesson_span(time_series(figures.moods)))
    show_export(store, session)


def _show_timeline(
    store: OwnerStore, session: Session, figures: SessionFigures, charts: list[Chart]
) -> None:
    """Draw the charts on one axis, the parts and the alerts, and the form that marks a part."""
    if not charts:
        st.info(plain(answer(figures, words())))
        return
    series, expected = time_series(figures.moods), _expected(store, figures)
    span = lesson_span(series)
    show_timeline(charts, series, span=span, expected=expected, key=f"timeline{session.id}")
    with st.expander(t("What the charts show")):
        st.markdown(valence_help())
        st.markdown(t("Grey is a time without a figure, with its reason."))
        if store.reports(session.id):
            st.markdown(_REPORTS_HELP)
    if figures.summary.parts:
        st.markdown("#### " + t("The parts of the lesson"))
        st.table(_parts_table(figures.summary), hide_index=True, border="horizontal")
    alerts = store.alerts(session.id)
    if alerts:
        st.markdown("#### " + t("Alerts"))
        rows = [(clock(a.time), a.reason, percent(a.certainty), a.rule) for a in alerts]
        columns = [t("when"), t("what was seen"), t("certainty"), t("rule")]
        st.dataframe(pd.DataFrame(rows, columns=columns), hide_index=True, alt=t("Alerts"))
    _add_mark(store, session)


def _parts_table(summary: Summary) -> pd.DataFrame:
    rows = []
    for part in summary.parts:
        row: dict[str, object] = {
            # A table shows Markdown.
            t("part"): plain(part.label),
            t("from"): clock(part.start),
            t("to"): clock(part.end),
            t("present"): f"{part.present:.0f}",
            t("readable"): f"{part.coverage:.0%}",
        }
        if part.valence is not None and part.interval is not None and part.scores is not None:
            row |= {
                t("valence"): f"{part.valence:+.2f}",
                t("interval"): f"{part.interval.low:+.2f}\u00a0…\u00a0{part.interval.high:+.2f}",
            } | {e.display_name: f"{part.scores[e]:.0%}" for e in BY_VALENCE}
        rows.append(row)
    return pd.DataFrame(rows).fillna("-")


def _add_mark(store: OwnerStore, session: Session) -> None:
    with st.expander(t("Mark a part")), st.form("mark", clear_on_submit=True):
        left, right = st.columns([1, 4])
        minute = left.number_input(t("at minute"), min_value=0.0, step=0.5)
        label = right.text_input(t("What began"))
        if st.form_submit_button(t("Mark")):
            if label.strip():
                store.mark(session.id, [Mark(60 * minute, label)])
                st.rerun()
            st.warning(t("Write what began, then press Mark."))
