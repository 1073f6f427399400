from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from roomread.formats import svg_plot
from roomread.locales import ENGLISH

SVG = "{http://www.w3.org/2000/svg}"
AREA = svg_plot.PlotArea(0, 100, 0, 1, 10, 200)


def parsed(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314 (our own)


@pytest.mark.parametrize("minutes", [1, 5, 45, 90, 300])
def test_time_labels_never_overlap(minutes: int) -> None:
    area = svg_plot.PlotArea(0, 60 * minutes, 0, 1, 0, 100)
    axis = f'<svg xmlns="http://www.w3.org/2000/svg">{svg_plot.time_axis(area)}</svg>'
    places = [float(element.attrib["x"]) for element in parsed(axis).iter(f"{SVG}text")]
    assert len(places) >= 4
    assert min(np.diff(places)) > 4.5 * svg_plot.FONT_SIZE


def test_plot_area_maps_the_limits_of_its_axes_to_its_edges() -> None:
    area = svg_plot.PlotArea(0, 100, -1, 1, 10, 200)
    assert (area.y(1), area.y(0), area.y(-1)) == (10, 110, 210)
    assert (area.x(0), area.x(100)) == (svg_plot.LEFT, svg_plot.WIDTH - svg_plot.RIGHT)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], []),
        ([np.nan, np.nan], []),
        ([1, 2], [(0, 2)]),
        ([np.nan, 1, np.nan, np.nan, 2, 3, np.nan], [(1, 2), (4, 6)]),
    ],
)
def test_runs_returns_the_slices_of_consecutive_values_without_nan(
    values: list[float], expected: list[tuple[int, int]]
) -> None:
    found = svg_plot.runs(np.array(values, float))
    assert [(run.start, run.stop) for run in found] == expected


def test_text_and_description_of_a_chart_are_escaped() -> None:
    label = 'a <b> & "c"'
    chart = svg_plot.svg(AREA, [svg_plot.text(1, 2, label)], 30, label)
    root = parsed(chart)
    assert root.attrib["aria-label"] == label
    assert [element.text for element in root.iter(f"{SVG}text")] == [label]
    assert root.attrib["viewBox"] == "0 0 900 240"


def test_time_range_of_zero_length_is_drawn_at_the_left_edge() -> None:
    moment = svg_plot.PlotArea(5, 5, 0, 1, 0, 100)
    assert moment.x(5) == svg_plot.LEFT
    assert svg_plot.time_axis(moment).count("<text") == 1


def test_times_before_zero_are_written_with_a_minus_sign() -> None:
    assert svg_plot.signed_clock(-90) == "-1:30"
    assert svg_plot.signed_clock(90) == "1:30"
    axis = svg_plot.time_axis(svg_plot.PlotArea(-60, 60, 0, 1, 0, 100))
    assert ">-1:00<" in axis
    assert ">0:00<" in axis


def test_band_between_two_curves_is_one_closed_polygon_for_each_run_without_nan() -> None:
    times = np.arange(5.0) * 10
    low = np.array([0, 0, np.nan, 0.5, 0.5])
    drawn = svg_plot.band(AREA, times, low, low + 0.25, 'fill="red"', "shares <1>")
    first, second = parsed(f'<svg xmlns="{SVG[1:-1]}">{drawn}</svg>').iter(f"{SVG}polygon")
    assert first[0].text == "shares <1>"
    points = [point.split(",") for point in first.attrib["points"].split()]
    assert [point[1] for point in points] == ["160.0", "160.0", "210.0", "210.0"]
    assert points[0][0] == points[-1][0]
    assert len(second.attrib["points"].split()) == 4


def test_each_stacked_area_starts_where_the_area_below_ends() -> None:
    values = np.array([[0.25, 0.75], [0.5, 0.5]])
    low, high, legend = svg_plot.stacked(
        AREA, np.array([0.0, 100.0]), values, [("a", (0, 0, 0)), ("b", (9, 9, 9))]
    )
    assert "72.0,160.0 888.0,110.0 888.0,210.0 72.0,210.0" in low
    assert "72.0,10.0 888.0,10.0 888.0,110.0 72.0,160.0" in high
    assert legend.count("<rect") == 2


@pytest.mark.parametrize(
    ("most", "levels"),
    [(0, [0]), (3, [0, 1, 2, 3]), (5.5, [0, 1, 2, 3, 4, 5]), (30, [0, 8, 16, 24])],
)
def test_count_axis_is_labelled_with_whole_numbers(most: float, levels: list[int]) -> None:
    assert svg_plot.count_levels(most) == {n: str(n) for n in levels}


def test_share_axis_has_percent_labels_and_valence_axis_has_signed_labels() -> None:
    assert svg_plot.share_levels(ENGLISH) == {0: "0%", 0.5: "50%", 1: "100%"}
    levels = svg_plot.valence_levels(-0.5, 0, 1, words=ENGLISH)
    assert levels == {-0.5: "-0.5", 0: "0", 1: "+1"}


def test_reason_of_a_gap_is_written_only_if_the_gap_is_wide_enough() -> None:
    wide = svg_plot.gap(AREA, 10, 90, "paused", ENGLISH)
    narrow = svg_plot.gap(AREA, 10, 11, "paused", ENGLISH)
    for drawn in (wide, narrow):
        assert "<title>0:1" in drawn
    assert ">paused</text>" in wide
    assert "<text" not in narrow
    # A gap that extends beyond the chart is cut off at the edges of the chart.
    beyond = parsed(svg_plot.gap(AREA, -50, 500, "paused", ENGLISH))[0].attrib
    assert (float(beyond["x"]), float(beyond["width"])) == (72, 816)
