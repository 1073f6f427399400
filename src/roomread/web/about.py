"""The About page: what an expression is, what happens to pictures, and the law."""

from __future__ import annotations

import streamlit as st

from roomread import __version__
from roomread.web.purpose import law, limits
from roomread.web.texts import t


def show() -> None:
    """Draw the About page."""
    st.title(t("About"))
    st.markdown(limits())
    st.subheader(t("What happens to pictures"))
    lines = (
        t("They are read on **the computer that runs this app**, in its memory, and nowhere else."),
        t(
            "**Nothing is stored**, neither pictures nor readings, unless you download them "
            "yourself. A lesson that you record keeps the figures of the room, never a picture, "
            "and readings of individual people only with the consent that you write down. What you "
            "teach and keep on the page Teach is stored as vectors, never as pictures, until you "
            "delete it."
        ),
        t(
            "Nobody is recognised: the profile of a taught person is used for the only face of a "
            "picture, no matter whose it is, and nothing is compared with other pictures."
        ),
        t("Nothing is downloaded while the app runs; the nets are part of it."),
    )
    st.markdown("\n".join(f"- {line}" for line in lines))
    st.markdown("[" + t("A notice to show or print") + "](/notice)")
    st.subheader(t("The law"))
    st.markdown(law())
    st.caption(t("The translations of this app were not reviewed by native speakers."))
    st.caption(f"Roomread {__version__}, Apache-2.0.")
