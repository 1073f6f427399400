"""Style that all pages share, beyond Streamlit's theme."""

from __future__ import annotations

import streamlit as st

from roomread.web.component import component

# Captions have the colour of other texts, as Streamlit's grey has a contrast of 3.9, and so has the
# ring of a choice that is not chosen, whose contrast is 1.6. The primary colour is one of graphics
# and grounds: in the dark theme no colour can be both read on the page and read white text on, so
# texts that Streamlit would draw in it have the colour of their surroundings. Keyboard focus is
# visible on all that can be reached by it, in a blue whose contrast is 3.4:1 or more on all grounds
# of both themes. The state of a room keeps its height while its texts change, and an uploader while
# it is loaded, so that what stands below does not move. The button that stops a recording stays in
# sight while the page is scrolled.
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
    """Add the style to the page, and a script that makes clicks on moving buttons work."""
    st.html(_STYLE)
    with st.container(key="presses"):
        component("presses", html="", css="")(key="presses_script")
