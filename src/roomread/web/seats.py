"""Show the seats of a lesson over time, of which a click chooses one."""

from __future__ import annotations

from importlib import resources

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from roomread.formats.seat_chart import ROW_HEIGHT, TOP, seat_chart
from roomread.formats.session_charts import Span
from roomread.formats.svg_plot import WIDTH
from roomread.store.summary import SeatMap

_STYLE = """
.seats { --chart-page: var(--st-background-color); color: var(--st-text-color); overflow-x: auto; }
.seats:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
.seats svg { display: block; width: 100%; min-width: 40rem; height: auto; cursor: pointer; }
"""


@st.cache_resource
def _component() -> ComponentRenderer:
    script = (resources.files("roomread.web") / "seats.js").read_text(encoding="utf-8")
    # With the keyboard, a seat is chosen in the list below the chart.
    return st.components.v2.component(
        "roomread.seats", html='<div class="seats" tabindex="0"></div>', css=_STYLE, js=script
    )


def show_seats(seats: SeatMap, *, span: Span, key: str, choice: str) -> None:
    """Draw the seats, and frame the chosen one.

    Args:
        seats: the valence of the seats.
        span: the span of the chart.
        key: the key of the chart on its page.
        choice: the key of the widget that holds the chosen seat; a click sets it.
    """

    def choose() -> None:
        seat = st.session_state[key].chosen
        if seat in seats.seats:
            st.session_state[choice] = seat

    data = {
        "svg": seat_chart(seats, span=span),
        "seats": list(seats.seats),
        "chosen": st.session_state.get(choice),
        "top": TOP,
        "height": ROW_HEIGHT,
        "width": WIDTH,
    }
    _component()(key=key, data=data, on_chosen_change=choose)
