"""Draw the charts of a session as SVG text, for the web app and for reports."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from roomread.formats import palette
from roomread.formats import svg_plot as plot
from roomread.formats.palette import BY_VALENCE, hex_color
from roomread.formats.svg_plot import PlotArea
from roomread.joining.reports import ReportSample, Say
from roomread.room import MIN_PEOPLE, Alert, Change, clock
from roomread.room.session import Mark
from roomread.room.stretches import FallenStretch
from roomread.store.summary import TimeSeries

# The times at the left and at the right edge of a chart, s.
Span = tuple[float, float]

# Seconds from the start of a lesson to its first moment from which on the time between counts as a
# gap.
_LATE_START = 15.0
_BLUE, _GREY = hex_color(palette.VALENCE), hex_color(palette.USUAL)
_ORANGE, _RED = hex_color(palette.FALL), hex_color(palette.ALERT)
_TOO_FEW = f"fewer than {MIN_PEOPLE} readable"
# From what is hard to what is easy.
_REPORTS = {
    Say.LOST: ("lost", palette.FALL),
    Say.SLOWER: ("slower", palette.SERIES[3][0]),
    Say.FASTER: ("faster", palette.VALENCE),
    Say.OK: ("follow", palette.SERIES[2][0]),
}
# Samples of reports that are farther apart have a gap between them, s.
_REPORT_GAP = 15.0
_NOTHING = "nothing recorded"
# Width and height of a sparkline, px.
_SPARKLINE = (240.0, 40.0)


@dataclass(frozen=True, slots=True)
class Notes:
    """What is drawn beside the valence.

    Attributes:
        marks: drawn as vertical lines with their labels.
        changes: lasting changes, drawn as triangles.
        alerts: drawn as circles at the bottom.
        stretches: times in which the valence had fallen, drawn as shaded areas.
    """

    marks: Sequence[Mark] = ()
    changes: Sequence[Change] = ()
    alerts: Sequence[Alert] = ()
    stretches: Sequence[FallenStretch] = ()


def valence_chart(
    series: TimeSeries,
    notes: Notes = Notes(),
    *,
    span: Span | None = None,
    size: tuple[float, float] = (plot.WIDTH, 250),
) -> str:
    """Return the valence of a room over time with its 95 % interval and its dashed baseline.

    Args:
        series: the moods of the session.
        notes: what is drawn beside them.
        span: the span of the chart; None for that of the moods.
        size: width of the chart, and height of the plot without its labels, px.
    """
    width, height = size
    top = 34 if notes.marks else 8
    area = PlotArea(*(span or _span(series)), -1, 1, top, height, width)
    times = series.times
    # Five labels would overlap in a low chart.
    levels = (-1, -0.5, 0, 0.5, 1) if height > 150 else (-1, 0, 1)
    parts = [
        *(_stretch(area, stretch) for stretch in notes.stretches),
        *_gaps(area, series),
        plot.axes(area, plot.valence_levels(*levels)),
        plot.band(area, times, series.low, series.high, f'fill="{_BLUE}" opacity="0.25"'),
        plot.line(area, times, series.baseline, f'stroke="{_GREY}" stroke-dasharray="6 4"'),
        plot.line(area, times, series.valence, f'stroke="{_BLUE}" stroke-width="2"'),
        *_marks(area, [mark for mark in notes.marks if mark.time <= area.end]),
        *(_change(area, change) for change in notes.changes),
        *(_alert(area, alert) for alert in notes.alerts),
    ]
    counts: tuple[tuple[Sequence[object], str], ...] = (
        (notes.marks, "mark"),
        (notes.changes, "lasting change"),
        (notes.alerts, "alert"),
        (notes.stretches, "shaded fall"),
    )
    drawn = "".join(f"; {_count(len(each), what)}" for each, what in counts if each)
    description = f"Valence of the room{_during(area)}{_range(series.valence, '+.2f')}{drawn}."
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
        plot.line(area, series.times, series.valence, f'stroke="{_BLUE}" stroke-width="2"'),
    ]
    return plot.svg(area, parts, 2, f"Valence of the room{_range(series.valence, '+.2f')}.")


def expression_chart(series: TimeSeries, *, span: Span | None = None) -> str:
    """Return the shares of the seven expressions over time, stacked from unpleasant to pleasant.

    Args:
        series: the moods of the session.
        span: the span of the chart; None for that of the moods.
    """
    area = PlotArea(*(span or _span(series)), 0, 1, 8, 200)
    parts = [
        *_gaps(area, series),
        plot.axes(area, plot.HALVES),
        *plot.stacked_expressions(area, series.times, series.scores),
    ]
    shares = _mean_shares(series.scores)
    description = f"Shares of the expressions of the readable people{_during(area)}{shares}."
    return plot.svg(area, parts, plot.LEGEND_HEIGHT, description)


def coverage_chart(
    series: TimeSeries, *, expected: int | None = None, span: Span | None = None
) -> str:
    """Return how many people were present over time, and how many of them could be read.

    Args:
        series: the moods of the session.
        expected: the number of people in the class, drawn as a dashed line; None if it is unknown.
        span: the span of the chart; None for that of the moods.
    """
    most = max(float(np.nanmax(series.present, initial=0)), float(expected or 0), 1.0)
    area = PlotArea(*(span or _span(series)), 0, most, 8, 110)
    zero = np.zeros(len(series.times))
    style = f'fill="{_GREY}" fill-opacity="0.35" stroke="{_GREY}"'
    parts = [
        *_gaps(area, series, present=True),
        plot.axes(area, plot.count_levels(most)),
        plot.band(area, series.times, zero, series.present, style, "present"),
        plot.band(area, series.times, zero, series.readable, f'fill="{_BLUE}"', "readable"),
    ]
    legend = [("present", _GREY), ("readable", _BLUE)]
    wanted = ""
    if expected is not None:
        wanted = f" of {expected} expected"
        line = f'd="M{plot.LEFT},{area.y(expected):.1f} H{area.right:.0f}"'
        dashes = f'stroke="{_ORANGE}" stroke-width="2" stroke-dasharray="6 4"'
        parts.append(f"<path {line} {dashes}>{plot.tooltip(f'{expected} expected')}</path>")
        legend.append((f"{expected} expected (dashed)", _ORANGE))
    parts.append(plot.legend(legend, area))
    present, readable = _range(series.present, ".0f"), _range(series.readable, ".0f")
    description = f"People present{present}{wanted}, and readable{readable}{_during(area)}."
    return plot.svg(area, parts, plot.LEGEND_HEIGHT, description)


def states_chart(series: TimeSeries, *, span: Span | None = None) -> str:
    """Return the share of the readable people who show each taught state over time, as lines.

    Args:
        series: the moods of the session, in which at least one state was looked for.
        span: the span of the chart; None for that of the moods.
    """
    ranges = [f"{name}{_range(shares, '.0%')}" for name, shares in series.states.items()]
    description = f"Share of the readable people who show {', '.join(ranges)}"
    return _shares_chart(series, series.states, description, span)


def away_chart(series: TimeSeries, *, span: Span | None = None) -> str:
    """Return the share of the people present whose head is turned away over time.

    Args:
        series: the moods of the session.
        span: the span of the chart; None for that of the moods.
    """
    shares = series.looking_away
    description = f"Share of the people present who look away{_range(shares, '.0%')}"
    return _shares_chart(series, {"looking away": shares}, description, span)


def _shares_chart(
    series: TimeSeries,
    shares_of: Mapping[str, NDArray[np.float64]],
    description: str,
    span: Span | None,
) -> str:
    """Return shares over time as lines, by their names."""
    area = PlotArea(*(span or _span(series)), 0, 1, 8, 110)
    parts, entries = [*_gaps(area, series), plot.axes(area, plot.HALVES)], []
    for number, (name, shares) in enumerate(shares_of.items()):
        color, dashes = palette.SERIES[number % len(palette.SERIES)]
        style = f'stroke="{hex_color(color)}" stroke-width="2" stroke-dasharray="{dashes}"'
        parts.append(plot.line(area, series.times, shares, style))
        entries.append((name, hex_color(color)))
    parts.append(plot.legend(entries, area))
    return plot.svg(area, parts, plot.LEGEND_HEIGHT, f"{description}{_during(area)}.")


def reports_chart(samples: Sequence[ReportSample], *, span: Span) -> str:
    """Return how many people pressed which button over time, stacked; a gap under five people.

    Args:
        samples: what the students of a room said, earliest first.
        span: the span of the chart.
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
    area = PlotArea(*span, 0, most, 8, 110)
    stacked = plot.stacked(area, times, counts_of, list(_REPORTS.values()))
    parts = [plot.axes(area, plot.count_levels(most)), *stacked]
    lost = _range(counts_of[:, 0], ".0f")
    return plot.svg(area, parts, plot.LEGEND_HEIGHT, f"People who are lost{lost}{_during(area)}.")


def lesson_span(series: TimeSeries) -> Span:
    """Return the span of a whole lesson, from its start to its last moment, for all its charts."""
    return 0.0, float(series.times[-1]) if len(series.times) else 1.0


def _span(series: TimeSeries) -> Span:
    start, end = (series.times[0], series.times[-1]) if len(series.times) else (0.0, 1.0)
    return float(start), float(max(end, start + 1))


def _marks(area: PlotArea, marks: Sequence[Mark]) -> list[str]:
    """Return the marks with their labels, each no longer than up to the next mark."""
    # The first mood comes later than the start of the session.
    places = [area.x(max(mark.time, area.start)) for mark in marks]
    rooms = [after - x for x, after in itertools.pairwise([*places, math.inf])]
    return [_mark(area, m.label, x, r) for m, x, r in zip(marks, places, rooms, strict=True)]


def _mark(area: PlotArea, label: str, x: float, room: float) -> str:
    # Labels near the right edge are written to the left of their line.
    is_last = x > 0.85 * area.width
    anchor, shift = ("end", -4) if is_last else ("start", 4)
    longest = 28 if is_last else min(28.0, max(room - 8, 0.0) / (0.58 * plot.FONT_SIZE))
    if len(label) > longest:
        label = label[: max(int(longest) - 1, 0)] + "…"
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
        f'<circle cx="{area.x(alert.time):.1f}" cy="{area.bottom - 8:.1f}" r="5" '
        f'fill="{palette.PAGE}" stroke="{_RED}" stroke-width="2">'
        f"{plot.tooltip(f'{clock(alert.time)}: {alert.reason}')}</circle>"
    )


def _gaps(area: PlotArea, series: TimeSeries, *, present: bool = False) -> list[str]:
    """Return grey areas for the times without a figure, each with its reason.

    Args:
        area: the plot area of the chart.
        series: the moods of the session.
        present: whether the chart has values where fewer than five people were readable.
    """
    times, half = series.times, series.step / 2
    if not len(times):
        return []
    unknown = np.isnan(series.present)
    too_few = np.zeros_like(unknown) if present else np.isnan(series.valence) & ~unknown
    parts = []
    if times[0] - area.start > _LATE_START:
        parts.append(plot.gap(area, area.start, float(times[0]) - half, _NOTHING))
    for missing, why in ((unknown, _NOTHING), (too_few, _TOO_FEW)):
        for run in plot.runs(np.where(missing, 0.0, np.nan)):
            first, last = float(times[run][0]), float(times[run][-1])
            parts.append(plot.gap(area, first - half, last + half, why))
    return parts


def _during(area: PlotArea) -> str:
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
