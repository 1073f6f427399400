"""Download or delete a session on the page Lessons."""

from __future__ import annotations

from functools import partial

import streamlit as st

from roomread.formats.session_export import SessionFormat
from roomread.services.exporting import MEDIA_TYPES, export_bytes, file_name, report
from roomread.store import OwnerStore, Session
from roomread.web.navigation import go_to


def show_export(store: OwnerStore, session: Session) -> None:
    """Draw the buttons that download or delete a session."""
    st.subheader("Take it with you")
    columns = st.columns(4)
    # Create each file only when it is downloaded, because the page is redrawn at every click.
    columns[0].download_button(
        "Report",
        partial(report, store, session.id),
        file_name=f"{session.id}.html",
        mime="text/html",
        on_click="ignore",
    )
    for column, label, form in (
        (columns[1], "CSV", SessionFormat.CSV),
        (columns[2], "JSON", SessionFormat.JSON),
    ):
        column.download_button(
            label,
            partial(export_bytes, store, session.id, form),
            file_name=file_name(session, form),
            mime=MEDIA_TYPES[form],
            on_click="ignore",
        )
    with columns[3].popover("Delete"):
        st.write("Deletes everything that is kept of this session, for good.")
        if st.button("Delete it", type="primary"):
            store.delete(session.id)
            go_to()
    if st.button("All sessions"):
        go_to()
