"""Show SVG charts on a page."""

from __future__ import annotations

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from roomread.web.texts import t

# `st.html` removes SVG, and `st.image` would show neither the theme's colour nor a description.
# On a narrow screen a wide chart scrolls sideways, because smaller labels could not be read.
STYLE = """
.chart { --chart-page: var(--st-background-color); color: var(--st-text-color); overflow-x: auto; }
.chart:focus-visible { outline: 2px solid #3b82c4; outline-offset: 2px; }
.chart svg { display: block; width: 100%; height: auto; }
.wide svg { min-width: 40rem; }
.narrow, .hint { display: none; }
.hint { margin: 0 0 .25rem; font-size: .875rem; color: var(--st-text-color);
  font-family: var(--st-font); }
@media (max-width: 44rem) {
  .wide + .narrow:not(:empty), .hint:not(:empty) { display: block; }
  .wide:has(+ .narrow:not(:empty)) { display: none; }
}
"""
_SCRIPT = """
export default function ({ data, parentElement }) {
  const [chart, narrow] = parentElement.querySelectorAll(".chart");
  chart.classList.toggle("wide", data.wide);
  chart.innerHTML = data.svg;
  narrow.innerHTML = data.narrow;
  parentElement.querySelector(".hint").textContent = data.hint;
}
"""


@st.cache_resource
def _component() -> ComponentRenderer:
    return st.components.v2.component(
        "roomread.chart",
        html='<p class="hint"></p><div class="chart" tabindex="0"></div>'
        '<div class="chart narrow" tabindex="0"></div>',
        css=STYLE,
        js=_SCRIPT,
    )


def show_svg(svg: str, *, key: str, wide: bool = True, narrow: str = "") -> None:
    """Draw a chart as wide as the page, in the theme's text colour.

    Args:
        svg: an `<svg>` element of `roomread.formats`, which escapes the texts in it.
        key: the key of the chart on its page, so that it is redrawn in place.
        wide: whether the chart scrolls sideways on a narrow screen, with a hint, instead of being
            shrunk.
        narrow: a version of the chart for a narrow screen, where it replaces `svg`; empty to show
            `svg` on every screen.
    """
    hint = t("The charts continue to the right: swipe sideways.") if wide and not narrow else ""
    _component()(key=key, data={"svg": svg, "wide": wide, "narrow": narrow, "hint": hint})
