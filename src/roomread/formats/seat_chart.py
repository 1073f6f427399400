"""Draw the valence of the person at each seat over time as SVG text."""

from __future__ import annotations

import math

import numpy as np

from roomread.formats import palette
from roomread.formats import svg_plot as plot
from roomread.formats.palette import hex_color
from roomread.formats.session_charts import Span
from roomread.formats.svg_plot import PlotArea
from roomread.locales import ENGLISH, Translator
from roomread.readings.colors import RGB
from roomread.room import clock
from roomread.store.summary import SeatMap

# Height of a row, and distance of the first row from the top of the chart, px.
ROW_HEIGHT, TOP = 17, 8
# Height of the dash that stands for a face that could not be read, px.
_DASH_HEIGHT = 3


def explanation(words: Translator) -> str:
    """Return a caption that explains the chart of `seat_chart`."""
    return words.gettext(
        "A row is a seat or a tile, not a face, unless people were told apart by their faces. A "
        "dash means that a face was seen and could not be read; nothing is drawn where no face was "
        "seen."
    )


def seat_chart(seats: SeatMap, *, span: Span | None = None, words: Translator = ENGLISH) -> str:
    """Return a chart of the valence at each seat over time, one row per seat in ascending order.

    Args:
        seats: The valence of the person at each seat over time.
        span: The time range of the chart; None for the time range of `seats`.
        words: The translator for the reader's language.
    """
    count, steps = seats.valence.shape
    start, end = span if span is not None else (0.0, steps * seats.step)
    area = PlotArea(start, end, 0, count, TOP, ROW_HEIGHT * count)
    parts = [_row(area, seats, row) for row in range(count)]
    parts.append(plot.time_axis(area))
    legend = [
        (words.gettext("unpleasant"), hex_color(palette.UNPLEASANT)),
        (words.gettext("neither"), hex_color(palette.NEITHER)),
        (words.gettext("pleasant"), hex_color(palette.PLEASANT)),
        (words.gettext("dash: not readable"), hex_color(palette.USUAL)),
        (words.gettext("empty: not seen"), "none"),
    ]
    parts.append(plot.legend(legend, area))
    description = words.ngettext(
        "Valence of {n} seat from {start} to {end}, one row per seat.",
        "Valence of {n} seats from {start} to {end}, one row per seat.",
        count,
        start=clock(start),
        end=clock(end),
    )
    return plot.svg(area, parts, plot.LEGEND_HEIGHT, description)


def _row(area: PlotArea, seats: SeatMap, row: int) -> str:
    y = area.top + ROW_HEIGHT * row
    # Slightly wider than a step, because rounding would leave gaps between the steps.
    width = area.x(seats.step) - area.x(0) + 0.3
    seat = seats.seats[row]
    name = seats.names.get(seat, "")
    label = plot.text(plot.LEFT - 6, y + 13, name[:8] or str(seat), anchor="end")
    parts = [f"<g>{plot.tooltip(name)}{label}</g>" if name else label]
    for column in np.flatnonzero(seats.seen[row]):
        value, time = float(seats.valence[row, column]), float(column) * seats.step
        # The last step may end after the last mood of the room.
        visible = min(width, area.right - area.x(time))
        if visible <= 0:
            continue
        top, height, color = y, ROW_HEIGHT - 1, hex_color(palette.USUAL)
        if math.isnan(value):
            top, height = y + (ROW_HEIGHT - _DASH_HEIGHT) / 2, _DASH_HEIGHT
        else:
            color = hex_color(_diverging(value))
        parts.append(
            f'<rect x="{area.x(time):.1f}" y="{top:g}" width="{visible:.1f}" '
            f'height="{height}" fill="{color}"/>'
        )
    return "".join(parts)


def _diverging(value: float) -> RGB:
    end, share = (palette.PLEASANT if value > 0 else palette.UNPLEASANT), min(abs(value), 1.0)
    red, green, blue = (
        round(m + share * (e - m)) for m, e in zip(palette.NEITHER, end, strict=True)
    )
    return red, green, blue
