from __future__ import annotations

import pytest

pytest.importorskip("streamlit", reason="needs the app extra")

from collections.abc import Callable
from typing import Any

import numpy as np

from fake_page import FakePage
from roomread.store.summary import SeatMap
from roomread.web import seats
from roomread.web.seats import show_seats

SEATS = SeatMap((2, 5), {5: "Ada"}, 1.0, np.zeros((2, 3)), np.ones((2, 3), bool))


class Clicked:
    """The state of the component after a click."""

    def __init__(self, chosen: object) -> None:
        self.chosen = chosen


@pytest.mark.parametrize(("clicked", "chosen"), [(5, 5), (3, None), (None, None)])
def test_click_chooses_only_seats_of_the_lesson(
    monkeypatch: pytest.MonkeyPatch, clicked: object, chosen: int | None
) -> None:
    page, drawn = FakePage(), list[dict[str, Any]]()

    def draw(*, key: str, data: dict[str, Any], on_chosen_change: Callable[[], None]) -> None:
        drawn.append(data)
        page.session_state[key] = Clicked(clicked)
        on_chosen_change()

    monkeypatch.setattr(seats, "st", page)
    monkeypatch.setattr(seats, "component", lambda *_, **__: draw)
    show_seats(SEATS, span=(0.0, 3.0), key="chart", choice="seat")
    assert page.session_state.get("seat") == chosen
    assert drawn[0]["seats"] == [2, 5]
    assert drawn[0]["svg"].startswith("<svg")
