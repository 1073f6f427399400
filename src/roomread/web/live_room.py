"""The room on the "Watch now" page: its state, its timeline, its marks, and its recording."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from roomread.errors import DatabaseError, RoomreadError
from roomread.formats.figures import RunningFigures
from roomread.formats.session_charts import Notes, coverage_chart, valence_chart
from roomread.formats.svg_plot import WIDTH
from roomread.room import Alert, RoomMood, clock
from roomread.room.expected import expected_people
from roomread.services.background_recording import Recording, RecordingRequest
from roomread.services.purpose import Activity, current_use, problem_with
from roomread.services.watch import LiveState
from roomread.settings.environment import load_settings
from roomread.store import Mark, OwnerStore, Session
from roomread.store.summary import time_series
from roomread.web.core_texts import no_picture_text
from roomread.web.messages import message_for, plain, problem_text, trouble_text
from roomread.web.navigation import switch_to
from roomread.web.preferences import visitor_preferences
from roomread.web.recording_form import ask_lesson
from roomread.web.recordings import may_record, visitor_sessions
from roomread.web.room_mood import show_alerts, show_state
from roomread.web.svg import show_svg
from roomread.web.texts import t, words

# Key of the data that was last read of a recording, and the time for which it is used, s: a little
# less than the second after which the page is drawn again.
_READ, _FRESH_SECONDS = "recording_read", 0.9
# Height of the plot of the valence, px.
_HEIGHT = 150.0
# Delay above which a warning is shown, s.
_LATE_SECONDS = 0.5
# Maximum number of buttons that add a mark with one tap.
_OFFERED = 10


@dataclass(frozen=True, slots=True)
class Watched:
    """The mood over time, the marks and the alerts of a room that is being watched.

    Attributes:
        moods: the room's mood at successive times, oldest first, with the values to be shown.
        marks: the marks of the recording; empty if there is no recording.
        alerts: the alerts of the recording, including ended ones.
    """

    moods: Sequence[RoomMood]
    marks: Sequence[Mark] = ()
    alerts: Sequence[Alert] = ()


def show_room(watched: Watched) -> None:
    """Draw the valence of a room and the number of people in it over time, on one time axis."""
    moods = watched.moods
    # A line needs two points.
    if sum(mood.valence is not None for mood in moods) < 2:
        return
    series = time_series(moods)
    span = float(series.times[0]), float(series.times[-1])
    notes = Notes(marks=watched.marks, alerts=watched.alerts)
    show_svg(
        valence_chart(series, notes, span=span, size=(WIDTH, _HEIGHT), words=words()),
        key="live_valence",
    )
    expected = expected_people(moods, visitor_preferences().class_size)
    show_svg(
        coverage_chart(series, expected=expected, span=span, words=words()), key="live_coverage"
    )


def show_recorded(recording: Recording) -> None:
    """Draw the timeline of a room that is being recorded."""
    try:
        watched = _recorded(recording)
    except DatabaseError:
        # The state, which is drawn above, shows this error.
        return
    show_room(watched)


def _recorded(recording: Recording) -> Watched:
    """Return the stored data of a running recording; only new data is read, once a second."""
    store, session = visitor_sessions(), recording.session
    now = time.monotonic()
    kept: tuple[str, float, Watched] | None = st.session_state.get(_READ)
    # The state and the timeline are drawn in the same second, but independently.
    if kept is not None and kept[0] == session.id and now - kept[1] < _FRESH_SECONDS:
        return kept[2]
    figures = _running_figures(store, session).update()
    watched = Watched(figures.moods, figures.marks, store.alerts(session.id))
    st.session_state[_READ] = session.id, now, watched
    return watched


def _running_figures(store: OwnerStore, session: Session) -> RunningFigures:
    """Return the results of a running session; the object is reused when the page is redrawn."""
    known: tuple[str, RunningFigures] | None = st.session_state.get("running_figures")
    if known is None or known[0] != session.id:
        known = st.session_state["running_figures"] = session.id, RunningFigures(store, session)
    return known[1]


def follow_recording(recording: Recording) -> None:
    """Draw the state of a room that is being recorded, its alerts, and its progress.

    Problems are drawn first, because the database with the other data may be what fails.
    """
    if recording.trouble:
        st.error(trouble_text(recording.trouble, load_settings()))
    try:
        watched = _recorded(recording)
    except DatabaseError as error:
        st.error(message_for(error, load_settings()))
        return
    preferences = visitor_preferences()
    show_state(watched.moods, preferences.class_size)
    show_alerts(recording.alerts, sound=preferences.sound)
    if recording.duration:
        done = clock(recording.seconds), clock(recording.duration)
        share = min(recording.seconds / recording.duration, 1.0)
        st.progress(share, text=t("{time} of {duration} read", time=done[0], duration=done[1]))


def show_stop(recording: Recording) -> bool:
    """Draw the button that stops a recording, and return whether it was pressed.

    The button is above all elements that change while a room is recorded, so that these elements
    do not move the button.
    """
    name, button = st.columns([3, 1], vertical_alignment="center")
    name.markdown(
        ":red[:material/fiber_manual_record:] "
        + t("Recording “{name}”", name=plain(recording.session.name))
    )
    if not button.button(
        t("Stop recording"), type="primary", icon=":material/stop:", width="stretch"
    ):
        return False
    recording.stop()
    recording.wait()
    return True


def offered_labels(usual: Sequence[str], used: Sequence[str]) -> list[str]:
    """Return the labels of the buttons that add a mark with one tap, in a stable order.

    Args:
        usual: The labels that are always offered.
        used: The labels of the marks of this recording, oldest first.
    """
    # New labels come last, and a full row gets no more, so that no label vanishes before a click.
    return list(dict.fromkeys([*usual, *used]))[:_OFFERED]


def show_marks(recording: Recording) -> None:
    """Draw a field that adds a mark when Enter is pressed, and buttons that add marks."""
    session_id = recording.session.id
    try:
        used = [mark.label for mark in visitor_sessions().marks(session_id)]
    except DatabaseError as error:
        st.error(message_for(error, load_settings()))
        return
    usual = [t("explanation"), t("group work"), t("discussion"), t("break")]
    st.markdown("**" + t("What begins now") + "**")
    # The field is above the buttons, because their row grows.
    with st.form("mark_now", clear_on_submit=True, border=False):
        left, right = st.columns([2, 1], vertical_alignment="bottom")
        left.text_input(t("Another activity"), key="mark_label")
        right.form_submit_button(
            t("Mark"), width="stretch", on_click=_mark_typed, args=(recording,)
        )
    with st.container(horizontal=True):
        for label in offered_labels(usual, used):
            # The label is part of the key, so that a click counts for the button that was seen.
            st.button(
                plain(label),
                key=f"tap {label}",
                icon=":material/flag:",
                on_click=_mark,
                args=(recording, label),
            )
    marked: tuple[str, str] = st.session_state.get("marked", ("", ""))
    # The message stays until the next mark, because a toast may vanish before it is read.
    st.caption(marked[1] if marked[0] == session_id else "")


def _mark_typed(recording: Recording) -> None:
    label = st.session_state["mark_label"].strip()
    if label:
        _mark(recording, label)


def _mark(recording: Recording, label: str) -> None:
    """Mark the present moment, and store the message that the page then shows."""
    session_id, moment = recording.session.id, recording.seconds
    try:
        visitor_sessions().mark(session_id, [Mark(moment, label)])
    except RoomreadError as error:
        text = message_for(error, load_settings())
    else:
        st.session_state.pop(_READ, None)
        text = t("Marked at {time}: {label}", time=clock(moment), label=plain(label))
    st.session_state["marked"] = (session_id, text)


def show_trouble(state: LiveState) -> None:
    """Draw a warning if results are late, or if the last frame could not be read."""
    if state.age > _LATE_SECONDS:
        st.warning(t("Results are late: this computer is reading too much at once."))
    if state.no_picture is not None:
        st.warning(no_picture_text(state.no_picture))
    elif state.busy:
        st.warning(problem_text(state.busy))


def show_last_recording(recording: Recording | None) -> None:
    """Draw the result of the last recording, with a button that opens its lesson."""
    if recording is None or recording.running:
        return
    name = plain(recording.session.name)
    if recording.error is not None:
        st.error(f"“{name}”: {message_for(recording.error, load_settings())}")
    else:
        st.success(t("“{name}” was recorded: {time}.", name=name, time=clock(recording.seconds)))
    if st.button(t("Open the lesson"), icon=":material/groups:"):
        switch_to("lessons", session=recording.session.id)


def ask_recording(*, may_tell_apart: bool) -> RecordingRequest | None:
    """Draw the button and the form of a recording, or why this visitor cannot record.

    Args:
        may_tell_apart: whether the form offers to tell people apart by their faces.

    Returns:
        The requested recording; None if the button was not pressed. It is None, too, if the visitor
        cannot record or the form is incomplete; the page then shows the reason.
    """
    reason = _why_no_recording()
    if reason:
        st.info(reason)
        return None
    button = st.container()
    form = ask_lesson(may_tell_apart=may_tell_apart)
    if not button.button(
        t("Record"), type="primary", icon=":material/fiber_manual_record:", width="stretch"
    ):
        return None
    if form.missing:
        st.error(form.missing)
        return None
    return form.request


def _why_no_recording() -> str:
    """Return why this visitor cannot record; an empty text if the visitor can."""
    if not may_record():
        return t("Recording is for the user of this computer, or for users who are signed in.")
    problem = problem_with(Activity.RECORD_CLASS, current_use())
    if problem is None:
        return ""
    reason = problem_text(problem)
    return t("No recording: {reason}. The page Settings shows the purpose.", reason=reason)
