"""Embed, in the "Watch now" page, the page that reads the window of a call."""

from __future__ import annotations

import streamlit as st

from roomread.web.texts import t, words

# Height of the frame, px: the preview of a window, the mood and the form of a recording.
_HEIGHT = 1100


def show_call() -> None:
    """Draw the page that reads the window of a call, and a link to open it in a separate tab.

    The service serves the embedded page, so its sign-in and its policies are the same as in a tab.
    The embedded page sends the pictures directly to the service, never through this app.
    """
    address = f"/share?lang={words().language}"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            t(
                "A call is read while this page is open. In a tab of its own, other pages can be "
                "used."
            )
        )
        st.link_button(t("Open in a tab of its own"), address, icon=":material/open_in_new:")
    st.iframe(address, height=_HEIGHT, alt=t("Read a call"))
