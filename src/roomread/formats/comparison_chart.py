"""Draw the valence of several lessons in one SVG chart, aligned at a chosen time of each lesson."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from roomread.formats import svg_plot as plot
from roomread.formats.palette import SERIES, hex_color
from roomread.formats.svg_plot import PlotArea
from roomread.locales import ENGLISH, Translator
from roomread.store.summary import TimeSeries

# The maximum number of lessons; each has a different colour and dash pattern.
MOST_LESSONS = len(SERIES)
_LINE_HEIGHT = 20


@dataclass(frozen=True, slots=True, eq=False)
class ComparedLesson:
    """A lesson that is drawn as one line of the chart.

    Attributes:
        name: The name of the lesson.
        series: Its moods over time.
        zero: The time of the lesson that is drawn at 0:00, where all lessons are aligned, s.
    """

    name: str
    series: TimeSeries
    zero: float


def comparison_chart(lessons: Sequence[ComparedLesson], *, words: Translator = ENGLISH) -> str:
    """Return a chart of the valence of several lessons, aligned at the `zero` of each lesson.

    Args:
        lessons: The lessons, 1 to `MOST_LESSONS`, each with at least one mood.
        words: The translator for the reader's language.
    """
    start = min(float(each.series.times[0]) - each.zero for each in lessons)
    end = max(float(each.series.times[-1]) - each.zero for each in lessons)
    area = PlotArea(start, max(end, start + 1), -1, 1, 8, 250)
    parts = [plot.axes(area, plot.valence_levels(-1, -0.5, 0, 0.5, 1, words=words))]
    if start < 0 < end:
        x = area.x(0)
        path = f'd="M{x:.1f},{area.top} V{area.bottom:.1f}" stroke="currentColor" opacity="0.55"'
        parts.append(f"<path {path}/>")
    below = plot.TIMES_HEIGHT + 8.0
    for lesson, (color, dashes) in zip(lessons, SERIES, strict=False):
        style = (
            f'stroke="{hex_color(color)}" stroke-width="2" stroke-dasharray="{dashes}" '
            'stroke-linejoin="round"'
        )
        times = lesson.series.times - lesson.zero
        parts.append(plot.line(area, times, lesson.series.valence, style))
        y = area.bottom + below + _LINE_HEIGHT / 2
        parts.append(f'<path d="M{plot.LEFT},{y - 4:.1f} h34" fill="none" {style}/>')
        parts.append(plot.text(plot.LEFT + 42, y, lesson.name[:90]))
        below += _LINE_HEIGHT
    description = words.gettext(
        "Valence of {names}, from {start} to {end} around the common moment.",
        names=", ".join(each.name for each in lessons),
        start=plot.signed_clock(start),
        end=plot.signed_clock(end),
    )
    return plot.svg(area, parts, below, description)
