"""What several pages use: the one engine, the visitor, charts in the expressions' colours."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import altair as alt
import pandas as pd
import streamlit as st

from roomread import Analyzer
from roomread.errors import BusyError, DatabaseError, RoomreadError
from roomread.fewshot import Profile, ProfileStore
from roomread.readings import Expression, Scores
from roomread.services.engine import USER_HEADER, Engine, served_engine
from roomread.services.teaching import TeachingService
from roomread.settings.environment import Settings, load_settings
from roomread.settings.folders import profiles_folder
from roomread.store import LOCAL_OWNER

_NAMES = [e.display_name for e in Expression]
_COLORS = ["#{:02x}{:02x}{:02x}".format(*e.color) for e in Expression]
EXPRESSION_SCALE = alt.Scale(domain=_NAMES, range=_COLORS)


# Seconds; who has waited so long is told, and need not hold a connection open.
_LONGEST_WAIT = 30.0


@st.cache_resource(show_spinner="Loading the nets …", on_release=Engine.close)
def _own_engine() -> Engine:
    return Engine(load_settings())


def engine() -> Engine:
    """The service's where the app is a part of it, else this process's own."""
    return served_engine() or _own_engine()


def visitor() -> str:
    """Who is signed in; nobody by name where the app runs by itself."""
    return st.context.headers.get(USER_HEADER, "")


def owner() -> str:
    """Whose sessions and profiles this visitor sees: their own, or the computer's user's."""
    # Only the service's guard says who comes; where the app runs alone anybody could.
    return (visitor() if served_engine() is not None else "") or LOCAL_OWNER


def is_signed_in() -> bool:
    """Whether this visitor is known, and is not simply whoever uses this computer."""
    return owner() != LOCAL_OWNER


@contextmanager
def turn() -> Iterator[None]:
    """A visitor's turn to have pictures read; as many at once as there are processors.

    Raises:
        BusyError: others have been before this visitor for too long.
    """
    turns = _turns()
    if not turns.acquire(timeout=_LONGEST_WAIT):
        raise BusyError("this app reads pictures of others", seconds=60)
    try:
        yield
    finally:
        turns.release()


@st.cache_resource
def _turns() -> threading.Semaphore:
    return threading.BoundedSemaphore(os.cpu_count() or 1)


def teaching_service() -> TeachingService:
    """Return the service over this visitor's profiles.

    The user of this computer shares theirs with `roomread teach`.
    """
    return TeachingService(profile_store())


def profile_store() -> ProfileStore:
    """Return the files of this visitor's profiles."""
    return ProfileStore(profiles_folder(load_settings().data, owner()))


def profiles_on() -> set[str]:
    """The names of the profiles that this visitor switched on; the page Teach changes it."""
    names: set[str] = st.session_state.setdefault("profiles_on", set())
    return names


def visitor_profiles() -> list[Profile]:
    """Return the profiles that this visitor switched on, and show which cannot be used."""
    good, refused = teaching_service().usable(sorted(profiles_on()), engine().analyzer.model)
    for name, error in refused.items():
        st.warning(f"{error} The profile is switched off.")
        profiles_on().discard(name)
    if good:
        st.caption(f"Profiles: {', '.join(profile.name for profile in good)}.")
    return good


def visitor_analyzer() -> Analyzer:
    """The analyzer with this visitor's profiles."""
    profiles = visitor_profiles()
    analyzer = engine().analyzer
    return analyzer.with_profiles(profiles) if profiles else analyzer


def words_for(error: RoomreadError, settings: Settings) -> str:
    """What a visitor is told of an error.

    A database's own words name the operator's files and hosts: they are for who may open those.
    """
    if isinstance(error, DatabaseError) and not settings.local_files:
        return "The sessions' database does not answer. Try again in a moment."
    return str(error)


def go_to(**shown: str) -> None:
    """Shows one thing of a page, in the address too: loading it anew comes back to it."""
    st.query_params.from_dict(shown)
    st.rerun()


def upload_types(suffixes: Iterable[str]) -> list[str]:
    """File suffixes as Streamlit's uploader takes them."""
    return sorted(suffix.lstrip(".") for suffix in suffixes)


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
