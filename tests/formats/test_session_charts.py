"""The charts of a session, read back from their SVG."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from classes import lesson
from roomread.formats import svg_plot
from roomread.formats.session_charts import (
    coverage_chart,
    expression_chart,
    reports_chart,
    seat_chart,
    sparkline,
    valence_chart,
)
from roomread.joining.reports import ReportCounts, ReportSample
from roomread.readings import Expression
from roomread.room import Alert, Change, RoomMeter, RoomMood
from roomread.room.session import Mark
from roomread.room.stretches import FallenStretch
from roomread.store.summary import SeatMap, TimeSeries, time_series

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def moods() -> list[RoomMood]:
    meter = RoomMeter()
    found = (meter.update(time, readings) for time, readings in lesson(300, people=12, every=2.0))
    return [mood for mood in found if mood is not None]


@pytest.fixture(scope="module")
def series(moods: list[RoomMood]) -> TimeSeries:
    return time_series(moods)


def parsed(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314 (our own)


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in parsed(svg).iter(f"{SVG}text")]


def description(svg: str) -> str:
    return parsed(svg).attrib["aria-label"]


def without_figure(series: TimeSeries) -> TimeSeries:
    nothing = np.full_like(series.valence, np.nan)
    scores = np.full_like(series.scores, np.nan)
    return TimeSeries(
        series.times,
        series.step,
        series.present,
        np.full_like(series.readable, 4.0),
        nothing,
        nothing,
        nothing,
        nothing,
        scores,
    )


def test_times_are_written_as_minutes_and_seconds_at_round_steps(series: TimeSeries) -> None:
    for chart in (valence_chart(series), expression_chart(series), coverage_chart(series)):
        written = [text for text in texts(chart) if ":" in text]
        assert written == ["0:30", "1:00", "1:30", "2:00", "2:30", "3:00", "3:30", "4:00", "4:30"]


@pytest.mark.parametrize("minutes", [1, 5, 45, 90, 300])
def test_time_labels_never_overlap(minutes: int) -> None:
    area = svg_plot.PlotArea(0, 60 * minutes, 0, 1, 0, 100)
    axis = f'<svg xmlns="http://www.w3.org/2000/svg">{svg_plot.time_axis(area)}</svg>'
    places = [float(element.attrib["x"]) for element in parsed(axis).iter(f"{SVG}text")]
    assert len(places) >= 4
    assert min(np.diff(places)) > 4.5 * svg_plot.FONT_SIZE


def test_line_and_interval_stop_where_there_is_no_figure(series: TimeSeries) -> None:
    broken = series.valence.copy()
    broken[50:60] = np.nan
    line = svg_plot.line(svg_plot.PlotArea(0, 300, -1, 1, 0, 100), series.times, broken, "")
    assert line.count("<polyline") == 2
    assert "nan" not in line


def test_chart_without_values_says_so(series: TimeSeries) -> None:
    hidden = without_figure(series)
    for chart in (valence_chart(hidden), expression_chart(hidden)):
        assert "no figure" in description(chart)
        assert "<polygon" not in chart
    assert "readable: between 4 and 4" in description(coverage_chart(hidden))


def test_description_of_a_chart_names_its_range_and_content(series: TimeSeries) -> None:
    chart = valence_chart(
        series,
        marks=[Mark(60, "a"), Mark(90, "b")],
        changes=[Change(120.0, 0.4, -0.1)],
    )
    said = description(chart)
    assert f"between {np.nanmin(series.valence):+.2f} and" in said
    assert said.endswith("; 2 marks; 1 lasting change.")
    assert "happy" in description(expression_chart(series))


def test_values_are_drawn_at_their_place_on_the_axis() -> None:
    area = svg_plot.PlotArea(0, 100, -1, 1, 10, 200)
    assert (area.y(1), area.y(0), area.y(-1)) == (10, 110, 210)
    assert (area.x(0), area.x(100)) == (svg_plot.LEFT, svg_plot.WIDTH - svg_plot.RIGHT)


def test_expressions_keep_their_colours_and_fill_the_chart(series: TimeSeries) -> None:
    chart = parsed(expression_chart(series))
    areas = {area[0].text: area for area in chart.iter(f"{SVG}polygon")}
    assert set(areas) == {e.display_name for e in Expression}
    for e in Expression:
        assert areas[str(e)].attrib["fill"] == svg_plot.hex_color(e.color)
    # The last one stacked ends at 100 %, which is 8 px from the top.
    heights = [float(p.split(",")[1]) for p in areas["happy"].attrib["points"].split()]
    assert min(heights) == pytest.approx(8.0, abs=0.2)


def test_marks_alerts_and_names_are_escaped(series: TimeSeries) -> None:
    evil = '<script>alert(1)</script> & "so on" that is far longer than fits'
    alert = Alert(1, 30.0, "attention < 0.5", evil, 0.9)
    chart = valence_chart(series, marks=[Mark(10, evil)], alerts=[alert])
    assert "<script" not in chart
    assert any(text.startswith("<script>") and text.endswith("…") for text in texts(chart))
    names = SeatMap((1,), {1: evil}, 1.0, np.zeros((1, 3)), np.ones((1, 3), bool))
    assert "<script" not in seat_chart(names)
    parsed(seat_chart(names))


def test_seat_is_empty_where_not_seen_grey_where_unreadable_and_coloured_by_valence() -> None:
    valence = np.array([[np.nan, np.nan, -1.0, 0.0, 1.0]])
    seats = SeatMap((7,), {}, 2.0, valence, np.array([[False, True, True, True, True]]))
    chart = seat_chart(seats)
    cells = [r.attrib["fill"] for r in parsed(chart).iter(f"{SVG}rect") if "stroke" not in r.attrib]
    assert cells == ["#c9d1d8", "#b35806", "#f7f7f7", "#542788"]
    assert "7" in texts(chart)
    assert re.search("Valence of 1 seat from 0:00 to 0:10", description(chart))


def test_fallen_stretch_is_shaded_from_its_start_to_its_end(series: TimeSeries) -> None:
    stretch = FallenStretch(60.0, 120.0, 0.4, -0.1, 0.9)
    chart = valence_chart(series, stretches=[stretch])
    (title,) = [each.text for each in parsed(chart).iter(f"{SVG}title")]
    assert title == "1:00 to 2:00: -0.10 instead of +0.40"
    (shade,) = parsed(chart).iter(f"{SVG}rect")
    whole = valence_chart(series, stretches=[FallenStretch(0.0, 1e6, 0.4, 0, 1)])
    (wide,) = parsed(whole).iter(f"{SVG}rect")
    ratio = float(shade.attrib["width"]) / float(wide.attrib["width"])
    assert 0.15 < ratio < 0.25
    assert "1 shaded fall" in description(chart)


def test_sparkline_begins_at_its_left_edge_and_has_no_text(series: TimeSeries) -> None:
    chart = sparkline(series)
    assert texts(chart) == []
    (line,) = parsed(chart).iter(f"{SVG}polyline")
    first = line.attrib["points"].split(" ")[0].split(",")[0]
    assert float(first) == pytest.approx(0.0, abs=0.5)


def test_sparkline_of_an_empty_session_says_that_there_is_no_figure() -> None:
    assert "no figure" in description(sparkline(time_series([])))


def test_reports_are_stacked_with_a_gap_under_five_people_and_where_samples_are_missing(
    series: TimeSeries,
) -> None:
    samples = [ReportSample(5.0 * n, 28, 19, ReportCounts(4, n, 1, 1), 0) for n in range(1, 6)]
    samples.append(ReportSample(30.0, 4))
    samples += [ReportSample(5.0 * n, 28, 19, ReportCounts(4, 2, 1, 1), 0) for n in (7, 8)]
    samples += [ReportSample(5.0 * n, 28, 19, ReportCounts(4, 2, 1, 1), 0) for n in (30, 31)]
    chart = reports_chart(samples, series)
    titles = [area[0].text for area in parsed(chart).iter(f"{SVG}polygon")]
    assert titles == ["lost"] * 3 + ["slower"] * 3 + ["faster"] * 3 + ["follow"] * 3
    assert "lost: between 1 and 5" in description(chart)
    assert "nan" not in chart
    silent = reports_chart([ReportSample(5.0, 4)], series)
    assert "no figure" in description(silent)
