"""The room on the page Watch now: its mood, and recording it into a session."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from roomread.errors import RoomreadError
from roomread.formats.session_charts import valence_chart
from roomread.room import RoomMood, clock
from roomread.room.rounding import rounded_moods
from roomread.services.watch import LiveState, LiveWatch
from roomread.settings.environment import load_settings
from roomread.store.summary import time_series
from roomread.web.messages import message_for, plain, trouble_text
from roomread.web.navigation import switch_to
from roomread.web.recording_form import ask_lesson, ask_name
from roomread.web.recordings import may_record, recordings, visitor_sessions
from roomread.web.room_mood import mood_text, show_alerts
from roomread.web.svg import show_svg

# Width of the chart, and height of the plot in it, px.
_CHART_SIZE = (420.0, 110.0)


def show_room(state: LiveState) -> None:
    """Draw the mood of the room as a sentence, and as a chart if there are two moods."""
    st.markdown("**The room**")
    moods = rounded_moods(state.moods)
    if not moods:
        st.caption("The first figure comes after three frames.")
        return
    st.markdown(mood_text(moods[-1]))
    # A line needs two points.
    if sum(each.valence is not None for each in moods) > 1:
        _show_valence(moods)


def _show_valence(moods: Sequence[RoomMood]) -> None:
    chart = valence_chart(time_series(moods), size=_CHART_SIZE)
    show_svg(chart, key="live_valence", wide=False)
    st.caption("Valence with its 95 % interval, over the last ten minutes at most.")


def show_recording(watch: LiveWatch) -> None:
    """Draw the state of a running recording, with a button that stops it."""
    recording = watch.recording
    if recording is None or not recording.running:
        # The recording was ended on the page Lessons, or by an error.
        if st.session_state.pop("live_recording", False):
            st.rerun()
        return
    st.session_state["live_recording"] = True
    st.error(
        f"Recording “{plain(recording.session.name)}”: {clock(recording.seconds)}",
        icon=":material/fiber_manual_record:",
    )
    if st.button("Stop recording", type="primary"):
        watch.stop_recording()
        recording.wait()
        st.rerun()
    if recording.trouble:
        st.error(trouble_text(recording.trouble, load_settings()))
    show_alerts(recording.alerts)


def offer_recording(watch: LiveWatch) -> None:
    """Draw the result of the last recording, and the form for a new one."""
    if not may_record():
        return
    if watch.is_recording:
        st.caption(
            "Stay on this page: leaving it stops the camera, and with it the recording after "
            "a minute and a half."
        )
        return
    show_last_recording(watch)
    with st.expander("Record into a session"):
        name = ask_name()
        lesson = ask_lesson(name, may_tell_apart=False)
        if st.button("Record", type="primary", disabled=lesson is None) and lesson is not None:
            try:
                watch.record(recordings(), lesson, visitor_sessions())
            except RoomreadError as error:
                st.error(message_for(error, load_settings()))
            else:
                st.rerun()


def show_last_recording(watch: LiveWatch) -> None:
    """Draw the result of the last recording, with a link to its session."""
    recording = watch.recording
    if recording is None or recording.running:
        return
    name = plain(recording.session.name)
    if recording.error is not None:
        st.error(f"“{name}”: {message_for(recording.error, load_settings())}")
    else:
        st.success(f"“{name}” was recorded: {clock(recording.seconds)}.")
    if st.button("Open the session", icon=":material/groups:"):
        switch_to("lessons", session=recording.session.id)
