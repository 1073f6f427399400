"""The Lessons page: record a lesson, and open stored sessions."""

from __future__ import annotations

import streamlit as st

from roomread.errors import RoomreadError
from roomread.media import VIDEO_SUFFIXES
from roomread.services.background_recording import RecordingQueue
from roomread.settings.environment import Settings, load_settings
from roomread.store import OwnerStore, Store
from roomread.web.class_people import show_purge
from roomread.web.class_session import show_session
from roomread.web.engine import engine
from roomread.web.lesson_comparison import show_comparison
from roomread.web.lesson_list import show_lessons
from roomread.web.messages import message_for
from roomread.web.navigation import go_to, switch_to
from roomread.web.recording_form import ask_lesson
from roomread.web.recordings import may_record, recordings, visitor_sessions
from roomread.web.texts import t
from roomread.web.uploaded_files import open_upload
from roomread.web.uploads import upload_types
from roomread.web.visitor import is_signed_in


def show() -> None:
    """Draw the Lessons page: the form and the list, or the lessons that the URL names."""
    st.title(t("Lessons"))
    settings = load_settings()
    if not may_record():
        st.info(
            t(
                "Sessions are for the user of the app's own computer: everybody who can open this "
                "page could read them. `roomread serve --sign-in` gives each user their own; "
                "ROOMREAD_LOCAL_FILES=true lets all visitors share one user's."
            )
        )
        return
    try:
        queue, store = recordings(), visitor_sessions()
        session_id = st.query_params.get("session", "")
        compared = st.query_params.get("compare", "").split(",")
        if len(compared) > 1:
            show_comparison(store, compared)
        elif session_id:
            show_session(queue, store, store.session(session_id))
        else:
            _ask(queue, store, settings)
            _list(store, queue.store)
    except RoomreadError as error:
        st.error(message_for(error, settings))
        if st.button(t("All lessons"), key="after_error"):
            go_to()


def _ask(queue: RecordingQueue, store: OwnerStore, settings: Settings) -> None:
    st.subheader(t("Record a lesson"))
    # Visitors may name paths, cameras and URLs of the app's computer only if the setting allows it.
    columns = st.columns(2 if settings.local_files else 1)
    upload = columns[0].file_uploader(
        t("A recording"),
        type=upload_types(VIDEO_SUFFIXES),
        max_upload_size=settings.max_upload_mb,
    )
    place = ""
    if settings.local_files:
        place = columns[1].text_input(t("or a path or a URL"), placeholder="lesson.mp4").strip()
    columns[-1].link_button(t("Open a room for students"), "/room", icon=":material/group_add:")
    form = ask_lesson(may_tell_apart=bool(place))
    if not st.button(t("Start"), type="primary"):
        return
    missing = form.missing or ("" if upload or place else t("Choose a recording."))
    if missing:
        st.error(missing)
        return
    with st.spinner(t("Opening …")):
        if upload is not None:
            jobs = engine().job_queue
            with open_upload(upload) as content:
                session = queue.read(upload.name, content, form.request, store, jobs)
        else:
            session = queue.start(place, form.request, store)
    switch_to("watch", session=session.id)


def _list(store: OwnerStore, everything: Store) -> None:
    # The list is above the forms but drawn after them, so that it omits the sessions that they have
    # just deleted.
    listing = st.container()
    if store.listing.count() and not is_signed_in():
        # The forms delete sessions of all owners, so they are for this computer's user only.
        show_purge(everything.operator)
    with listing:
        show_lessons(store)
