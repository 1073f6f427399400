"""The chart of the seats, read back from its SVG."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np

from roomread.formats import palette
from roomread.formats.palette import hex_color
from roomread.formats.seat_chart import seat_chart
from roomread.store.summary import SeatMap

SVG = "{http://www.w3.org/2000/svg}"


def parsed(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314 (our own)


def test_seat_chart_colours_valence_draws_unreadable_as_a_dash_and_absent_as_blank() -> None:
    valence = np.array([[np.nan, np.nan, -1.0, 0.0, 1.0]])
    seats = SeatMap((7,), {}, 2.0, valence, np.array([[False, True, True, True, True]]))
    chart = parsed(seat_chart(seats))
    cells = [r.attrib for r in chart.iter(f"{SVG}rect") if "stroke" not in r.attrib]
    assert [cell["fill"] for cell in cells] == [
        hex_color(color)
        for color in (palette.USUAL, palette.UNPLEASANT, palette.NEITHER, palette.PLEASANT)
    ]
    assert [float(cell["height"]) < 5 for cell in cells] == [True, False, False, False]
    written = [element.text for element in chart.iter(f"{SVG}text")]
    assert "7" in written
    assert {"dash: not readable", "empty: not seen"} <= set(written)
    said = chart.attrib["aria-label"]
    assert said == "Valence of 1 seat from 0:00 to 0:10, one row per seat."


def test_seat_chart_sorts_seat_2_before_seat_10() -> None:
    seats = SeatMap((1, 2, 10), {}, 1.0, np.zeros((3, 4)), np.ones((3, 4), bool))
    rows = {
        element.text: float(element.attrib["y"])
        for element in parsed(seat_chart(seats)).iter(f"{SVG}text")
        if element.text in {"1", "2", "10"}
    }
    assert rows["1"] < rows["2"] < rows["10"]


def test_seat_chart_omits_cells_after_the_end_of_its_time_span() -> None:
    seats = SeatMap((1,), {}, 2.0, np.zeros((1, 10)), np.ones((1, 10), bool))
    chart = parsed(seat_chart(seats, span=(0.0, 9.0)))
    cells = [r.attrib for r in chart.iter(f"{SVG}rect") if "stroke" not in r.attrib]
    assert len(cells) == 5


def test_long_seat_name_is_html_escaped_and_shortened() -> None:
    evil = '<script>alert(1)</script> & "so on"'
    names = SeatMap((1,), {1: evil}, 1.0, np.zeros((1, 3)), np.ones((1, 3), bool))
    assert "<script" not in seat_chart(names)
    assert "<script>" in [element.text for element in parsed(seat_chart(names)).iter(f"{SVG}text")]
