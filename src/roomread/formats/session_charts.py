"""Draw the charts of a session as SVG text, for the web app and for reports."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from roomread.formats import svg_plot as plot
from roomread.formats.svg_plot import PlotArea
from roomread.joining import Say
from roomread.joining.reports import ReportSample
from roomread.room import Alert, Change, clock
from roomread.room.session import Mark
from roomread.room.stretches import FallenStretch
from roomread.store.summary import BY_VALENCE, SeatMap, TimeSeries

# Colours from unpleasant over neutral to pleasant, distinguishable with every kind of colour vision
# (ColorBrewer's PuOr, Harrower and Brewer 2003).
_UNPLEASANT, _NEITHER, _PLEASANT = (179, 88, 6), (247, 247, 247), (84, 39, 136)
_ORANGE, _RED, _LIGHT_GREY = "#b35806", "#b30000", "#c9d1d8"
# From what is hard to what is easy, in the same colours.
_REPORTS = {
    Say.LOST: ("lost", _ORANGE),
    Say.SLOWER: ("slower", "#fdb863"),
    Say.FASTER: ("faster", "#b2abd2"),
    Say.OK: ("follow", "#542788"),
}
# Samples of reports that are farther apart have a gap between them, s.
_REPORT_GAP = 15.0
_SEAT_HEIGHT = 17
# Width and height of a sparkline, px.
_SPARKLINE = (240.0, 40.0)


def valence_chart(
    series: TimeSeries,
    *,
    marks: Sequence[Mark] = (),
    changes: Sequence[Change] = (),
    alerts: Sequence[Alert] = (),
    stretches: Sequence[FallenStretch] = (),
    size: tuple[float, float] = (plot.WIDTH, 250),
) -> str:
    """Return the valence of a room over time with its 95 % interval and its dashed baseline.

    Args:
        series: the moods of the session.
        marks: drawn as vertical lines with their labels.
        changes: lasting changes, drawn as triangles.
        alerts: drawn as circles at the bottom.
        stretches: times in which the valence had fallen, drawn as shaded areas.
        size: width of the chart, and height of the plot without its labels, px.
    """
    width, height = size
    area = _area(series, -1, 1, top=34 if marks else 8, height=height, width=width)
    times = series.times
    # Five labels would overlap in a low chart.
    levels = (-1, -0.5, 0, 0.5, 1) if height > 150 else (-1, 0, 1)
    parts = [
        *(_stretch(area, stretch) for stretch in stretches),
        plot.axes(area, {value: f"{value:+g}" if value else "0" for value in levels}),
        plot.band(area, times, series.low, series.high, f'fill="{plot.BLUE}" opacity="0.25"'),
        plot.line(area, times, series.baseline, f'stroke="{plot.GREY}" stroke-dasharray="6 4"'),
        plot.line(area, times, series.valence, f'stroke="{plot.BLUE}" stroke-width="2"'),
        *(_mark(area, mark) for mark in marks if mark.time <= area.end),
        *(_change(area, change) for change in changes),
        *(_alert(area, alert) for alert in alerts),
    ]
    counts: tuple[tuple[Sequence[object], str], ...] = (
        (marks, "mark"),
        (changes, "lasting change"),
        (alerts, "alert"),
        (stretches, "shaded fall"),
    )
    drawn = "".join(f"; {_count(len(each), what)}" for each, what in counts if each)
    description = f"Valence of the room{_span(area)}{_range(series.valence, '+.2f')}{drawn}."
    return plot.svg(area, parts, plot.TIMES_HEIGHT, description)


def sparkline(series: TimeSeries, *, stretches: Sequence[FallenStretch] = ()) -> str:
    """Return the valence of a room as a small line without axes.

    Args:
        series: the moods of the session.
        stretches: times in which the valence had fallen, drawn as shaded areas.
    """
    width, height = _SPARKLINE
    start, end = (series.times[0], series.times[-1]) if len(series.times) else (0.0, 1.0)
    # The left margin of other charts has their labels; here the line begins at the edge.
    right = width - plot.RIGHT
    start = end - (end - start) * (right - plot.LEFT) / right
    area = PlotArea(float(start), float(end), -1, 1, 2, height, width)
    parts = [
        *(_stretch(area, stretch) for stretch in stretches),
        plot.line(area, series.times, series.valence, f'stroke="{plot.BLUE}" stroke-width="2"'),
    ]
    return plot.svg(area, parts, 2, f"Valence of the room{_range(series.valence, '+.2f')}.")


def expression_chart(series: TimeSeries) -> str:
    """Return the shares of the seven expressions over time, stacked from unpleasant to pleasant."""
    area = _area(series, 0, 1, top=8, height=200)
    parts = [plot.axes(area, {0: "0 %", 0.5: "50 %", 1: "100 %"})]
    below = np.zeros(len(series.times))
    for e in BY_VALENCE:
        above = below + series.scores[:, e]
        color = f'fill="{plot.hex_color(e.color)}"'
        parts.append(plot.band(area, series.times, below, above, color, str(e)))
        below = above
    parts.append(plot.legend([(str(e), plot.hex_color(e.color)) for e in BY_VALENCE], area))
    shares = _mean_shares(series.scores)
    description = f"Shares of the expressions of the readable people{_span(area)}{shares}."
    return plot.svg(area, parts, plot.LEGEND_HEIGHT, description)


def coverage_chart(series: TimeSeries) -> str:
    """Return how many people were present over time, and how many of them could be read."""
    most = max(float(np.nanmax(series.present, initial=0)), 1.0)
    area = _area(series, 0, most, top=8, height=110)
    step = max(round(most / 4), 1)
    zero = np.zeros(len(series.times))
    colors = {"present": _LIGHT_GREY, "readable": plot.BLUE}
    parts = [plot.axes(area, {n: str(n) for n in range(0, math.floor(most) + 1, step)})]
    for name, values in (("present", series.present), ("readable", series.readable)):
        style = f'fill="{colors[name]}"'
        parts.append(plot.band(area, series.times, zero, values, style, name))
    parts.append(plot.legend([*colors.items()], area))
    present, readable = _range(series.present, ".0f"), _range(series.readable, ".0f")
    description = f"People present{present} and readable{readable}{_span(area)}."
    return plot.svg(area, parts, plot.LEGEND_HEIGHT, description)


def reports_chart(samples: Sequence[ReportSample], series: TimeSeries) -> str:
    """Return how many people pressed which button over time, stacked; a gap under five people.

    Args:
        samples: what the students of a room said, earliest first.
        series: the moods of the session, which have its time axis.
    """
    rows: list[tuple[float, ...]] = []
    for sample in samples:
        counts = sample.reports
        said = [math.nan if counts is None else getattr(counts, say.value) for say in _REPORTS]
        if rows and sample.time - rows[-1][0] > _REPORT_GAP:
            rows.append(((rows[-1][0] + sample.time) / 2, *[math.nan] * len(said)))
        rows.append((sample.time, *said))
    table = np.array(rows, dtype=np.float64).reshape(-1, 1 + len(_REPORTS))
    times, counts_of = table[:, 0], table[:, 1:]
    totals = counts_of.sum(axis=1)
    most = max(float(np.nanmax(totals, initial=0)), 5.0)
    area = _area(series, 0, most, top=8, height=110)
    step = max(round(most / 4), 1)
    parts = [plot.axes(area, {n: str(n) for n in range(0, math.floor(most) + 1, step)})]
    below = np.zeros(len(times))
    for (name, color), values in zip(_REPORTS.values(), counts_of.T, strict=True):
        above = below + values
        parts.append(plot.band(area, times, below, above, f'fill="{color}"', name))
        below = above
    parts.append(plot.legend([*_REPORTS.values()], area))
    lost = _range(counts_of[:, 0], ".0f")
    return plot.svg(area, parts, plot.LEGEND_HEIGHT, f"People who are lost{lost}{_span(area)}.")


def seat_chart(seats: SeatMap) -> str:
    """Return the valence of each seat over time, one row per seat."""
    count, steps = seats.valence.shape
    area = PlotArea(0, steps * seats.step, 0, count, 8, _SEAT_HEIGHT * count)
    parts = [_seat_row(area, seats, row) for row in range(count)]
    parts.append(plot.time_axis(area))
    legend = [
        ("unpleasant", plot.hex_color(_UNPLEASANT)),
        ("neither", plot.hex_color(_NEITHER)),
        ("pleasant", plot.hex_color(_PLEASANT)),
        ("not readable", _LIGHT_GREY),
        ("not seen", "none"),
    ]
    parts.append(plot.legend(legend, area))
    description = f"Valence of {_count(count, 'seat')}{_span(area)}, one row per seat."
    return plot.svg(area, parts, plot.LEGEND_HEIGHT, description)


def _area(
    series: TimeSeries,
    low: float,
    high: float,
    *,
    top: float,
    height: float,
    width: float = plot.WIDTH,
) -> PlotArea:
    start, end = (series.times[0], series.times[-1]) if len(series.times) else (0.0, 1.0)
    return PlotArea(float(start), float(max(end, start + 1)), low, high, top, height, width)


def _mark(area: PlotArea, mark: Mark) -> str:
    # The first mood comes later than the start of the session.
    x = area.x(max(mark.time, area.start))
    # Labels near the right edge are written to the left of their line.
    anchor, shift = ("end", -4) if x > 0.85 * area.width else ("start", 4)
    label = mark.label if len(mark.label) <= 28 else mark.label[:27] + "…"
    return (
        f'<path d="M{x:.1f},14 V{area.bottom:.1f}" stroke="currentColor" opacity="0.55"/>'
        + plot.text(x + shift, 24, label, anchor=anchor)
    )


def _stretch(area: PlotArea, stretch: FallenStretch) -> str:
    left, right = area.x(stretch.start), area.x(min(stretch.end, area.end))
    title = (
        f"{clock(stretch.start)} to {clock(stretch.end)}: {stretch.during:+.2f} "
        f"instead of {stretch.before:+.2f}"
    )
    return (
        f'<rect x="{left:.1f}" y="{area.top:.1f}" width="{max(right - left, 1):.1f}" '
        f'height="{area.bottom - area.top:.1f}" fill="{_ORANGE}" opacity="0.16">'
        f"{plot.tooltip(title)}</rect>"
    )


def _change(area: PlotArea, change: Change) -> str:
    x, y = area.x(change.time), area.y(change.after)
    tip = 10 if change.after < change.before else -10
    title = f"{clock(change.time)}: from {change.before:+.2f} to {change.after:+.2f}"
    return (
        f'<path d="M{x - 7:.1f},{y - tip:.1f} h14 l-7,{tip} z" fill="{_ORANGE}">'
        f"{plot.tooltip(title)}</path>"
    )


def _alert(area: PlotArea, alert: Alert) -> str:
    return (
        f'<circle cx="{area.x(alert.time):.1f}" cy="{area.bottom - 8:.1f}" r="5" fill="#fff" '
        f'stroke="{_RED}" stroke-width="2">'
        f"{plot.tooltip(f'{clock(alert.time)}: {alert.reason}')}</circle>"
    )


def _seat_row(area: PlotArea, seats: SeatMap, row: int) -> str:
    y = area.top + _SEAT_HEIGHT * row
    # Slightly wider than a step, because rounding would leave gaps between the steps.
    width = area.x(seats.step) - area.x(0) + 0.3
    seat = seats.seats[row]
    name = seats.names.get(seat, "")
    label = plot.text(plot.LEFT - 6, y + 13, name[:8] or str(seat), anchor="end")
    parts = [f"<g>{plot.tooltip(name)}{label}</g>" if name else label]
    for column in np.flatnonzero(seats.seen[row]):
        value = float(seats.valence[row, column])
        color = _LIGHT_GREY if math.isnan(value) else _diverging(value)
        parts.append(
            f'<rect x="{area.x(float(column) * seats.step):.1f}" y="{y}" width="{width:.1f}" '
            f'height="{_SEAT_HEIGHT - 1}" fill="{color}"/>'
        )
    return "".join(parts)


def _diverging(value: float) -> str:
    end, share = (_PLEASANT if value > 0 else _UNPLEASANT), min(abs(value), 1.0)
    red, green, blue = (round(m + share * (e - m)) for m, e in zip(_NEITHER, end, strict=True))
    return plot.hex_color((red, green, blue))


def _span(area: PlotArea) -> str:
    return f" from {clock(area.start)} to {clock(area.end)}"


def _range(values: NDArray[np.float64], form: str) -> str:
    """Return the minimum and the maximum as words; "no figure" if all values are NaN."""
    known = values[~np.isnan(values)]
    if not len(known):
        return ": no figure"
    return f": between {known.min():{form}} and {known.max():{form}}"


def _mean_shares(scores: NDArray[np.float64]) -> str:
    known = scores[~np.isnan(scores[:, 0])]
    if not len(known):
        return ": no figure"
    means = known.mean(axis=0)
    return ": on average " + ", ".join(f"{e} {means[e]:.0%}" for e in BY_VALENCE)


def _count(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
