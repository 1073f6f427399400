"""Show one session on the Lessons page, during the recording and afterwards."""

from __future__ import annotations

import streamlit as st

from roomread.formats.answer import answer, said_at_deepest
from roomread.formats.core_words import part_name
from roomread.formats.palette import BY_VALENCE
from roomread.room import Alert, clock
from roomread.services.background_recording import RecordingQueue
from roomread.settings.environment import load_settings
from roomread.store import Mark, OwnerStore, Session, State
from roomread.store.summary import Summary
from roomread.web.class_export import show_export
from roomread.web.class_people import show_people
from roomread.web.core_texts import alert_text, expression_name, rule_text
from roomread.web.lesson_answer import show_answer, valence_help
from roomread.web.lesson_view import LessonView, lesson_view
from roomread.web.lesson_words import upload_words
from roomread.web.messages import message_for, plain
from roomread.web.navigation import switch_to
from roomread.web.table import show_table
from roomread.web.texts import percent, probability, signed, t, words
from roomread.web.timeline import show_timeline
from roomread.web.visitor import is_signed_in


def show_session(queue: RecordingQueue, store: OwnerStore, session: Session) -> None:
    """Draw one session.

    Args:
        queue: the recordings of this process, in which a running recording is found.
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
    """Draw the charts, the sections between marks, the alerts, and the form that adds a mark."""
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
        st.markdown(t("Grey marks a time without a mood, with the reason."))
        if view.reports:
            st.markdown(
                t(
                    "How many students say by a button that they are lost, that it should go "
                    "slower or faster, or that they follow. A press counts for two minutes; under "
                    "five students nothing is shown."
                )
            )
    if figures.summary.parts:
        st.markdown("#### " + t("The parts of the lesson"))
        rows = _part_rows(figures.summary)
        show_table(rows, name=t("The parts of the lesson"), key="parts_table")
    if alerts:
        st.markdown("#### " + t("Alerts"))
        show_table([_alert_row(each) for each in alerts], name=t("Alerts"), key="alerts_table")
    _add_mark(store, session)
    upload_words(store, session, load_settings())


def _alert_row(alert: Alert) -> dict[str, str]:
    return {
        t("when"): clock(alert.time),
        t("what was seen"): alert_text(alert),
        t("certainty"): probability(alert.certainty),
        t("rule"): rule_text(alert.rule),
    }


def _part_rows(summary: Summary) -> list[dict[str, str]]:
    rows = []
    for part in summary.parts:
        row = {
            t("part"): part_name(part.label, words()),
            t("from"): clock(part.start),
            t("to"): clock(part.end),
            t("present"): f"{part.present:.0f}",
            t("readable"): percent(part.coverage),
        }
        if part.valence is not None and part.interval is not None and part.scores is not None:
            low, high = signed(part.interval.low), signed(part.interval.high)
            row |= {
                t("valence"): signed(part.valence),
                t("interval"): f"{low}\u00a0…\u00a0{high}",
            } | {expression_name(e): percent(part.scores[e]) for e in BY_VALENCE}
        rows.append(row)
    return rows


def _add_mark(store: OwnerStore, session: Session) -> None:
    with st.expander(t("Mark a part")), st.form("mark", clear_on_submit=True):
        left, right = st.columns([1, 4])
        minute = left.number_input(t("at minute"), min_value=0.0, step=0.5)
        label = right.text_input(t("What began"))
        if st.form_submit_button(t("Mark")):
            if label.strip():
                store.mark(session.id, [Mark(60 * minute, label)])
                st.rerun()
            st.warning(t("Enter what began, then press Mark."))
