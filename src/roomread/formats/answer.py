"""Describe in sentences when the room's valence had fallen, by how much, and during what."""

from __future__ import annotations

from collections.abc import Sequence

from roomread.formats.figures import SessionFigures
from roomread.readings import percent
from roomread.room import MIN_PEOPLE, clock
from roomread.room.stretches import FallenStretch

NOT_WHY = "That is when it happened, not why."
# Maximum number of stretches that are named, so that the answer stays short.
_MOST = 3


def answer(figures: SessionFigures) -> str:
    """Return in one sentence when the valence had fallen, for the top of a page or a report."""
    whole = figures.summary.whole
    if whole is None:
        return "Nothing was recorded: a figure needs at least three frames."
    if whole.scores is None:
        return f"No figure: fewer than {MIN_PEOPLE} people were readable at a time."
    stretches = named_stretches(figures)
    if not stretches:
        return "No lasting fall of the valence was found."
    times = [f"from {clock(each.start)} to {clock(each.end)}" for each in stretches]
    listed = times[0] if len(times) == 1 else f"{', '.join(times[:-1])} and {times[-1]}"
    return f"The class was less positive than before {listed}."


def named_stretches(figures: SessionFigures) -> Sequence[FallenStretch]:
    """Return the deepest stretches, at most three, in order of time."""
    return sorted(figures.stretches[:_MOST], key=lambda stretch: stretch.start)


def describe(stretch: FallenStretch, activity: str) -> str:
    """Return one stretch in a sentence.

    Args:
        stretch: The stretch.
        activity: The label of the mark during which it was; empty if there is none.
    """
    during = f", during “{activity}”" if activity else ""
    return (
        f"{clock(stretch.start)} to {clock(stretch.end)} "
        f"({clock(stretch.end - stretch.start)} min){during}: valence {stretch.during:+.2f} "
        f"instead of {stretch.before:+.2f}, certainly lower in {percent(stretch.share_below)} "
        "of the time."
    )
