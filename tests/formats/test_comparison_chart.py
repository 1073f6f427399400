from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from classes import lesson
from roomread.formats.comparison_chart import MOST_LESSONS, ComparedLesson, comparison_chart
from roomread.room import RoomMeter
from roomread.store.summary import TimeSeries, time_series

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def series() -> TimeSeries:
    meter = RoomMeter()
    found = (meter.update(time, readings) for time, readings in lesson(240, people=8, every=4.0))
    return time_series([mood for mood in found if mood is not None])


def lines(chart: str) -> list[ET.Element]:
    root = ET.fromstring(chart)  # noqa: S314 (our own)
    return [*root.iter(f"{SVG}polyline")]


def first_x(line: ET.Element) -> float:
    return float(line.attrib["points"].split(",")[0])


def test_compared_lessons_are_aligned_at_a_chosen_time_of_each_lesson(series: TimeSeries) -> None:
    early, late = ComparedLesson("A", series, 60.0), ComparedLesson("B", series, 120.0)
    chart = comparison_chart([early, late])
    first, second = lines(chart)
    assert first_x(first) > first_x(second)
    texts = [element.text for element in ET.fromstring(chart).iter(f"{SVG}text")]  # noqa: S314
    assert {"-1:00", "0:00", "1:00", "A", "B"} <= set(texts)


def test_line_of_each_lesson_has_a_different_colour_and_dash_pattern(series: TimeSeries) -> None:
    chart = comparison_chart([ComparedLesson(str(n), series, 0.0) for n in range(MOST_LESSONS)])
    looks = {(line.attrib["stroke"], line.attrib["stroke-dasharray"]) for line in lines(chart)}
    assert len(looks) == MOST_LESSONS


def test_names_of_lessons_are_escaped(series: TimeSeries) -> None:
    chart = comparison_chart([ComparedLesson('<script>"', series, 0.0)])
    assert "<script" not in chart
    ET.fromstring(chart)  # noqa: S314 (our own)
