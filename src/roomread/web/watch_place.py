"""A camera, a stream or a screen of the app's computer on the "Watch now" page."""

from __future__ import annotations

import base64
import time
from dataclasses import replace

import streamlit as st

from roomread.errors import RoomreadError
from roomread.room.rounding import rounded_moods
from roomread.services.background_recording import Recording
from roomread.services.preview import Preview
from roomread.settings.environment import load_settings
from roomread.web.engine import engine
from roomread.web.live_room import (
    Watched,
    ask_recording,
    follow_recording,
    show_marks,
    show_recorded,
    show_room,
    show_stop,
    show_trouble,
)
from roomread.web.messages import message_for
from roomread.web.navigation import go_to, switch_to
from roomread.web.preferences import room_analyzer, visitor_preferences
from roomread.web.recordings import recordings, visitor_sessions
from roomread.web.room_mood import seen_text, show_state
from roomread.web.texts import t

_PREVIEW = "preview"


def show_place(visit: str) -> None:
    """Draw the preview of a source that the app's computer opens, and the button that records it.

    Args:
        visit: the id of the visit, whose source counts towards the maximum number of cameras.
    """
    preview: Preview | None = st.session_state.get(_PREVIEW)
    with st.form("place", border=False):
        left, right = st.columns([3, 1], vertical_alignment="bottom")
        place = left.text_input(
            t("A camera's number, a stream's address, or screen:"), placeholder="0", key="place"
        ).strip()
        asked = right.form_submit_button(t("Show it"), width="stretch")
    if asked:
        preview = _replaced(preview, place)
    if preview is None:
        st.info(t("0 is the first camera of this computer; screen: is its screen."))
        return
    state = st.container(key="state")
    left, right = st.columns([3, 2])
    with state:
        st.fragment(run_every=1.0)(_follow)(preview, visit)
    with left:
        st.fragment(run_every=1.0)(_show_picture)(preview)
    with right:
        _offer_recording(preview)


def _replaced(preview: Preview | None, place: str) -> Preview | None:
    """Close the preview if there is one; open and return the preview of the source `place`.

    If `place` is empty, show an error and return None.
    """
    if preview is not None:
        preview.close()
    if not place:
        st.error(t("Name a camera, a stream or a screen."))
    started = Preview(place, room_analyzer()) if place else None
    st.session_state[_PREVIEW] = started
    return started


def _follow(preview: Preview, visit: str) -> None:
    engine().cameras.take(visit, time.monotonic())
    if preview.error is not None:
        st.error(message_for(preview.error, load_settings()))
        return
    show_state(rounded_moods(preview.watch.state.moods), visitor_preferences().class_size)
    show_trouble(preview.watch.state)
    if not preview.running:
        st.warning(t("The source has ended."))


def _show_picture(preview: Preview) -> None:
    picture = preview.look()
    if not picture:
        return
    moods = preview.watch.state.moods
    alternative = seen_text(moods, visitor_preferences().class_size) if moods else t("Preview")
    data = base64.b64encode(picture).decode()
    st.html(
        f'<img alt="{alternative}" src="data:image/jpeg;base64,{data}" '
        'style="width:100%;height:auto;border-radius:0.5rem">'
    )
    show_room(Watched(rounded_moods(moods)))


def _offer_recording(preview: Preview) -> None:
    request = ask_recording(may_tell_apart=True)
    if request is None:
        return
    # Only one program can use a camera.
    preview.close()
    try:
        request = replace(request, analyzer=room_analyzer())
        session = recordings().start(preview.source, request, visitor_sessions())
    except RoomreadError as error:
        st.error(message_for(error, load_settings()))
        return
    del st.session_state[_PREVIEW]
    go_to(session=session.id)


def show_running(recording: Recording) -> None:
    """Draw the stop button, state, marks and timeline of a recording.

    The recording continues when the page is closed.
    """
    with st.container(key="stop"):
        if show_stop(recording):
            switch_to("lessons", session=recording.session.id)
    with st.container(key="state"):
        st.fragment(run_every=1.0)(_follow_recording)(recording)
    left, right = st.columns([3, 2])
    with left:
        st.fragment(run_every=1.0)(show_recorded)(recording)
    with right:
        st.fragment(show_marks)(recording)


def _follow_recording(recording: Recording) -> None:
    if not recording.running:
        # When it is drawn again, the page switches to the lesson.
        st.rerun()
    follow_recording(recording)
