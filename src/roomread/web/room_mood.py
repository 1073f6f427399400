"""Show the mood of a room as text and figures."""

from __future__ import annotations

import streamlit as st

from roomread.readings import Expression, percent
from roomread.room import MIN_PEOPLE, Alert, RoomMood


def mood_text(mood: RoomMood) -> str:
    """Return a mood as one sentence."""
    readable = f"{mood.readable} of {mood.present} face{'' if mood.present == 1 else 's'} readable"
    if mood.scores is None or mood.valence is None or mood.valence_interval is None:
        return f"{readable}: no mood under {MIN_PEOPLE} readable faces."
    top, interval = Expression(int(mood.scores.argmax())), mood.valence_interval
    return (
        f"{readable}: shown most is {top} ({percent(mood.scores[top])}), "
        f"valence {mood.valence:+.2f} (95 % interval {interval.low:+.2f} to {interval.high:+.2f})."
    )


def show_mood(mood: RoomMood | None) -> None:
    """Draw the latest mood of a room as metrics side by side."""
    if mood is None:
        st.info("The first figure comes after three frames.")
        return
    readable, valence, trend, shown = st.columns(4)
    readable.metric(
        "Faces readable",
        f"{mood.readable} of {mood.present}",
        help="Only readable faces count in the other figures.",
    )
    interval = mood.valence_interval
    if mood.scores is None or interval is None or mood.valence is None:
        st.info(f"No figure under {MIN_PEOPLE} readable faces.")
        return
    valence.metric(
        "Valence",
        f"{mood.valence:+.2f}",
        help="The share of pleasant expressions minus the share of unpleasant ones.",
    )
    valence.caption(f"95 %: {interval.low:+.2f} to {interval.high:+.2f}")
    beside = "not yet" if mood.trend is None else f"{mood.trend:+.2f}"
    trend.metric("Trend", beside, help="Compared with the median of the ten minutes before.")
    trend.caption(str(mood.direction or "needs three minutes"))
    top = Expression(int(mood.scores.argmax()))
    shown.metric("Shown most", f"{top} {percent(mood.scores[top])}")


def show_alerts(alerts: list[Alert]) -> None:
    """Draw the alerts that hold now."""
    for alert in alerts:
        st.warning(f"{alert.reason} ({percent(alert.certainty)} certain; {alert.rule})")
