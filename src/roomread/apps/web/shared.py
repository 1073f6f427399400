"""What several pages use: the one analyzer, charts in the expressions' colours."""

from __future__ import annotations

import altair as alt
import pandas as pd
import streamlit as st
from platformdirs import user_data_path

from roomread import Analyzer
from roomread.errors import RoomreadError
from roomread.fewshot import ProfileStore
from roomread.readings import Expression, Scores

_NAMES = [e.display_name for e in Expression]
_COLORS = ["#{:02x}{:02x}{:02x}".format(*e.color) for e in Expression]
EXPRESSION_SCALE = alt.Scale(domain=_NAMES, range=_COLORS)


@st.cache_resource(show_spinner="Loading the nets …")
def shared_analyzer() -> Analyzer:
    """The analyzer of this process; it keeps nothing of a visitor."""
    return Analyzer()


def profile_store() -> ProfileStore:
    """The profiles of the computer's user, which `roomread teach` keeps too."""
    return ProfileStore(user_data_path("roomread", appauthor=False) / "profiles")


def profiles_on() -> set[str]:
    """The names of the profiles that this visitor switched on; the page Teach changes it."""
    names: set[str] = st.session_state.setdefault("profiles_on", set())
    return names


def visitor_analyzer() -> Analyzer:
    """The analyzer with the profiles that this visitor switched on; says which cannot be used."""
    analyzer, uses = shared_analyzer(), []
    for name in sorted(profiles_on()):
        try:
            uses.append(profile_store().load(name))
            analyzer = shared_analyzer().with_profiles(uses)
        except RoomreadError as error:
            st.warning(f"{error} The profile is switched off.")
            profiles_on().discard(name)
            uses = [use for use in uses if use.name != name]
    if uses:
        st.caption(f"Profiles: {', '.join(use.name for use in uses)}.")
    return analyzer


def score_bars(scores: Scores) -> alt.Chart:
    """The seven probabilities as bars."""
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
    """The seven probabilities over the last moments; `times` count back from 0."""
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
