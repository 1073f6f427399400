"""The charts of the seven probabilities, read back from their SVG."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from classes import showing
from roomread.formats.palette import hex_color
from roomread.formats.score_charts import people_chart, room_chart, score_bars, score_lines
from roomread.readings import Expression, Scores

SVG = "{http://www.w3.org/2000/svg}"


def parsed(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314 (our own)


def scores(expression: Expression) -> Scores:
    return Scores(showing(expression), 0.3)


def test_length_of_each_bar_is_proportional_to_its_value() -> None:
    chart = parsed(score_bars(scores(Expression.HAPPY)))
    widths = {r.attrib["fill"]: float(r.attrib["width"]) for r in chart.iter(f"{SVG}rect")}
    happy, sad = (widths[hex_color(e.color)] for e in (Expression.HAPPY, Expression.SAD))
    assert happy / sad == pytest.approx(0.9 / (0.1 / 6), rel=0.05)
    assert "happy 90%" in chart.attrib["aria-label"]


def test_line_chart_has_a_line_for_each_expression_and_times_relative_to_now() -> None:
    chart = parsed(score_lines([-60.0, -30.0, 0.0], [scores(Expression.SAD)] * 3, seconds=60))
    written = [element.text for element in chart.iter(f"{SVG}text")]
    assert {"-1:00", "-0:30", "0:00"} <= set(written)
    assert len([*chart.iter(f"{SVG}polyline")]) == len(Expression)
    assert "now sad 90%" in chart.attrib["aria-label"]


def test_line_chart_without_scores_has_no_lines() -> None:
    chart = parsed(score_lines([], [], seconds=60))
    assert [*chart.iter(f"{SVG}polyline")] == []


def rows(*people: int) -> list[tuple[int, int, np.ndarray]]:
    return [
        (second, person, showing(Expression.HAPPY if person == 2 else Expression.SAD))
        for second in (0, 1, 4)
        for person in people
    ]


def test_people_chart_sorts_person_2_before_person_10() -> None:
    chart = parsed(people_chart(rows(10, 2, 1)))
    places = {
        element.text: float(element.attrib["y"])
        for element in chart.iter(f"{SVG}text")
        if (element.text or "").startswith("#")
    }
    assert sorted(places, key=lambda name: places[name]) == ["#1", "#2", "#10"]


def test_people_chart_has_a_coloured_cell_only_for_seconds_with_a_reading() -> None:
    chart = parsed(people_chart(rows(2)))
    cells = [r for r in chart.iter(f"{SVG}rect") if len(r)]
    assert [cell.attrib["fill"] for cell in cells] == [hex_color(Expression.HAPPY.color)] * 3
    assert [cell[0].text for cell in cells] == [
        "#2, 0:00: happy 90%",
        "#2, 0:01: happy 90%",
        "#2, 0:04: happy 90%",
    ]


def test_room_chart_shows_the_mean_of_all_people_with_gaps_at_times_without_readings() -> None:
    chart = parsed(room_chart(rows(1, 2)))
    assert "happy 46%" in chart.attrib["aria-label"]
    happy = [r for r in chart.iter(f"{SVG}polygon") if r[0].text == "happy"]
    assert len(happy) == 2


def test_charts_of_a_video_have_the_same_time_axis() -> None:
    axes = [
        {
            element.text: element.attrib["x"]
            for element in parsed(chart).iter(f"{SVG}text")
            if ":" in (element.text or "")
        }
        for chart in (room_chart(rows(1, 2)), people_chart(rows(1, 2)))
    ]
    assert axes[0] == axes[1] != {}
