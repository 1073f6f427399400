"""The charts of the page Class."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from roomread.readings import Expression
from roomread.store import Mark
from roomread.store.summary import BY_VALENCE, SeatMap, TimeSeries
from roomread.web.shared import EXPRESSION_SCALE

_NAMES = [e.display_name for e in Expression]
_TIME = alt.X("minute:Q", title="minutes", axis=alt.Axis(format="~g"))
_BLUE, _GREY = "#4477aa", "#9aa3ab"


def valence_chart(series: TimeSeries, marks: list[Mark]) -> alt.LayerChart | alt.FacetChart:
    """The valence with its interval, the baseline dashed, the marks as lines with words."""
    table = pd.DataFrame(
        {
            "minute": series.times / 60,
            "valence": series.valence,
            "low": series.low,
            "high": series.high,
            "usual": series.baseline,
        }
    )
    base = alt.Chart(table).encode(x=_TIME)
    scale = alt.Scale(domain=[-1, 1])
    band = base.mark_area(opacity=0.25, color=_BLUE).encode(
        y=alt.Y("low:Q", scale=scale, title="valence"), y2="high:Q"
    )
    usual = base.mark_line(strokeDash=[6, 4], color=_GREY).encode(y="usual:Q")
    line = base.mark_line(color=_BLUE).encode(
        y="valence:Q",
        tooltip=[
            alt.Tooltip("minute", format=".1f"),
            *(alt.Tooltip(name, format="+.2f") for name in ("valence", "low", "high", "usual")),
        ],
    )
    layers = [band, usual, line]
    if marks:
        rows = pd.DataFrame(
            {"minute": [m.time / 60 for m in marks], "label": [m.label for m in marks]}
        )
        lines = alt.Chart(rows).encode(x="minute:Q", tooltip=["label"])
        words = lines.mark_text(align="left", dx=4, dy=8, baseline="top", color=_GREY)
        layers += [lines.mark_rule(color=_GREY), words.encode(text="label:N", y=alt.value(0))]
    return alt.layer(*layers).properties(height=260)


def shares_chart(series: TimeSeries) -> alt.Chart:
    """The seven shares, stacked."""
    table = pd.DataFrame(series.scores, columns=_NAMES).assign(minute=series.times / 60)
    rows = table.dropna().melt("minute", var_name="expression", value_name="share")
    # Unpleasant below, pleasant above, so that the eye sees the balance.
    rows["rank"] = rows["expression"].map({str(e): n for n, e in enumerate(BY_VALENCE)})
    chart: alt.Chart = (
        alt.Chart(rows)
        .mark_area()
        .encode(
            x=_TIME,
            y=alt.Y("share:Q", stack=True, axis=alt.Axis(format="%"), title="share"),
            color=alt.Color("expression:N", scale=EXPRESSION_SCALE, title=None),
            order="rank:Q",
            tooltip=["expression", alt.Tooltip("share", format=".0%")],
        )
        .properties(height=200)
    )
    return chart


def coverage_chart(series: TimeSeries) -> alt.Chart:
    """People present, and those of them who could be read."""
    table = pd.DataFrame(
        {
            "minute": series.times / 60,
            "present": series.present,
            "readable": series.readable,
        }
    )
    rows = table.melt("minute", var_name="who", value_name="people")
    scale = alt.Scale(domain=["present", "readable"], range=[_GREY, _BLUE])
    chart: alt.Chart = (
        alt.Chart(rows)
        .mark_line(interpolate="step")
        .encode(
            x=_TIME,
            y=alt.Y("people:Q", scale=alt.Scale(domainMin=0), axis=alt.Axis(tickMinStep=1)),
            color=alt.Color("who:N", scale=scale, title=None),
        )
        .properties(height=140)
    )
    return chart


def seats_chart(seats: SeatMap) -> alt.Chart:
    """Each seat's valence over time."""
    rows, columns = np.nonzero(seats.seen)
    order = [seats.names.get(seat, str(seat)) for seat in seats.seats]
    table = pd.DataFrame(
        {
            "seat": [order[row] for row in rows],
            "minute": columns * seats.step / 60,
            "until": (columns + 1) * seats.step / 60,
            "valence": seats.valence[rows, columns],
        }
    )
    chart: alt.Chart = (
        alt.Chart(table)
        .mark_rect()
        .encode(
            x=_TIME.scale(nice=False),
            x2="until:Q",
            y=alt.Y("seat:N", sort=order, title="seat", axis=alt.Axis(labelOverlap=False)),
            color=alt.Color(
                "valence:Q", scale=alt.Scale(scheme="purpleorange", domain=[-1, 1], reverse=True)
            ),
            tooltip=["seat", alt.Tooltip("valence", format="+.2f")],
        )
        # The axis and its title take a part of it, and few rows must leave room for the legend.
        .properties(height=max(18 * len(order) + 60, 180))
    )
    return chart
