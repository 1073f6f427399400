"""Draw axes, lines, areas and legends as SVG text, with times as m:ss on the horizontal axis.

Text and axes have the colour of the page's text (`currentColor`), so that one chart suits light and
dark pages and print. The horizontal margins of all charts are equal, so that the times of charts
with the same time range line up when the charts are placed below one another.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

import numpy as np
from numpy.typing import NDArray

from roomread.formats.core_words import expression_name
from roomread.formats.palette import BY_VALENCE, PAGE, USUAL, hex_color
from roomread.locales import Translator
from roomread.readings.colors import RGB
from roomread.room import clock

# Default width of a chart, and its left and right margins, px.
WIDTH, LEFT, RIGHT = 900.0, 72, 12
FONT_SIZE = 13
# Space below a chart for its times, and for a legend below these, px.
TIMES_HEIGHT, LEGEND_HEIGHT = 26, 54
# Possible distances between the times on the axis, s.
_TICKS = (5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
# Minimum distance between two times on the axis, px.
_TICK_WIDTH = 66

Points = Iterable[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class PlotArea:
    """The area of a chart in which values are drawn.

    Attributes:
        start: Time at the left edge, s.
        end: Time at the right edge, s.
        low: Value at the bottom.
        high: Value at the top.
        top: Distance from the top of the chart, px.
        height: The height of the area, px.
        width: The width of the chart with its margins, px.
    """

    start: float
    end: float
    low: float
    high: float
    top: float
    height: float
    width: float = WIDTH

    @property
    def bottom(self) -> float:
        """The distance of the area's lower edge from the top of the chart, px."""
        return self.top + self.height

    @property
    def right(self) -> float:
        """The distance of the area's right edge from the left of the chart, px."""
        return self.width - RIGHT

    def x(self, time: float) -> float:
        """Return the horizontal position of a time, px."""
        share = (time - self.start) / max(self.end - self.start, 1e-9)
        return LEFT + share * (self.right - LEFT)

    def y(self, value: float) -> float:
        """Return the vertical position of a value, px."""
        return self.top + (self.high - value) / (self.high - self.low) * self.height

    def points(self, points: Points) -> str:
        """Return (time, value) pairs as the value of an SVG `points` attribute."""
        return " ".join(f"{self.x(time):.1f},{self.y(value):.1f}" for time, value in points)


def axes(area: PlotArea, levels: Mapping[float, str]) -> str:
    """Return horizontal grid lines with their labels, and the time axis below."""
    lines = []
    for value, label in levels.items():
        y = area.y(value)
        lines.append(
            f'<path d="M{LEFT},{y:.1f} H{area.right:.0f}" stroke="currentColor" opacity="0.18"/>'
        )
        lines.append(text(LEFT - 6, y + 4, label, anchor="end"))
    return "".join(lines) + time_axis(area)


def time_axis(area: PlotArea) -> str:
    """Return the labels of the time axis below a chart, as m:ss at round steps."""
    span = area.end - area.start
    most = (area.right - LEFT) / _TICK_WIDTH
    tick = next((t for t in _TICKS if span / t <= most), _TICKS[-1])
    parts = []
    for n in range(math.ceil(area.start / tick), math.floor(area.end / tick) + 1):
        x = area.x(n * tick)
        parts.append(
            f'<path d="M{x:.1f},{area.bottom:.1f} v5" stroke="currentColor" opacity="0.5"/>'
        )
        # Without this limit, the edge of the chart could cut off the last label.
        middle = min(x, area.width - 1.6 * FONT_SIZE)
        parts.append(text(middle, area.bottom + 19, signed_clock(n * tick), anchor="middle"))
    return "".join(parts)


def signed_clock(seconds: float) -> str:
    """Format a time that may be negative, such as "-1:30"."""
    return f"{'-' if seconds < 0 else ''}{clock(abs(seconds))}"


def text(x: float, y: float, content: str, *, anchor: str = "start") -> str:
    """Return a text element with escaped content; `anchor` is SVG's `text-anchor`."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(content)}</text>'


def tooltip(content: str) -> str:
    """Return a title element, which browsers show as a tooltip of its parent element."""
    return f"<title>{escape(content)}</title>"


def line(
    area: PlotArea, times: NDArray[np.float64], values: NDArray[np.float64], style: str
) -> str:
    """Return a line through the values with gaps where they are NaN."""
    return "".join(
        f'<polyline points="{area.points(zip(times[run], values[run], strict=True))}" '
        f'fill="none" {style}/>'
        for run in runs(values)
    )


def band(
    area: PlotArea,
    times: NDArray[np.float64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    style: str,
    title: str = "",
) -> str:
    """Return the area between two lines with gaps where they are NaN.

    Args:
        area: The plot area of the chart.
        times: The times of the values, s, float64 [N].
        low: The lower line, float64 [N].
        high: The upper line, float64 [N].
        style: The SVG attributes of the area.
        title: The tooltip of the area; empty for no tooltip.
    """
    inside = tooltip(title) if title else ""
    parts = []
    for run in runs(high - low):
        upper = [*zip(times[run], high[run], strict=True)]
        lower = [*zip(times[run], low[run], strict=True)][::-1]
        points = area.points(upper + lower)
        parts.append(f'<polygon points="{points}" {style}>{inside}</polygon>')
    return "".join(parts)


def stacked(
    area: PlotArea,
    times: NDArray[np.float64],
    values: NDArray[np.float64],
    series: Sequence[tuple[str, RGB]],
) -> list[str]:
    """Return the values of several series as areas on top of one another, with their legend.

    Args:
        area: The plot area of the chart, whose values reach from 0 to at least the highest sum.
        times: The times of the values, s, float64 [N].
        values: The values, float64 [N, S], in the order of the series; NaN where there is no value.
        series: The name and the colour of each series, from the lowest to the highest.
    """
    parts, below = [], np.zeros(len(times))
    for (name, color), column in zip(series, values.T, strict=True):
        above = below + column
        # The line in the page's colour separates neighbouring areas of similar brightness.
        style = f'fill="{hex_color(color)}" stroke="{PAGE}" stroke-width="0.75"'
        parts.append(band(area, times, below, above, style, name))
        below = above
    return [*parts, legend([(name, hex_color(color)) for name, color in series], area)]


def stacked_expressions(
    area: PlotArea, times: NDArray[np.float64], shares: NDArray[np.float64], words: Translator
) -> list[str]:
    """Return the shares of the expressions as areas on top of one another, with their legend.

    Args:
        area: The plot area of the chart, with values 0..1.
        times: The times of the values, s, float64 [N].
        shares: The shares, float64 [N, 7], in `Expression`'s order; NaN where there is no value.
        words: The translator for the reader's language.
    """
    names = [(expression_name(e, words), e.color) for e in BY_VALENCE]
    return stacked(area, times, shares[:, BY_VALENCE], names)


def share_levels(words: Translator) -> dict[float, str]:
    """Return 0, 0.5 and 1 with the labels of their grid lines, such as "50%"."""
    return {share: words.percent(share) for share in (0, 0.5, 1)}


def valence_levels(*values: float, words: Translator) -> dict[float, str]:
    """Return the given valences with the labels of their grid lines, such as "+0.5"."""
    return {value: words.decimal(value, "+0.#;-0.#") if value else "0" for value in values}


def count_levels(most: float) -> dict[float, str]:
    """Return about four whole numbers from 0 to `most` with the labels of their grid lines."""
    step = max(round(most / 4), 1)
    return {n: str(n) for n in range(0, math.floor(most) + 1, step)}


def gap(area: PlotArea, start: float, end: float, why: str, words: Translator) -> str:
    """Return a grey area for a time without values, with its reason as text if the text fits."""
    left, right = area.x(max(start, area.start)), area.x(min(end, area.end))
    width, middle = right - left, (area.top + area.bottom) / 2
    title = words.gettext("{start} to {end}: {what}", start=clock(start), end=clock(end), what=why)
    label = text((left + right) / 2, middle + 4, why, anchor="middle")
    return (
        f'<g><rect x="{left:.1f}" y="{area.top:.1f}" width="{max(width, 1):.1f}" '
        f'height="{area.height:.1f}" fill="currentColor" opacity="0.1">{tooltip(title)}</rect>'
        f"{label if width > 0.6 * FONT_SIZE * len(why) else ''}</g>"
    )


def runs(values: NDArray[np.float64]) -> list[slice]:
    """Return a slice for each run of consecutive values that are not NaN."""
    known = np.concatenate([[False], ~np.isnan(values), [False]]).astype(int)
    starts, ends = np.flatnonzero(np.diff(known) == 1), np.flatnonzero(np.diff(known) == -1)
    return [slice(int(a), int(b)) for a, b in zip(starts, ends, strict=True)]


def legend(entries: Sequence[tuple[str, str]], area: PlotArea) -> str:
    """Return a legend of (label, colour) entries in a row below the time axis."""
    parts, x, y = [], float(LEFT), area.bottom + 44
    for label, color in entries:
        parts.append(
            f'<rect x="{x:.0f}" y="{y - 11:.0f}" width="12" height="12" fill="{color}" '
            f'stroke="{hex_color(USUAL)}" stroke-width="0.5"/>' + text(x + 17, y, label)
        )
        x += 34 + 0.58 * FONT_SIZE * len(label)
    return "".join(parts)


def svg(area: PlotArea, parts: Sequence[str], below: float, description: str) -> str:
    """Return a chart as one SVG element.

    Args:
        area: The plot area of the chart.
        parts: The SVG elements, in drawing order.
        below: The space below the plot, px.
        description: The text that a screen reader reads out in place of the chart.
    """
    return (
        f'<svg viewBox="0 0 {area.width:.0f} {area.bottom + below:.0f}" role="img" '
        f'aria-label={quoteattr(description)} font-family="system-ui, sans-serif" '
        f'font-size="{FONT_SIZE}" fill="currentColor" xmlns="http://www.w3.org/2000/svg">'
        + "".join(parts)
        + "</svg>"
    )
