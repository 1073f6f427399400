"""The "Watch now" page, which reads a webcam, a camera, a stream or the window of a call live."""

from __future__ import annotations

import time

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from roomread.errors import RoomreadError
from roomread.services.background_recording import Recording
from roomread.settings.environment import load_settings
from roomread.web.engine import engine
from roomread.web.live import show_webcam
from roomread.web.messages import message_for
from roomread.web.navigation import switch_to
from roomread.web.recordings import may_record, recordings
from roomread.web.texts import t
from roomread.web.visitor import ask_states, owner
from roomread.web.watch_call import show_call
from roomread.web.watch_place import show_place, show_running

_WEBCAM, _PLACE, _CALL = "webcam", "place", "call"


def show() -> None:
    """Draw the "Watch now" page: the chosen source, or the recording that the URL names."""
    st.title(t("Watch now"))
    session_id = st.query_params.get("session", "")
    if session_id:
        _show_session(session_id)
        return
    source = _ask_source()
    if source == _CALL:
        show_call()
        return
    context = get_script_run_ctx()
    visit = context.session_id if context is not None else ""
    slots = engine().cameras
    if not slots.take(visit, time.monotonic(), holder=owner()):
        st.warning(
            t(
                "{n} cameras are being read, which is the maximum of this installation. Try "
                "again in a minute.",
                n=slots.count,
            )
        )
        return
    # Draw the container even if it is empty, so that the camera keeps its position on the page.
    with st.container():
        if not _is_recording():
            ask_states()
    if source == _PLACE:
        show_place(visit)
    else:
        show_webcam(visit)


def _show_session(session_id: str) -> None:
    """Draw a recording that runs in this process, or open any other session on the Lessons page."""
    recording = _recording(session_id)
    if recording is not None and recording.running:
        show_running(recording)
    else:
        switch_to("lessons", session=session_id)


def _recording(session_id: str) -> Recording | None:
    """Return the visitor's recording of a session; None if none was started in this process."""
    if not may_record():
        return None
    try:
        recording = recordings().get(session_id)
    except RoomreadError as error:
        st.error(message_for(error, load_settings()))
        return None
    return recording if recording is not None and recording.session.owner == owner() else None


def _ask_source() -> str:
    """Draw the choice of the source to watch, and return it."""
    # Draw the row even if it is empty, as the camera below would reconnect if its position changed.
    row = st.container(horizontal=True, vertical_alignment="bottom")
    if _is_recording():
        # Another choice would stop the camera that is recorded.
        return _WEBCAM
    names = {_WEBCAM: t("My webcam")}
    if may_record():
        names[_CALL] = t("A call")
        if load_settings().local_files:
            names[_PLACE] = t("A camera, a stream or a screen")
    if len(names) == 1:
        return _WEBCAM
    with row:
        # The selected option of a segmented control has too little contrast in the dark theme.
        return st.radio(
            t("What to watch"),
            list(names),
            format_func=names.__getitem__,
            horizontal=True,
            key="watch_source",
            label_visibility="collapsed",
        )


def _is_recording() -> bool:
    """Return whether the camera of this visit is being recorded."""
    watch = st.session_state.get("live_watch")
    return watch is not None and bool(watch.is_recording)
