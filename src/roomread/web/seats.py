"""Chart the valence of each seat of a lesson over time; a click chooses a seat."""

from __future__ import annotations

import streamlit as st

from roomread.formats.seat_chart import ROW_HEIGHT, TOP, seat_chart
from roomread.formats.session_charts import Span
from roomread.formats.svg_plot import WIDTH
from roomread.store.summary import SeatMap
from roomread.web.component import component
from roomread.web.svg import STYLE
from roomread.web.texts import words

# With the keyboard, a seat is chosen in the list below the chart.
_HTML = '<div class="seats chart wide" tabindex="0"></div>'
_STYLE = f"{STYLE}\n.seats svg {{ cursor: pointer; }}"


def show_seats(seats: SeatMap, *, span: Span, key: str, choice: str) -> None:
    """Draw the valence of each seat as a row of a chart, with a frame around the chosen seat.

    Args:
        seats: the valence of each seat over time.
        span: the start and end of the chart, s.
        key: the key of the chart on its page.
        choice: the key of the widget with the chosen seat, whose value a click sets.
    """

    def choose() -> None:
        seat = st.session_state[key].chosen
        if seat in seats.seats:
            st.session_state[choice] = seat

    data = {
        "svg": seat_chart(seats, span=span, words=words()),
        "seats": list(seats.seats),
        "chosen": st.session_state.get(choice),
        "top": TOP,
        "height": ROW_HEIGHT,
        "width": WIDTH,
    }
    component("seats", html=_HTML, css=_STYLE)(key=key, data=data, on_chosen_change=choose)
