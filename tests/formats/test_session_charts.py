"""The charts of a session, read back from their SVG."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest

from classes import lesson
from roomread.formats import svg_plot
from roomread.formats.palette import hex_color
from roomread.formats.session_charts import (
    Notes,
    away_chart,
    coverage_chart,
    expression_chart,
    lesson_span,
    reports_chart,
    sparkline,
    states_chart,
    valence_chart,
)
from roomread.joining.reports import ReportCounts, ReportSample
from roomread.readings import Expression
from roomread.room import Change, RoomMeter, RoomMood
from roomread.room.session import Mark
from roomread.room.stretches import FallenStretch
from roomread.store.summary import TimeSeries, time_series

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
        *(nothing, nothing, nothing, nothing),
        scores,
        nothing,
    )


def test_time_axis_is_labelled_in_minutes_and_seconds_at_round_intervals(
    series: TimeSeries,
) -> None:
    for chart in (valence_chart(series), expression_chart(series), coverage_chart(series)):
        written = [text for text in texts(chart) if ":" in text]
        assert written == ["0:30", "1:00", "1:30", "2:00", "2:30", "3:00", "3:30", "4:00", "4:30"]


def test_line_has_a_gap_where_values_are_missing(series: TimeSeries) -> None:
    broken = series.valence.copy()
    broken[50:60] = np.nan
    line = svg_plot.line(svg_plot.PlotArea(0, 300, -1, 1, 0, 100), series.times, broken, "")
    assert line.count("<polyline") == 2
    assert "nan" not in line


def test_description_of_a_chart_without_values_says_no_figure(series: TimeSeries) -> None:
    hidden = without_figure(series)
    for chart in (valence_chart(hidden), expression_chart(hidden)):
        assert "no figure" in description(chart)
        assert "<polygon" not in chart
    assert "readable: between 4 and 4" in description(coverage_chart(hidden))


def test_description_of_a_chart_states_the_value_range_and_the_numbers_of_marks_and_changes(
    series: TimeSeries,
) -> None:
    chart = valence_chart(
        series,
        Notes(marks=[Mark(60, "a"), Mark(90, "b")], changes=[Change(120.0, 0.4, -0.1)]),
    )
    said = description(chart)
    assert f"between {np.nanmin(series.valence):+.2f} and" in said
    assert said.endswith("; 2 marks; 1 lasting change.")
    assert "happy" in description(expression_chart(series))


def test_expression_areas_have_the_expression_colours_and_reach_the_top_of_the_chart(
    series: TimeSeries,
) -> None:
    chart = parsed(expression_chart(series))
    areas = {area[0].text: area for area in chart.iter(f"{SVG}polygon")}
    assert set(areas) == {e.display_name for e in Expression}
    for e in Expression:
        assert areas[str(e)].attrib["fill"] == hex_color(e.color)
    # The topmost area ends at 100 %, which is 8 px from the top.
    heights = [float(p.split(",")[1]) for p in areas["happy"].attrib["points"].split()]
    assert min(heights) == pytest.approx(8.0, abs=0.2)


def test_each_state_taught_by_the_user_is_drawn_as_a_line_with_its_name(
    moods: list[RoomMood],
) -> None:
    shares = [replace(mood, states={"bored": 0.2, "<b>": 0.0}) for mood in moods[5:]]
    series = time_series([*moods[:5], *shares])
    assert np.isnan(series.states["bored"][0])
    chart = states_chart(series)
    assert texts(chart)[-2:] == ["<b>", "bored"]
    assert "bored: between 20% and 20%" in description(chart)


def test_share_of_people_looking_away_is_drawn_as_a_line(
    moods: list[RoomMood], series: TimeSeries
) -> None:
    assert not series.knows_looking_away
    known = time_series([*moods[:5], *(replace(mood, looking_away=0.2) for mood in moods[5:])])
    assert known.knows_looking_away
    chart = away_chart(known)
    assert texts(chart)[-1] == "looking away"
    assert "looking away: between 20% and 20%" in description(chart)


def test_long_label_of_a_timeline_mark_is_html_escaped_and_shortened(series: TimeSeries) -> None:
    evil = '<script>alert(1)</script> & "so on" that is far longer than fits'
    chart = valence_chart(series, Notes(marks=[Mark(10, evil)]))
    assert "<script" not in chart
    assert any(text.startswith("<script>") and text.endswith("…") for text in texts(chart))


def test_label_of_a_timeline_mark_is_shortened_to_end_before_the_next_mark(
    series: TimeSeries,
) -> None:
    marks = [Mark(0.0, "a long explanation"), Mark(30.0, "quiz"), Mark(32.0, "talk")]
    labels = texts(valence_chart(series, Notes(marks=marks)))[-3:]
    assert labels == ["a long …", "…", "talk"]


def test_period_of_low_valence_is_shaded_from_its_start_to_its_end(series: TimeSeries) -> None:
    stretch = FallenStretch(60.0, 120.0, 0.4, -0.1, 0.9)
    chart = valence_chart(series, Notes(stretches=[stretch]))
    (title,) = [each.text for each in parsed(chart).iter(f"{SVG}title")]
    assert title == "1:00 to 2:00: -0.10 instead of +0.40"
    (shade,) = parsed(chart).iter(f"{SVG}rect")
    whole = valence_chart(series, Notes(stretches=[FallenStretch(0.0, 1e6, 0.4, 0, 1)]))
    (wide,) = parsed(whole).iter(f"{SVG}rect")
    ratio = float(shade.attrib["width"]) / float(wide.attrib["width"])
    assert 0.15 < ratio < 0.25
    assert "1 shaded fall" in description(chart)


def test_sparkline_starts_at_the_left_edge_and_has_no_text(series: TimeSeries) -> None:
    chart = sparkline(series)
    assert texts(chart) == []
    (line,) = parsed(chart).iter(f"{SVG}polyline")
    first = line.attrib["points"].split(" ")[0].split(",")[0]
    assert float(first) == pytest.approx(0.0, abs=0.5)


def test_description_of_the_sparkline_of_an_empty_session_says_no_figure() -> None:
    assert "no figure" in description(sparkline(time_series([])))


def test_charts_of_one_lesson_have_the_same_time_axis(series: TimeSeries) -> None:
    span = lesson_span(series)
    reports = [ReportSample(time, 12, 3, ReportCounts(ok=2, lost=3), 1) for time in (10.0, 290.0)]
    charts = (
        valence_chart(series, span=span),
        expression_chart(series, span=span),
        coverage_chart(series, span=span),
        reports_chart(reports, span=span),
    )
    for chart in charts:
        places = {
            element.text: element.attrib["x"]
            for element in parsed(chart).iter(f"{SVG}text")
            if ":" in (element.text or "")
        }
        assert places == {
            element.text: element.attrib["x"]
            for element in parsed(charts[0]).iter(f"{SVG}text")
            if ":" in (element.text or "")
        }
        assert "0:00" in places
        assert parsed(chart).attrib["viewBox"].startswith(f"0 0 {svg_plot.WIDTH:.0f} ")


def test_chart_legend_lists_the_expressions_in_the_order_of_the_stacked_areas(
    series: TimeSeries,
) -> None:
    chart = expression_chart(series)
    stacked = [area[0].text for area in parsed(chart).iter(f"{SVG}polygon")]
    listed = [text for text in texts(chart) if text in {str(e) for e in Expression}]
    assert stacked == listed
    assert stacked == ["angry", "disgust", "fear", "sad", "neutral", "surprise", "happy"]


def test_gap_in_a_chart_is_drawn_with_its_reason(moods: list[RoomMood]) -> None:
    paused = [mood for mood in moods if not 100 < mood.time < 160]
    few = [
        replace(mood, readable=4, scores=None) if 200 < mood.time < 280 else mood for mood in paused
    ]
    chart = valence_chart(time_series(few), span=(0.0, 300.0))
    gaps = [each.text for each in parsed(chart).iter(f"{SVG}title")]
    assert [gap.split(": ")[1] for gap in gaps if gap] == [
        "nothing recorded",
        "fewer than 5 readable",
    ]
    assert gaps[0] is not None
    assert gaps[0].startswith("1:4")
    assert "nothing recorded" in coverage_chart(time_series(few))
    assert "fewer than 5" not in coverage_chart(time_series(few))


def test_time_before_the_first_recorded_value_is_drawn_as_a_gap(series: TimeSeries) -> None:
    late = replace(series, times=series.times + 100)
    assert "0:00 to 1:" in valence_chart(late, span=(0.0, 400.0))
    assert "nothing recorded" not in valence_chart(series, span=(0.0, 300.0))


def test_expected_number_of_people_is_drawn_and_labelled(series: TimeSeries) -> None:
    chart = coverage_chart(series, expected=28)
    assert "28 expected (dashed)" in texts(chart)
    assert description(chart).startswith("People present: between 12 and 12; ")
    assert "; 28 expected; " in description(chart)
    (line,) = [p for p in parsed(chart).iter(f"{SVG}path") if "stroke-dasharray" in p.attrib]
    # The expected number is the highest value, so its line is at the top of the plot.
    assert line.attrib["d"].split(",")[1].startswith("8.0")


def test_button_report_chart_has_gaps_for_missing_samples_and_fewer_than_five_people(
    series: TimeSeries,
) -> None:
    samples = [ReportSample(5.0 * n, 28, 19, ReportCounts(4, n, 1, 1), 0) for n in range(1, 6)]
    samples.append(ReportSample(30.0, 4))
    samples += [ReportSample(5.0 * n, 28, 19, ReportCounts(4, 2, 1, 1), 0) for n in (7, 8)]
    samples += [ReportSample(5.0 * n, 28, 19, ReportCounts(4, 2, 1, 1), 0) for n in (30, 31)]
    chart = reports_chart(samples, span=lesson_span(series))
    titles = [area[0].text for area in parsed(chart).iter(f"{SVG}polygon")]
    assert titles == ["lost"] * 3 + ["slower"] * 3 + ["faster"] * 3 + ["follow"] * 3
    assert "lost: between 1 and 5" in description(chart)
    assert "nan" not in chart
    silent = reports_chart([ReportSample(5.0, 4)], span=(0.0, 60.0))
    assert "no figure" in description(silent)
