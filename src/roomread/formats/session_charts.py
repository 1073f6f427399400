"""Draw the charts of a session as SVG text, for the web app and for reports."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from roomread.formats import chart_words, palette
from roomread.formats import svg_plot as plot
from roomread.formats.core_words import alert_text
from roomread.formats.palette import hex_color
from roomread.formats.svg_plot import PlotArea
from roomread.joining.reports import ReportSample, Say
from roomread.locales import ENGLISH, Translator
from roomread.room import MIN_PEOPLE, Alert, Change, clock
from roomread.room.session import Mark
from roomread.room.stretches import FallenStretch
from roomread.store.summary import TimeSeries

# The times at the left and at the right edge of a chart, s.
Span = tuple[float, float]

# If the first mood of a lesson is later than this, s, the time before it is drawn as a gap.
_LATE_START = 15.0
_BLUE, _GREY = hex_color(palette.VALENCE), hex_color(palette.USUAL)
_ORANGE, _RED = hex_color(palette.FALL), hex_color(palette.ALERT)
# The colour of each button report, in stacking order: from "lost" to "follow".
_REPORTS = {
    Say.LOST: palette.FALL,
    Say.SLOWER: palette.SERIES[3][0],
    Say.FASTER: palette.VALENCE,
    Say.OK: palette.SERIES[2][0],
}
# Samples of reports that are farther apart than this have a gap between them, s.
_REPORT_GAP = 15.0
# Width and height of a sparkline, px.
_SPARKLINE = (240.0, 40.0)


@dataclass(frozen=True, slots=True)
class Notes:
    """Additional elements of the valence chart.

    Attributes:
        marks: The marks, drawn as vertical lines with their labels.
        changes: The lasting changes, drawn as triangles.
        alerts: The alerts, drawn as circles at the bottom.
        stretches: The times in which the valence had fallen, drawn as shaded areas.
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
    words: Translator = ENGLISH,
) -> str:
    """Return a chart of a room's valence over time, with its 95 % interval and dashed baseline.

    Args:
        series: The moods of the session.
        notes: Additional elements to draw, such as marks.
        span: The time range of the chart; None for the time range of the moods.
        size: Width of the chart, and height of the plot without its labels, px.
        words: The translator for the reader's language.
    """
    width, height = size
    top = 34 if notes.marks else 8
    area = PlotArea(*(span or _span(series)), -1, 1, top, height, width)
    times = series.times
    # Five labels would overlap in a low chart.
    levels = (-1, -0.5, 0, 0.5, 1) if height > 150 else (-1, 0, 1)
    parts = [
        *(_stretch(area, stretch, words) for stretch in notes.stretches),
        *_gaps(area, series, words),
        plot.axes(area, plot.valence_levels(*levels, words=words)),
        plot.band(area, times, series.low, series.high, f'fill="{_BLUE}" opacity="0.25"'),
        plot.line(area, times, series.baseline, f'stroke="{_GREY}" stroke-dasharray="6 4"'),
        plot.line(area, times, series.valence, f'stroke="{_BLUE}" stroke-width="2"'),
        *_marks(area, [mark for mark in notes.marks if mark.time <= area.end]),
        *(_change(area, change, words) for change in notes.changes),
        *(_alert(area, alert, words) for alert in notes.alerts),
    ]
    what = words.gettext("Valence of the room")
    ranged = chart_words.value_range(what, series.valence, words.signed, words)
    description = chart_words.joined(
        [ranged, chart_words.during(area, words), *_counts(notes, words)]
    )
    return plot.svg(area, parts, plot.TIMES_HEIGHT, description)


def _counts(notes: Notes, words: Translator) -> list[str]:
    """Return texts such as "2 marks" for marks, changes, alerts and falls; zeros are left out."""
    tn = words.ngettext
    marks, changes = len(notes.marks), len(notes.changes)
    alerts, stretches = len(notes.alerts), len(notes.stretches)
    counts = {
        tn("{n} mark", "{n} marks", marks): marks,
        tn("{n} lasting change", "{n} lasting changes", changes): changes,
        tn("{n} alert", "{n} alerts", alerts): alerts,
        tn("{n} shaded fall", "{n} shaded falls", stretches): stretches,
    }
    return [text for text, count in counts.items() if count]


def sparkline(
    series: TimeSeries,
    *,
    stretches: Sequence[FallenStretch] = (),
    words: Translator = ENGLISH,
) -> str:
    """Return a small chart of a room's valence as a line without axes.

    Args:
        series: The moods of the session.
        stretches: Times in which the valence had fallen, drawn as shaded areas.
        words: The translator for the reader's language.
    """
    width, height = _SPARKLINE
    start, end = (series.times[0], series.times[-1]) if len(series.times) else (0.0, 1.0)
    # Other charts have labels in the left margin; this line starts at the left edge.
    right = width - plot.RIGHT
    start = end - (end - start) * (right - plot.LEFT) / right
    area = PlotArea(float(start), float(end), -1, 1, 2, height, width)
    parts = [
        *(_stretch(area, stretch, words) for stretch in stretches),
        plot.line(area, series.times, series.valence, f'stroke="{_BLUE}" stroke-width="2"'),
    ]
    what = words.gettext("Valence of the room")
    ranged = chart_words.value_range(what, series.valence, words.signed, words)
    return plot.svg(area, parts, 2, chart_words.joined([ranged]))


def expression_chart(
    series: TimeSeries, *, span: Span | None = None, words: Translator = ENGLISH
) -> str:
    """Return a chart of the expressions' shares over time, stacked from unpleasant to pleasant.

    Args:
        series: The moods of the session.
        span: The time range of the chart; None for the time range of the moods.
        words: The translator for the reader's language.
    """
    area = PlotArea(*(span or _span(series)), 0, 1, 8, 200)
    parts = [
        *_gaps(area, series, words),
        plot.axes(area, plot.share_levels(words)),
        *plot.stacked_expressions(area, series.times, series.scores, words),
    ]
    description = chart_words.joined(
        [chart_words.mean_shares(series.scores, words), chart_words.during(area, words)]
    )
    return plot.svg(area, parts, plot.LEGEND_HEIGHT, description)


def coverage_chart(
    series: TimeSeries,
    *,
    expected: int | None = None,
    span: Span | None = None,
    words: Translator = ENGLISH,
) -> str:
    """Return a chart of the numbers of present and of readable people over time.

    Args:
        series: The moods of the session.
        expected: The number of people in the class, drawn as a dashed line; None if it is unknown.
        span: The time range of the chart; None for the time range of the moods.
        words: The translator for the reader's language.
    """
    most = max(float(np.nanmax(series.present, initial=0)), float(expected or 0), 1.0)
    area = PlotArea(*(span or _span(series)), 0, most, 8, 110)
    zero = np.zeros(len(series.times))
    style = f'fill="{_GREY}" fill-opacity="0.35" stroke="{_GREY}"'
    present, readable = words.gettext("present"), words.gettext("readable")
    parts = [
        *_gaps(area, series, words, present=True),
        plot.axes(area, plot.count_levels(most)),
        plot.band(area, series.times, zero, series.present, style, present),
        plot.band(area, series.times, zero, series.readable, f'fill="{_BLUE}"', readable),
    ]
    legend = [(present, _GREY), (readable, _BLUE)]
    described = [
        chart_words.value_range(
            words.gettext("People present"), series.present, chart_words.whole, words
        ),
        chart_words.value_range(readable, series.readable, chart_words.whole, words),
    ]
    if expected is not None:
        text = words.gettext("{n} expected", n=expected)
        line = f'd="M{plot.LEFT},{area.y(expected):.1f} H{area.right:.0f}"'
        dashes = f'stroke="{_ORANGE}" stroke-width="2" stroke-dasharray="6 4"'
        parts.append(f"<path {line} {dashes}>{plot.tooltip(text)}</path>")
        legend.append((words.gettext("{n} expected (dashed)", n=expected), _ORANGE))
        described.append(text)
    parts.append(plot.legend(legend, area))
    description = chart_words.joined([*described, chart_words.during(area, words)])
    return plot.svg(area, parts, plot.LEGEND_HEIGHT, description)


def states_chart(
    series: TimeSeries, *, span: Span | None = None, words: Translator = ENGLISH
) -> str:
    """Return a chart over time of the share of readable people who show each taught state.

    Args:
        series: The moods of the session, with at least one taught state.
        span: The time range of the chart; None for the time range of the moods.
        words: The translator for the reader's language.
    """
    what = words.gettext("Share of the readable people who show a taught state")
    return _shares_chart(series, series.states, what, span, words)


def away_chart(series: TimeSeries, *, span: Span | None = None, words: Translator = ENGLISH) -> str:
    """Return a chart over time of the share of the people present who look away.

    Args:
        series: The moods of the session.
        span: The time range of the chart; None for the time range of the moods.
        words: The translator for the reader's language.
    """
    shares = {words.gettext("looking away"): series.looking_away}
    what = words.gettext("Share of the people present who look away")
    return _shares_chart(series, shares, what, span, words)


def _shares_chart(
    series: TimeSeries,
    shares_of: Mapping[str, NDArray[np.float64]],
    what: str,
    span: Span | None,
    words: Translator,
) -> str:
    """Return a chart with a line over time for each named share, 0..1."""
    area = PlotArea(*(span or _span(series)), 0, 1, 8, 110)
    parts = [*_gaps(area, series, words), plot.axes(area, plot.share_levels(words))]
    entries = []
    for number, (name, shares) in enumerate(shares_of.items()):
        color, dashes = palette.SERIES[number % len(palette.SERIES)]
        style = f'stroke="{hex_color(color)}" stroke-width="2" stroke-dasharray="{dashes}"'
        parts.append(plot.line(area, series.times, shares, style))
        entries.append((name, hex_color(color)))
    parts.append(plot.legend(entries, area))
    ranges = [chart_words.value_range(n, v, words.percent, words) for n, v in shares_of.items()]
    description = chart_words.joined([what, *ranges, chart_words.during(area, words)])
    return plot.svg(area, parts, plot.LEGEND_HEIGHT, description)


def reports_chart(
    samples: Sequence[ReportSample], *, span: Span, words: Translator = ENGLISH
) -> str:
    """Return a chart of how many people report "lost", "slower" and so on, as stacked areas.

    Times at which fewer than five people had joined are gaps.

    Args:
        samples: The samples of the students' button reports, earliest first.
        span: The time range of the chart.
        words: The translator for the reader's language.
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
    names = {
        Say.LOST: words.gettext("lost"),
        Say.SLOWER: words.gettext("slower"),
        Say.FASTER: words.gettext("faster"),
        Say.OK: words.gettext("follow"),
    }
    series = [(names[say], color) for say, color in _REPORTS.items()]
    parts = [
        plot.axes(area, plot.count_levels(most)),
        *plot.stacked(area, times, counts_of, series),
    ]
    lost = chart_words.value_range(
        words.gettext("People who are lost"), counts_of[:, 0], chart_words.whole, words
    )
    return plot.svg(
        area, parts, plot.LEGEND_HEIGHT, chart_words.joined([lost, chart_words.during(area, words)])
    )


def lesson_span(series: TimeSeries) -> Span:
    """Return the time range of all charts of a lesson, from 0 to the lesson's last mood."""
    return 0.0, float(series.times[-1]) if len(series.times) else 1.0


def _span(series: TimeSeries) -> Span:
    start, end = (series.times[0], series.times[-1]) if len(series.times) else (0.0, 1.0)
    return float(start), float(max(end, start + 1))


def _marks(area: PlotArea, marks: Sequence[Mark]) -> list[str]:
    """Return the SVG of marks and their labels; each label is cut off before the next mark."""
    # A mark before the first mood is drawn at the left edge of the chart.
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


def _stretch(area: PlotArea, stretch: FallenStretch, words: Translator) -> str:
    left, right = area.x(stretch.start), area.x(min(stretch.end, area.end))
    title = words.gettext(
        "{start} to {end}: {during} instead of {before}",
        start=clock(stretch.start),
        end=clock(stretch.end),
        during=words.signed(stretch.during),
        before=words.signed(stretch.before),
    )
    return (
        f'<rect x="{left:.1f}" y="{area.top:.1f}" width="{max(right - left, 1):.1f}" '
        f'height="{area.bottom - area.top:.1f}" fill="{_ORANGE}" opacity="0.16">'
        f"{plot.tooltip(title)}</rect>"
    )


def _change(area: PlotArea, change: Change, words: Translator) -> str:
    x, y = area.x(change.time), area.y(change.after)
    tip = 10 if change.after < change.before else -10
    title = words.gettext(
        "{time}: from {before} to {after}",
        time=clock(change.time),
        before=words.signed(change.before),
        after=words.signed(change.after),
    )
    return (
        f'<path d="M{x - 7:.1f},{y - tip:.1f} h14 l-7,{tip} z" fill="{_ORANGE}">'
        f"{plot.tooltip(title)}</path>"
    )


def _alert(area: PlotArea, alert: Alert, words: Translator) -> str:
    title = f"{clock(alert.time)}: {alert_text(alert, words)}"
    return (
        f'<circle cx="{area.x(alert.time):.1f}" cy="{area.bottom - 8:.1f}" r="5" '
        f'fill="{palette.PAGE}" stroke="{_RED}" stroke-width="2">'
        f"{plot.tooltip(title)}</circle>"
    )


def _gaps(
    area: PlotArea, series: TimeSeries, words: Translator, *, present: bool = False
) -> list[str]:
    """Return grey areas for the times without a value, each labelled with its reason.

    Args:
        area: The plot area of the chart.
        series: The moods of the session.
        words: The translator for the reader's language.
        present: Whether the chart has values where fewer than five people were readable.
    """
    times, half = series.times, series.step / 2
    if not len(times):
        return []
    unknown = np.isnan(series.present)
    too_few = np.zeros_like(unknown) if present else np.isnan(series.valence) & ~unknown
    parts, nothing = [], words.gettext("nothing recorded")
    few = words.gettext("fewer than {n} readable", n=MIN_PEOPLE)
    if times[0] - area.start > _LATE_START:
        parts.append(plot.gap(area, area.start, float(times[0]) - half, nothing, words))
    for missing, why in ((unknown, nothing), (too_few, few)):
        for run in plot.runs(np.where(missing, 0.0, np.nan)):
            first, last = float(times[run][0]), float(times[run][-1])
            parts.append(plot.gap(area, first - half, last + half, why, words))
    return parts
