"""Show one session on the page Lessons, during the recording and afterwards."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from roomread.formats.answer import NOT_WHY, answer, describe, named_stretches
from roomread.formats.figures import RunningFigures, SessionFigures, session_figures
from roomread.formats.seat_chart import EXPLANATION, seat_chart
from roomread.formats.session_charts import (
    Notes,
    coverage_chart,
    expression_chart,
    lesson_span,
    reports_chart,
    valence_chart,
)
from roomread.readings import Expression, percent
from roomread.room import clock
from roomread.room.expected import expected_people
from roomread.services.background_recording import Recording, RecordingQueue
from roomread.settings.environment import load_settings
from roomread.store import Mark, OwnerStore, Session, State
from roomread.store.summary import Summary, seat_map, time_series
from roomread.web.class_export import show_export
from roomread.web.class_people import show_people
from roomread.web.messages import message_for, plain, trouble_text
from roomread.web.room_mood import show_alerts, show_mood
from roomread.web.svg import show_svg
from roomread.web.visitor import is_signed_in

_VALENCE_HELP = (
    "The share of pleasant expressions minus the share of unpleasant ones. The band is the 95 % "
    "interval, the dashed line what was usual in the ten minutes before. Shaded is where the "
    "valence had fallen, a triangle is a lasting change, a circle an alert."
)
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
        _show_live(store, recording)
        return
    if recording is not None and recording.error:
        st.error(message_for(recording.error, load_settings()))
    if session.state() is State.INTERRUPTED:
        how = "" if is_signed_in() else " `roomread session record --resume` continues it."
        st.warning(f"The recording was interrupted.{how}")
    _show_kept(store, session)


@st.fragment(run_every=1.0)
def _show_live(store: OwnerStore, recording: Recording) -> None:
    if not recording.running:
        st.rerun()
    if recording.duration:
        share = min(recording.seconds / recording.duration, 1.0)
        st.progress(share, text=f"{clock(recording.seconds)} of {clock(recording.duration)} read")
    else:
        st.caption(f"{clock(recording.seconds)} recorded")
    if recording.trouble:
        st.error(trouble_text(recording.trouble, load_settings()))
    running = _running_figures(store, recording.session)
    figures = running.update()
    show_mood(running.mood)
    show_alerts(recording.alerts)
    left, middle, right = st.columns([4, 1, 1], vertical_alignment="bottom")
    label = left.text_input("What begins now", placeholder="group work", key="mark_label")
    if middle.button("Mark", disabled=not label.strip(), width="stretch"):
        store.mark(recording.session.id, [Mark(recording.seconds, label)])
    if right.button("Stop", width="stretch"):
        recording.stop()
    _show_charts(store, recording.session, figures)


def _running_figures(store: OwnerStore, session: Session) -> RunningFigures:
    """Return the running figures of a session, which are kept between two drawings of the page."""
    known: tuple[str, RunningFigures] | None = st.session_state.get("running_figures")
    if known is None or known[0] != session.id:
        known = st.session_state["running_figures"] = session.id, RunningFigures(store, session)
    return known[1]


def _show_charts(store: OwnerStore, session: Session, figures: SessionFigures) -> None:
    """Draw the charts of the room, the same as in the report."""
    if figures.moods:
        series = time_series(figures.moods)
        notes = Notes(
            figures.marks,
            figures.summary.changes,
            store.alerts(session.id),
            named_stretches(figures),
        )
        span = lesson_span(series)
        st.markdown("**Valence of the room**", help=_VALENCE_HELP)
        show_svg(valence_chart(series, notes, span=span), key="valence")
        st.markdown("**Expressions**")
        show_svg(expression_chart(series, span=span), key="expressions")
        st.markdown("**Who could be read**")
        expected = expected_people(figures.moods)
        show_svg(coverage_chart(series, expected=expected, span=span), key="coverage")
        reports = store.reports(session.id)
        if reports:
            st.markdown("**What students said**", help=_REPORTS_HELP)
            show_svg(reports_chart(reports, span=span), key="reports")


def _show_kept(store: OwnerStore, session: Session) -> None:
    figures = session_figures(store, session)
    summary = figures.summary
    _show_answer(figures)
    _show_charts(store, session, figures)
    if summary.parts:
        st.dataframe(_parts_table(summary), hide_index=True)
    alerts = store.alerts(session.id)
    if alerts:
        st.subheader("Alerts")
        rows = [(clock(a.time), a.reason, percent(a.certainty), a.rule) for a in alerts]
        table = pd.DataFrame(rows, columns=["when", "what was seen", "certainty", "rule"])
        st.dataframe(table, hide_index=True)
    names = {person.seat: person.name for person in store.people(session.id)}
    readings = store.readings(session.id)
    seats = seat_map(readings, names)
    if seats is not None:
        st.subheader("Seats")
        show_svg(seat_chart(seats, span=lesson_span(time_series(figures.moods))), key="seats")
        st.caption(EXPLANATION)
    if session.keeps_people and len(readings):
        show_people(store, session, sorted(set(readings.seats.tolist())))
    _add_mark(store, session)
    show_export(store, session)


def _show_answer(figures: SessionFigures) -> None:
    """Describe the stretches in which the valence had fallen in words, above the charts."""
    stretches = named_stretches(figures)
    if not stretches:
        st.info(answer(figures))
        return
    lines = [f"- {plain(describe(each, figures.activity_of(each)))}" for each in stretches]
    st.warning("\n".join([f"**{plain(answer(figures))}** {NOT_WHY}", "", *lines]))


def _parts_table(summary: Summary) -> pd.DataFrame:
    rows = []
    for part in summary.parts:
        row: dict[str, object] = {
            "part": part.label,
            "from": clock(part.start),
            "to": clock(part.end),
            "present": round(part.present),
            "readable": f"{part.coverage:.0%}",
        }
        if part.valence is not None and part.interval is not None and part.scores is not None:
            row |= {
                "valence": f"{part.valence:+.2f}",
                "interval": f"{part.interval.low:+.2f} to {part.interval.high:+.2f}",
            } | {e.display_name: f"{part.scores[e]:.0%}" for e in Expression}
        rows.append(row)
    return pd.DataFrame(rows)


def _add_mark(store: OwnerStore, session: Session) -> None:
    with st.expander("Mark a part"), st.form("mark", clear_on_submit=True):
        left, right = st.columns([1, 4])
        minute = left.number_input("at minute", min_value=0.0, step=0.5)
        label = right.text_input("What began")
        if st.form_submit_button("Mark") and label.strip():
            store.mark(session.id, [Mark(60 * minute, label)])
            st.rerun()
