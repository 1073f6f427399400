"""Draw the seven probabilities of faces as SVG text: at one moment, over time, and per person."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from roomread.formats import svg_plot as plot
from roomread.formats.core_words import expression_name, probability
from roomread.formats.palette import BY_VALENCE, hex_color
from roomread.formats.svg_plot import PlotArea
from roomread.formats.timeline import Row
from roomread.locales import ENGLISH, Translator
from roomread.readings import Expression, Scores
from roomread.room import clock

# Width of a chart that is shown next to other content, px.
NARROW = 420.0
_BAR_HEIGHT, _ROW_HEIGHT = 26, 17


def score_bars(scores: Scores, *, words: Translator = ENGLISH) -> str:
    """Return a chart of the seven probabilities of a face, as bars with their values."""
    area = PlotArea(0, 1, 0, 1, 4, _BAR_HEIGHT * len(BY_VALENCE), NARROW)
    most = area.right - plot.LEFT - 40
    parts = []
    for row, e in enumerate(BY_VALENCE):
        y, value = area.top + row * _BAR_HEIGHT, float(scores[e])
        width = max(value * most, 1)
        place = f'x="{plot.LEFT}" y="{y + 4}" width="{width:.1f}" height="{_BAR_HEIGHT - 8}"'
        parts += [
            plot.text(plot.LEFT - 6, y + 17, expression_name(e, words), anchor="end"),
            f'<rect {place} fill="{hex_color(e.color)}"/>',
            plot.text(plot.LEFT + width + 6, y + 17, probability(value, words)),
        ]
    listed = [f"{expression_name(e, words)} {probability(scores[e], words)}" for e in BY_VALENCE]
    description = words.gettext("Scores of the face: {scores}.", scores=", ".join(listed))
    return plot.svg(area, parts, 4, description)


def score_lines(
    times: Sequence[float], rows: Sequence[Scores], *, seconds: float, words: Translator = ENGLISH
) -> str:
    """Return a chart of the seven probabilities of a face over the most recent seconds, as lines.

    Args:
        times: The times of the rows relative to now, s, 0 or negative.
        rows: The probabilities at each time.
        seconds: The length of the time axis, s.
        words: The translator for the reader's language.
    """
    area = PlotArea(-seconds, 0, 0, 1, 8, 170)
    at = np.array(times, dtype=np.float64)
    parts = [plot.axes(area, plot.share_levels(words))]
    for e in BY_VALENCE:
        values = np.array([row[e] for row in rows], dtype=np.float64)
        style = f'stroke="{hex_color(e.color)}" stroke-width="2"'
        parts.append(plot.line(area, at, values, style))
    parts.append(_legend(area, words))
    what = words.gettext("Scores of the chosen face over the last {n} seconds", n=round(seconds))
    described = [what]
    if rows:
        top = rows[-1].top
        name, share = expression_name(top, words), probability(rows[-1][top], words)
        described.append(words.gettext("now {expression} {share}", expression=name, share=share))
    description = f"{': '.join(described)}."
    return plot.svg(area, parts, plot.LEGEND_HEIGHT, description)


def room_chart(rows: Sequence[Row], *, words: Translator = ENGLISH) -> str:
    """Return a chart over time of the mean scores of all people in a video, as stacked areas.

    Args:
        rows: The mean scores of each person in each second; at least one row.
        words: The translator for the reader's language.
    """
    area = PlotArea(0, _end(rows), 0, 1, 8, 200)
    times, means = _means(rows)
    parts = [
        plot.axes(area, plot.share_levels(words)),
        *plot.stacked_expressions(area, times, means, words),
    ]
    overall = np.nanmean(means, axis=0)
    listed = [f"{expression_name(e, words)} {words.percent(float(overall[e]))}" for e in BY_VALENCE]
    description = words.gettext(
        "Mean scores of all people until {end}: on average {scores}.",
        end=clock(area.end),
        scores=", ".join(listed),
    )
    return plot.svg(area, parts, plot.LEGEND_HEIGHT, description)


def people_chart(rows: Sequence[Row], *, words: Translator = ENGLISH) -> str:
    """Return a chart of the most probable expression of each person in each second.

    Each person has one row.

    Args:
        rows: The mean scores of each person in each second; at least one row.
        words: The translator for the reader's language.
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
        score = f"{expression_name(top, words)} {probability(float(scores[top]), words)}"
        title = f"#{person}, {clock(second)}: {score}"
        parts.append(
            f'<rect x="{area.x(second):.1f}" y="{places[person]}" width="{width:.1f}" '
            f'height="{_ROW_HEIGHT - 1}" fill="{hex_color(top.color)}">{plot.tooltip(title)}</rect>'
        )
    parts.append(plot.time_axis(area))
    parts.append(_legend(area, words))
    description = words.ngettext(
        "Likeliest expression of {n} person in each second until {end}.",
        "Likeliest expression of {n} people in each second until {end}.",
        len(people),
        end=clock(area.end),
    )
    return plot.svg(area, parts, plot.LEGEND_HEIGHT, description)


def _legend(area: PlotArea, words: Translator) -> str:
    entries = [(expression_name(e, words), hex_color(e.color)) for e in BY_VALENCE]
    return plot.legend(entries, area)


def _end(rows: Sequence[Row]) -> float:
    return float(max(second for second, _person, _scores in rows) + 1)


def _means(rows: Sequence[Row]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return times, s, float64 [N], and the mean scores of all people at each, float64 [N, 7].

    Each second has two times, its start and its end. Scores of seconds without a face are NaN.
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
