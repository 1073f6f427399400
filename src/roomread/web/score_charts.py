"""Draw the seven probabilities of one face in the colours of the expressions."""

from __future__ import annotations

import altair as alt
import pandas as pd

from roomread.readings import Expression, Scores

_NAMES = [e.display_name for e in Expression]
_COLORS = ["#{:02x}{:02x}{:02x}".format(*e.color) for e in Expression]
EXPRESSION_SCALE = alt.Scale(domain=_NAMES, range=_COLORS)


def score_bars(scores: Scores) -> alt.Chart:
    """Return the seven probabilities as bars."""
    table = pd.DataFrame({"expression": _NAMES, "score": [scores[e] for e in Expression]})
    chart: alt.Chart = (
        alt.Chart(table)
        .mark_bar()
        .encode(
            x=alt.X("score:Q", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%")),
            y=alt.Y("expression:N", sort=_NAMES, title=None),
            color=alt.Color("expression:N", scale=EXPRESSION_SCALE, legend=None),
            tooltip=["expression", alt.Tooltip("score", format=".1%")],
        )
        .properties(height=220)
    )
    return chart


def score_lines(times: list[float], rows: list[Scores], *, seconds: float) -> alt.Chart:
    """Return the seven probabilities over the last moments as lines.

    Args:
        times: the times of the rows relative to now, s, 0 or negative.
        rows: the probabilities, one per time.
        seconds: the length of the time axis.
    """
    table = pd.DataFrame(
        [
            {"seconds": time, "expression": e.display_name, "score": scores[e]}
            for time, scores in zip(times, rows, strict=True)
            for e in Expression
        ],
        columns=["seconds", "expression", "score"],
    )
    chart: alt.Chart = (
        alt.Chart(table)
        .mark_line()
        .encode(
            x=alt.X("seconds:Q", scale=alt.Scale(domain=[-seconds, 0])),
            y=alt.Y("score:Q", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%")),
            color=alt.Color("expression:N", scale=EXPRESSION_SCALE, title=None),
        )
        .properties(height=220)
    )
    return chart
