"""Show SVG charts on a page."""

from __future__ import annotations

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

# `st.html` removes SVG, and `st.image` would show neither the theme's colour nor a description.
# On a narrow screen a wide chart is scrolled sideways, as its labels would be too small to read.
STYLE = """
.chart { --chart-page: var(--st-background-color); color: var(--st-text-color); overflow-x: auto; }
.chart:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
.chart svg { display: block; width: 100%; height: auto; }
.wide svg { min-width: 40rem; }
"""
_SCRIPT = """
export default function ({ data, parentElement }) {
  const chart = parentElement.querySelector(".chart");
  chart.classList.toggle("wide", data.wide);
  chart.innerHTML = data.svg;
}
"""


@st.cache_resource
def _component() -> ComponentRenderer:
    return st.components.v2.component(
        "roomread.chart",
        html='<div class="chart" tabindex="0"></div>',
        css=STYLE,
        js=_SCRIPT,
    )


def show_svg(svg: str, *, key: str, wide: bool = True) -> None:
    """Draw a chart as wide as the page, in the theme's text colour.

    Args:
        svg: an `<svg>` element of `roomread.formats`, which escapes the texts in it.
        key: the key of the chart on its page, so that it is redrawn in place.
        wide: keep the labels readable on a narrow screen by scrolling.
    """
    _component()(key=key, data={"svg": svg, "wide": wide})
