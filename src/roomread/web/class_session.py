"""Show one session on the page Lessons, during the recording and afterwards."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from roomread.formats.answer import answer, said_at_deepest
from roomread.formats.palette import BY_VALENCE
from roomread.readings import percent
from roomread.room import clock
from roomread.services.background_recording import RecordingQueue
from roomread.settings.environment import load_settings
from roomread.store import Mark, OwnerStore, Session, State
from roomread.store.summary import Summary
from roomread.web.class_export import show_export
from roomread.web.class_people import show_people
from roomread.web.core_texts import alert_text, expression_name
from roomread.web.lesson_answer import show_answer, valence_help
from roomread.web.lesson_view import LessonView, lesson_view
from roomread.web.lesson_words import upload_words
from roomread.web.messages import message_for, plain
from roomread.web.navigation import switch_to
from roomread.web.texts import signed, t, words
from roomread.web.timeline import show_timeline
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
        st.warning(t("The recording was interrupted.") + f" {how}")
    _show_kept(store, session)


def _show_kept(store: OwnerStore, session: Session) -> None:
    readings = store.readings(session.id) if session.keeps_people else None
    view = lesson_view(store, session)
    names = [t("Answer"), t("Timeline"), *([t("People")] if readings else [])]
    tabs = st.tabs(names, key=f"lesson {session.id}")
    with tabs[0]:
        chart = view.charts[0].svg if view.charts else ""
        said = said_at_deepest(view.figures, store.passages(session.id), words())
        show_answer(
            view.figures, chart=chart, narrow=view.narrow, expected=view.expected, said=said
        )
    with tabs[1]:
        _show_timeline(store, session, view)
    if readings:
        with tabs[2]:
            show_people(store, session, readings, span=view.span)
    show_export(store, session)


def _show_timeline(store: OwnerStore, session: Session, view: LessonView) -> None:
    """Draw the charts on one axis, the parts and the alerts, and the form that marks a part."""
    figures, alerts = view.figures, view.alerts
    if not view.charts:
        st.info(plain(answer(figures, words())))
        return
    show_timeline(
        view.charts,
        view.series,
        span=view.span,
        expected=view.expected,
        key=f"timeline{session.id}",
    )
    with st.expander(t("What the charts show")):
        st.markdown(valence_help())
        st.markdown(t("Grey is a time without a figure, with its reason."))
        if view.reports:
            st.markdown(_REPORTS_HELP)
    if figures.summary.parts:
        st.markdown("#### " + t("The parts of the lesson"))
        st.table(_parts_table(figures.summary), hide_index=True, border="horizontal")
    if alerts:
        st.markdown("#### " + t("Alerts"))
        rows = [(clock(a.time), alert_text(a), percent(a.certainty), a.rule) for a in alerts]
        columns = [t("when"), t("what was seen"), t("certainty"), t("rule")]
        st.dataframe(pd.DataFrame(rows, columns=columns), hide_index=True, alt=t("Alerts"))
    _add_mark(store, session)
    upload_words(store, session, load_settings())


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
            low, high = signed(part.interval.low), signed(part.interval.high)
            row |= {
                t("valence"): signed(part.valence),
                t("interval"): f"{low}\u00a0…\u00a0{high}",
            } | {expression_name(e): f"{part.scores[e]:.0%}" for e in BY_VALENCE}
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
