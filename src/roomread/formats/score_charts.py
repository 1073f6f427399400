"""Draw the seven probabilities of faces as SVG text: of a moment, over time, of each person."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from roomread.formats import svg_plot as plot
from roomread.formats.palette import BY_VALENCE, hex_color
from roomread.formats.svg_plot import PlotArea
from roomread.formats.timeline import Row
from roomread.readings import Expression, Scores, percent
from roomread.room import clock

# Width of charts that stand beside something else, px.
NARROW = 420.0
_BAR_HEIGHT, _ROW_HEIGHT = 26, 17


def score_bars(scores: Scores) -> str:
    """Return the seven probabilities as bars with their values."""
    area = PlotArea(0, 1, 0, 1, 4, _BAR_HEIGHT * len(BY_VALENCE), NARROW)
    most = area.right - plot.LEFT - 40
    parts = []
    for row, e in enumerate(BY_VALENCE):
        y, value = area.top + row * _BAR_HEIGHT, float(scores[e])
        width = max(value * most, 1)
        place = f'x="{plot.LEFT}" y="{y + 4}" width="{width:.1f}" height="{_BAR_HEIGHT - 8}"'
        parts += [
            plot.text(plot.LEFT - 6, y + 17, str(e), anchor="end"),
            f'<rect {place} fill="{hex_color(e.color)}"/>',
            plot.text(plot.LEFT + width + 6, y + 17, percent(value)),
        ]
    listed = ", ".join(f"{e} {percent(float(scores[e]))}" for e in BY_VALENCE)
    return plot.svg(area, parts, 4, f"Scores of the face: {listed}.")


def score_lines(times: Sequence[float], rows: Sequence[Scores], *, seconds: float) -> str:
    """Return the seven probabilities over the last moments as lines.

    Args:
        times: the times of the rows relative to now, s, 0 or negative.
        rows: the probabilities, one per time.
        seconds: the length of the time axis.
    """
    area = PlotArea(-seconds, 0, 0, 1, 8, 170)
    at = np.array(times, dtype=np.float64)
    parts = [plot.axes(area, plot.HALVES)]
    for e in BY_VALENCE:
        values = np.array([row[e] for row in rows], dtype=np.float64)
        style = f'stroke="{hex_color(e.color)}" stroke-width="2"'
        parts.append(plot.line(area, at, values, style))
    parts.append(plot.legend([(str(e), hex_color(e.color)) for e in BY_VALENCE], area))
    now = f": now {rows[-1].top} {percent(float(rows[-1][rows[-1].top]))}" if rows else ""
    description = f"Scores of the chosen face over the last {seconds:.0f} seconds{now}."
    return plot.svg(area, parts, plot.LEGEND_HEIGHT, description)


def room_chart(rows: Sequence[Row]) -> str:
    """Return the mean scores of all people of a video over time, stacked.

    Args:
        rows: the mean scores of each person in each second, at least one.
    """
    area = PlotArea(0, _end(rows), 0, 1, 8, 200)
    times, means = _means(rows)
    parts = [plot.axes(area, plot.HALVES), *plot.stacked_expressions(area, times, means)]
    overall = np.nanmean(means, axis=0)
    listed = ", ".join(f"{e} {overall[e]:.0%}" for e in BY_VALENCE)
    description = f"Mean scores of all people until {clock(area.end)}: on average {listed}."
    return plot.svg(area, parts, plot.LEGEND_HEIGHT, description)


def people_chart(rows: Sequence[Row]) -> str:
    """Return the likeliest expression of each person in each second, one row per person.

    Args:
        rows: the mean scores of each person in each second, at least one.
    """
    people = sorted({person for _second, person, _scores in rows})
    area = PlotArea(0, _end(rows), 0, len(people), 8, _ROW_HEIGHT * len(people))
    places = {person: area.top + _ROW_HEIGHT * row for row, person in enumerate(people)}
    width = area.x(1) - area.x(0) + 0.3
    parts = [
        plot.text(plot.LEFT - 6, y + 13, f"#{person}", anchor="end") for person, y in places.items()
    ]
    for second, person, scores in rows:
        top = Expression(int(scores.argmax()))
        title = f"#{person}, {clock(second)}: {top} {percent(float(scores[top]))}"
        parts.append(
            f'<rect x="{area.x(second):.1f}" y="{places[person]}" width="{width:.1f}" '
            f'height="{_ROW_HEIGHT - 1}" fill="{hex_color(top.color)}">{plot.tooltip(title)}</rect>'
        )
    parts.append(plot.time_axis(area))
    parts.append(plot.legend([(str(e), hex_color(e.color)) for e in BY_VALENCE], area))
    count = f"{len(people)} {'person' if len(people) == 1 else 'people'}"
    description = f"Likeliest expression of {count} in each second until {clock(area.end)}."
    return plot.svg(area, parts, plot.LEGEND_HEIGHT, description)


def _end(rows: Sequence[Row]) -> float:
    return float(max(second for second, _person, _scores in rows) + 1)


def _means(rows: Sequence[Row]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the seconds, float64 [N], and the mean scores of all people in them, float64 [N, 7].

    A score is drawn from the start to the end of its second; seconds without a face are NaN.
    """
    end = int(_end(rows))
    sums, counts = np.zeros((end, len(Expression))), np.zeros((end, 1))
    for second, _person, scores in rows:
        sums[second] += scores
        counts[second] += 1
    means = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
    edges = np.arange(end, dtype=np.float64)
    times = np.column_stack([edges, edges + 1]).ravel()
    return times, np.repeat(means, 2, axis=0)
