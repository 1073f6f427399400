"""The Home page, with the main tasks and the most recent lessons."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import streamlit as st

from roomread.errors import RoomreadError
from roomread.formats.answer import answer
from roomread.formats.figures import session_figures
from roomread.formats.session_charts import sparkline
from roomread.locales import translator
from roomread.services.demo_class import open_demo_class
from roomread.settings.environment import load_settings
from roomread.store import OwnerStore
from roomread.store.summary import time_series
from roomread.web.messages import message_for, plain
from roomread.web.navigation import switch_to
from roomread.web.recordings import may_record, visitor_sessions
from roomread.web.svg import show_svg
from roomread.web.texts import day_and_time, t, words

# Number of lessons that are shown; the Lessons page lists all of them.
_RECENT = 5


class _Glance(NamedTuple):
    """A lesson as the page shows it: its sparkline as SVG, and its one-sentence summary."""

    line: str
    answer: str


def show() -> None:
    """Draw the Home page."""
    st.title("Roomread")
    st.caption(
        t(
            "Reads the expressions of faces, and the mood of a class over time. An expression is "
            "what a face shows, not what the person feels."
        )
    )
    cards = st.columns(3)
    with cards[0].container(border=True, height="stretch"):
        _show_demo_card()
    with cards[1].container(border=True, height="stretch"):
        st.subheader(t("Watch now"))
        st.write(
            t("Your webcam or the window of a call: the faces in it, and the mood of the room.")
        )
        if st.button(t("My webcam"), icon=":material/videocam:", width="stretch"):
            switch_to("watch")
        if may_record():
            st.link_button(
                t("Read a call"), "/share", icon=":material/screen_share:", width="stretch"
            )
    with cards[2].container(border=True, height="stretch"):
        st.subheader(t("Open a recording"))
        st.write(t("A photo, a video, or the recording of a lesson."))
        if st.button(t("Photos and videos"), icon=":material/perm_media:", width="stretch"):
            switch_to("files")
        if may_record() and st.button(t("A lesson"), icon=":material/groups:", width="stretch"):
            switch_to("lessons")
    if may_record():
        _show_recent()


def _show_demo_card() -> None:
    st.subheader(t("Try it"))
    if not may_record():
        st.write(t("A photograph that comes with Roomread."))
        _offer_example("primary")
        return
    st.write(t("A simulated class of 26 whose mood falls in the middle of the lesson."))
    if st.button(t("The demo class"), type="primary", icon=":material/school:", width="stretch"):
        try:
            with st.spinner(t("Recording the class …")):
                session = open_demo_class(visitor_sessions())
        except RoomreadError as error:
            st.error(message_for(error, load_settings()))
        else:
            switch_to("lessons", session=session.id)
    _offer_example("secondary")


def _offer_example(kind: str) -> None:
    if st.button(
        t("An example photo"),
        type="primary" if kind == "primary" else "secondary",
        icon=":material/image:",
        width="stretch",
    ):
        switch_to("files", example="1")


def _show_recent() -> None:
    try:
        store = visitor_sessions()
        sessions = store.sessions(limit=_RECENT)
        if not sessions:
            return
        st.subheader(t("Recent lessons"))
        for session in sessions:
            glance = _glance(store, session.id, session.updated_at, words().language)
            name, line, worst = st.columns([4, 3, 5], vertical_alignment="center")
            # The label of the button is the lesson's name, so that buttons can be told apart.
            opened = name.button(
                plain(session.name),
                key=f"open{session.id}",
                icon=":material/folder_open:",
                help=t("Open the lesson"),
                width="stretch",
            )
            name.caption(day_and_time(session.started_at))
            with line:
                show_svg(glance.line, key=f"line{session.id}", wide=False)
            worst.write(plain(glance.answer))
            if opened:
                switch_to("lessons", session=session.id)
    except RoomreadError as error:
        st.error(message_for(error, load_settings()))


@st.cache_data(max_entries=200, show_spinner=False)
def _glance(_store: OwnerStore, session_id: str, written: datetime, language: str) -> _Glance:
    del written  # Only the cache uses this argument, as a part of the key.
    figures, told = session_figures(_store, _store.session(session_id)), translator(language)
    line = sparkline(time_series(figures.moods, points=80), stretches=figures.stretches, words=told)
    return _Glance(line, answer(figures, told))
