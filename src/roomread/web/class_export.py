"""Download or delete a session on the page Lessons."""

from __future__ import annotations

from functools import partial

import streamlit as st

from roomread.formats.session_export import SessionFormat
from roomread.services.exporting import MEDIA_TYPES, export_bytes, file_name, report
from roomread.store import OwnerStore, Session
from roomread.web.lesson_list import delete_lessons
from roomread.web.navigation import go_to
from roomread.web.texts import t


def show_export(store: OwnerStore, session: Session) -> None:
    """Draw the buttons that download or delete a session."""
    st.subheader(t("Take it with you"))
    # Create each file only when it is downloaded, because the page is redrawn at every click.
    with st.container(horizontal=True):
        st.download_button(
            t("Report"),
            partial(report, store, session.id),
            file_name=f"{session.id}.html",
            mime="text/html",
            on_click="ignore",
            help=t("One HTML page. Print it from the browser to get a PDF."),
        )
        for label, form in (("CSV", SessionFormat.CSV), ("JSON", SessionFormat.JSON)):
            st.download_button(
                label,
                partial(export_bytes, store, session.id, form),
                file_name=file_name(session, form),
                mime=MEDIA_TYPES[form],
                on_click="ignore",
            )
        with st.popover(t("Delete")):
            st.write(t("Deletes everything that is kept of this lesson, for good."))
            if st.button(t("Delete it for good"), type="primary"):
                delete_lessons(store, [session.id])
                go_to()
        if st.button(t("All lessons")):
            go_to()
