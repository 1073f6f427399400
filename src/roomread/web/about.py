"""The page About and privacy, and the question about the purpose before every other page."""

from __future__ import annotations

import streamlit as st

from roomread import __version__
from roomread.errors import OutputError
from roomread.services.purpose import DESCRIPTIONS, choose_purpose, current_purpose
from roomread.settings.environment import (
    Purpose,
    Settings,
    settings_file,
)

_LAW = """
**In the European Union** it is prohibited to infer emotions of people at work or in education from
their faces, except for medical or safety reasons (AI Act, Regulation (EU) 2024/1689, Article
5(1)(f)). Elsewhere, other laws may require consent or prohibit it as well. This page is not legal
advice.
"""
_LIMITS = """
An expression is what a face shows, not what the person feels. People frown when they think.
Roomread says how confident it is, and gives no expression if it is not confident enough or cannot
see the face.
"""


def purpose_is_known(settings: Settings) -> bool:
    """Ask the first visitor what this installation is used for; return False until it is known."""
    if settings.purpose is not None or "purpose" in st.session_state:
        return True
    st.title("Welcome to Roomread")
    st.markdown(_LIMITS)
    st.subheader("What is this installation used for?")
    st.markdown(_LAW)
    with st.form("purpose_form"):
        chosen = st.radio(
            "It is used for",
            list(Purpose),
            format_func=lambda purpose: DESCRIPTIONS[purpose],
            index=None,
            key="purpose_choice",
        )
        sent = st.form_submit_button("Go on", type="primary")
    st.caption(
        "Work and education in the European Union are not among these, as it is prohibited there. "
        f"The answer is kept in {settings_file()}; `ROOMREAD_PURPOSE` sets it as well."
    )
    if not sent:
        return False
    if chosen is None:
        st.error("Choose one of the four, or close this page.")
        return False
    st.session_state["purpose"] = chosen
    try:
        choose_purpose(chosen)
    except OutputError as error:
        st.session_state["purpose_not_kept"] = str(error)
    st.rerun()
    return False


def show() -> None:
    """Draw the page."""
    st.title("About and privacy")
    problem = st.session_state.get("purpose_not_kept")
    if problem:
        st.warning(f"Your answer about the purpose could not be kept: {problem}")
    st.markdown(_LIMITS)
    st.subheader("What happens to pictures")
    st.markdown(
        """
- They are read on **the computer that runs this app**, in its memory, and nowhere else.
- **Nothing is stored**, neither pictures nor readings, unless you download them yourself. A session
  that you record on the page Class or Live keeps the figures of the room, never a picture, and
  readings of single people only with the consent that you write down there. What you teach and
  keep on the page Teach is stored as vectors, never as pictures, until you delete it.
- Nobody is recognised: the profile of a taught person is used for the only face of a picture,
  no matter whose it is, and nothing is compared with other pictures.
- Nothing is downloaded while the app runs; the nets are part of it.
"""
    )
    st.subheader("The law")
    st.markdown(_LAW)
    purpose = current_purpose() or st.session_state.get("purpose")
    if purpose is not None:
        st.markdown(f"This installation is used for: **{DESCRIPTIONS[Purpose(purpose)]}**.")
    st.caption(f"Roomread {__version__}, Apache-2.0.")
