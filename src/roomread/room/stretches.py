"""Find the stretches of a lesson in which the room's valence had fallen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from roomread.room.changes import Change
from roomread.room.mood import RoomMood
from roomread.room.mood_columns import MoodColumns, valences


@dataclass(frozen=True, slots=True)
class FallenStretch:
    """The time between a lasting fall of the valence and its recovery.

    Attributes:
        start: When the valence fell, seconds.
        end: When half of the fall or more had been recovered, or the session ended, seconds.
        before: The mean valence before the fall, -1..1.
        during: The mean valence of the stretch, -1..1.
        share_below: The share of the stretch's moods whose 95 % interval lies entirely below
            `before`, 0..1.
    """

    start: float
    end: float
    before: float
    during: float
    share_below: float

    @property
    def depth(self) -> float:
        """How far the mean valence during the stretch is below the mean before it."""
        return self.before - self.during


def fallen_stretches(changes: Sequence[Change], moods: Sequence[RoomMood]) -> list[FallenStretch]:
    """Return the stretches in which the valence had fallen, the largest fall first.

    A stretch begins with a lasting fall that is outside every other stretch. It ends with the
    first change after which half of the fall, or more, is recovered. Falls within a stretch start
    no other stretch.

    Args:
        changes: The lasting changes, oldest first; see `change_points`.
        moods: The moods in which the changes were found, oldest first.
    """
    columns = MoodColumns.of(moods)
    rows, times = valences(columns)[columns.known], columns.times[columns.known]
    found, end = [], -1.0
    for index, change in enumerate(changes):
        if change.time < end or change.after >= change.before:
            continue
        end = _recovery(changes[index:], float(columns.times[-1]) if moods else change.time)
        inside = rows[(times >= change.time) & (times < end)]
        if len(inside):
            found.append(_stretch(change, end, inside))
    return sorted(found, key=lambda stretch: -stretch.depth)


def _recovery(changes: Sequence[Change], end: float) -> float:
    """Return when the valence has risen halfway back to its value before the fall, or `end`."""
    fall, lowest = changes[0], changes[0].after
    for change in changes[1:]:
        lowest = min(lowest, change.before)
        if change.after >= (fall.before + lowest) / 2:
            return change.time
        lowest = min(lowest, change.after)
    return end


def _stretch(fall: Change, end: float, rows: NDArray[np.float64]) -> FallenStretch:
    """Return the stretch after a fall, given the rows [N, 3] of `valences` for its moods."""
    below = float((rows[:, 2] < fall.before).mean())
    return FallenStretch(fall.time, end, fall.before, float(rows[:, 0].mean()), below)
