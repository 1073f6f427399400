"""The form with the settings of a new recording."""

from __future__ import annotations

import streamlit as st

from roomread.room import DEFAULT_RULES
from roomread.services.background_recording import RecordingRequest

# Seconds between two frames.
_EVERY = 0.5
_LAW = (
    "In the European Union it is prohibited to infer emotions in education or at work, except for "
    "medical or safety reasons. Elsewhere, too, ask the people you film."
)


def ask_name() -> str:
    """Ask for the name of the session."""
    return st.text_input("Name", placeholder="Algebra 7b", key="lesson_name").strip()


def ask_lesson(name: str, *, may_tell_apart: bool) -> RecordingRequest | None:
    """Ask for the rules and the consent; return None until the form is complete.

    Args:
        name: the name of the session.
        may_tell_apart: whether people of this source can be distinguished by their faces.
    """
    with st.expander("Rules of attention"):
        rules = st.text_area("One per line", DEFAULT_RULES, height=170, key="lesson_rules")
    consent, identity = "", False
    keep = st.checkbox("Keep the readings of single people, by seat number", key="lesson_keep")
    if keep:
        consent = st.text_input(
            "Who consented, and how",
            placeholder="all 28, in writing, 2 Sept.",
            key="lesson_consent",
        ).strip()
        identity = may_tell_apart and st.checkbox("Tell people apart by their faces")
    if identity:
        st.caption(
            "People then keep their number when tiles move, and when they leave and come back. "
            "The vectors by which faces are compared are biometric data: they stay in memory while "
            "this records and are never written. The consent must cover them."
        )
    notice = st.text_input(
        "How people are informed", placeholder="slide before the lesson", key="lesson_notice"
    ).strip()
    st.markdown("[A notice to show or print](/notice), in six languages.")
    if not keep:
        st.caption(
            "Only the figures of the room are kept: no readings of single people, no pictures."
        )
    st.caption(_LAW)
    if not name or (keep and not consent):
        return None
    return RecordingRequest(
        name, every=_EVERY, rules=rules, consent=consent, identity=identity, notice=notice
    )
