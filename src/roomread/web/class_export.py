"""Download or delete a session on the Lessons page."""

from __future__ import annotations

from functools import partial

import streamlit as st

from roomread.formats.pdf import why_no_pdf
from roomread.formats.session_formats import ReportFormat, SessionFormat
from roomread.services.exporting import (
    MEDIA_TYPES,
    REPORT_TYPES,
    export_bytes,
    file_name,
    report_bytes,
)
from roomread.settings.environment import load_settings
from roomread.store import OwnerStore, Session
from roomread.web.lesson_list import delete_lessons
from roomread.web.messages import message_for, plain
from roomread.web.navigation import go_to
from roomread.web.texts import t, words


def show_export(store: OwnerStore, session: Session) -> None:
    """Draw the buttons that download or delete a session."""
    st.subheader(t("Take it with you"))
    # Create each file only when it is downloaded, because the page is redrawn at every click.
    with st.container(horizontal=True):
        no_pdf = why_no_pdf()
        reports = {ReportFormat.HTML: t("Report"), ReportFormat.PDF: t("Report (PDF)")}
        for kind, label in reports.items():
            st.download_button(
                label,
                partial(report_bytes, store, session.id, kind, words=words()),
                file_name=f"{session.id}.{kind.value}",
                mime=REPORT_TYPES[kind],
                on_click="ignore",
                disabled=kind is ReportFormat.PDF and no_pdf is not None,
                help=t("One HTML page that prints well.") if kind is ReportFormat.HTML else None,
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
            st.write(t("Permanently deletes all data of this lesson."))
            if st.button(t("Delete permanently"), type="primary"):
                delete_lessons(store, [session.id])
                go_to()
        if st.button(t("All lessons")):
            go_to()
    if no_pdf is not None:
        st.caption(plain(message_for(no_pdf, load_settings())))
