"""What a visitor can take away from a session: the report, the exports, or its deletion."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path

import streamlit as st

from roomread.formats.session_export import Format, export
from roomread.formats.session_report import session_report
from roomread.store import OwnerStore, Session
from roomread.web.navigation import go_to


def _exported(store: OwnerStore, session_id: str, form: Format) -> bytes:
    with tempfile.TemporaryDirectory(prefix="roomread-") as folder:
        path = Path(folder) / f"session.{form}"
        export(store, session_id, form, path)
        return path.read_bytes()


def show_export(store: OwnerStore, session: Session) -> None:
    """Draw the buttons that download or delete a session."""
    st.subheader("Take it with you")
    columns = st.columns(4)
    # Each file is made when it is asked for, as the page is drawn again at every click.
    for column, label, make, suffix, mime in (
        (columns[0], "Report", partial(session_report, store, session.id), "html", "text/html"),
        (columns[1], "CSV", partial(_exported, store, session.id, Format.CSV), "csv", "text/csv"),
        (
            columns[2],
            "JSON",
            partial(_exported, store, session.id, Format.JSON),
            "json",
            "application/json",
        ),
    ):
        column.download_button(
            label, make, file_name=f"{session.id}.{suffix}", mime=mime, on_click="ignore"
        )
    with columns[3].popover("Delete"):
        st.write("Deletes everything that is kept of this session, for good.")
        if st.button("Delete it", type="primary"):
            store.delete(session.id)
            go_to()
    if st.button("All sessions"):
        go_to()
