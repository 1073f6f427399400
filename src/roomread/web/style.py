"""Style that all pages share in addition to Streamlit's theme."""

from __future__ import annotations

import streamlit as st

from roomread.web.component import component

# Captions have the colour of other texts, because Streamlit's grey has a contrast of only 3.9:1. So
# has the circle of a radio option that is not selected, whose contrast would be 1.6:1.
# The primary colour is used for graphics and backgrounds only. In the dark theme, no colour is both
# readable on the page and dark enough for white text, so texts that Streamlit would draw in it have
# the colour of their surroundings.
# Keyboard focus has a blue outline, whose contrast is at least 3.4:1 on all backgrounds.
# The state of a room and an uploader have a minimum height, so that elements below them do not move
# when a text changes or the uploader is loaded.
# The button that stops a recording stays visible while the page is scrolled.
_STYLE = """
<style>
a:focus-visible, button:focus-visible, summary:focus-visible, input:focus-visible,
textarea:focus-visible, [role="tab"]:focus-visible, [role="slider"]:focus-visible {
  outline: 3px solid #3b82c4 !important;
  outline-offset: 2px !important;
}
[data-testid="stCaptionContainer"], [data-testid="stCaptionContainer"] p {
  color: inherit !important;
  opacity: 1 !important;
}
[data-testid="stTab"], [data-testid="stTab"] p, [data-testid="stSliderThumbValue"],
[data-testid^="stBaseButton-secondary"]:is(:hover, :active, :focus),
[data-testid^="stBaseLinkButton-secondary"]:is(:hover, :active, :focus),
[data-testid="stExpander"] summary:is(:hover, :active, :focus) {
  color: inherit !important;
}
[data-testid="stTab"][aria-selected="true"] p { font-weight: 600; }
.st-key-state { min-height: 6.5rem; }
.st-key-uploader { min-height: 8rem; }
.st-key-state h3 { padding: 0; }
.st-key-stop:has(button) {
  position: sticky; top: 3.75rem; z-index: 100; padding: 0.25rem 0;
  background: var(--st-background-color, Canvas);
}
[data-testid="stRadioOption"]:not([data-selected]) > div > div:first-child {
  border-color: currentColor !important;
}
.st-key-presses { display: none; }
</style>
"""


def show_style() -> None:
    """Add the style, and a script that completes clicks on buttons that move while pressed."""
    st.html(_STYLE)
    with st.container(key="presses"):
        component("presses", html="", css="")(key="presses_script")
