"""The form that uploads what was said and shown in a lesson, on the Lessons page."""

from __future__ import annotations

import streamlit as st

from roomread.services.transcripts import ChatOffsetError, keep_transcript, mark_slides
from roomread.settings.environment import Settings
from roomread.store import OwnerStore, Session
from roomread.web.messages import plain, problem_text
from roomread.web.texts import t
from roomread.web.uploaded_files import read_upload

_SLIDES = ("pptx", "pdf")
_TRANSCRIPTS = ("vtt", "sbv", "txt")


def upload_words(store: OwnerStore, session: Session, settings: Settings) -> None:
    """Draw the form, and store an uploaded transcript or chat, or the marks of uploaded slides.

    Args:
        store: the store of the session.
        session: the session.
        settings: the settings, which limit the size of uploads.
    """
    with st.expander(t("Transcript, chat or slides")), st.form("words", clear_on_submit=True):
        upload = st.file_uploader(
            t("A transcript (.vtt), a chat (.sbv, .txt), or slides with timings (.pptx, .pdf)"),
            type=[*_TRANSCRIPTS, *_SLIDES],
            max_upload_size=settings.max_upload_mb,
        )
        minute = st.number_input(
            t("Minute of the lesson at which the file begins"),
            value=None,
            step=0.5,
            help=t("A chat may have times of day: if the lesson began at 9:00, enter -540."),
        )
        st.caption(t("Names of speakers are not kept. The words are deleted with the lesson."))
        if not st.form_submit_button(t("Add")):
            return
        if upload is None:
            st.warning(t("Choose a file."))
            return
        _keep(store, session, upload.name, read_upload(upload), minute)


def _keep(
    store: OwnerStore, session: Session, name: str, content: bytes, minute: float | None
) -> None:
    offset = None if minute is None else 60 * minute
    if name.lower().endswith(_SLIDES):
        mark_slides(store, session.id, content, name=name, offset=offset or 0.0)
    else:
        try:
            keep_transcript(store, session.id, content, name=name, offset=offset)
        except ChatOffsetError as error:
            how = t("Enter the minute at which the file begins.")
            st.error(f"{plain(problem_text(error.problem))}. {how}")
            return
    st.rerun()
