"""Round the shares in moods to steps of 5 % for display if no readings of people are stored.

Exact shares before and after one person joins would reveal that person's own scores. Change points
and alerts are found from exact shares; only what is shown is rounded.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from roomread.readings import VALENCE
from roomread.room.changes import Change
from roomread.room.mood import BASELINE_FROM, BASELINE_LEAST, BASELINE_TO, RoomMood
from roomread.room.mood_columns import MoodColumns

# Steps in which shares are shown: 20 of them are 100 %.
_STEPS = 20
# Number of moods that are rounded at a time, because rounding takes ten times their memory.
_AT_ONCE = 5000
# The valences that rounded shares can have: -20..20 steps.
_LEVELS = 2 * _STEPS + 1


def rounded_scores(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Round shares to steps of 5 % that still sum to 1, by the largest remainder method.

    Args:
        scores: float64 [..., 7], 0..1, summing to 1 along the last axis.
    """
    exact = np.asarray(scores, dtype=np.float64) * _STEPS
    # A share that is a step already must not be rounded down because of a floating-point error.
    whole = np.floor(exact + 1e-9)
    missing = np.rint(exact.sum(axis=-1) - whole.sum(axis=-1)).astype(int)
    order = np.argsort(whole - exact, axis=-1, kind="stable")
    ranks = np.argsort(order, axis=-1, kind="stable")
    whole += ranks < missing[..., None]
    return np.round(whole / _STEPS, 2)


def rounded_value(value: float) -> float:
    """Round a share or a valence to the nearest step of 0.05."""
    return round(round(value * _STEPS) / _STEPS, 2)


def rounded_moods(moods: Sequence[RoomMood]) -> list[RoomMood]:
    """Return moods with shares in steps of 5 %, and baselines computed from these shares.

    Args:
        moods: The moods of one room, earliest first. Include the ten minutes before the first mood
            of interest, because baselines are computed from the given moods alone.
    """
    known = [mood.scores for mood in moods if mood.scores is not None]
    # All at once: a day has 86,000 moods.
    scores = iter(rounded_scores(np.array(known)) if known else ())
    rounding = MoodRounding()
    return [
        rounding.add_rounded(mood, next(scores) if mood.scores is not None else None)
        for mood in moods
    ]


def rounded_columns(moods: MoodColumns) -> MoodColumns:
    """Round all moods of a room as `rounded_moods` does, and return them as columns."""
    known = moods.known
    scores = np.full_like(moods.scores, np.nan)
    places = np.flatnonzero(known)
    for start in range(0, len(places), _AT_ONCE):
        some = places[start : start + _AT_ONCE]
        scores[some] = rounded_scores(moods.scores[some])
    levels = iter((np.rint(scores[known] @ VALENCE * _STEPS).astype(int) + _STEPS).tolist())
    rounding, baselines = MoodRounding(), list[float | None]()
    for time, is_known in zip(moods.times.tolist(), known.tolist(), strict=True):
        baselines.append(rounding.baseline(time))
        if is_known:
            rounding.note(time, next(levels))
    return replace(
        moods,
        scores=scores,
        # None becomes NaN.
        baseline=np.array(baselines, dtype=np.float64),
        looking_away=_rounded_values(moods.looking_away),
        states={name: _rounded_values(shares) for name, shares in moods.states.items()},
    )


def _rounded_values(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Round each share to the nearest step of 0.05, as `rounded_value` does."""
    return np.round(np.rint(values * _STEPS) / _STEPS, 2)


def rounded_change(change: Change) -> Change:
    """Return a change with its two valences rounded to steps of 0.05."""
    return replace(change, before=rounded_value(change.before), after=rounded_value(change.after))


class MoodRounding:
    """A converter that rounds one room's moods to steps of 5 %, and computes baselines from them.

    Args:
        before: Earlier moods of the room, earliest first, for the first baselines.
    """

    def __init__(self, before: Iterable[RoomMood] = ()) -> None:
        # The times and levels (valences in steps, from 0) of all moods. The counts by level are of
        # the moods from ten minutes to one minute ago, `_levels[_first:_next]`.
        self._times: list[float] = []
        self._levels: list[int] = []
        self._counts = [0] * _LEVELS
        self._first = self._next = 0
        # The median of the counts, cached until they change.
        self._median: float | None = None
        for mood in before:
            self.add(mood)

    def add(self, mood: RoomMood) -> RoomMood:
        """Return the next mood, rounded; its baseline is the median of earlier rounded valences."""
        scores = rounded_scores(mood.scores) if mood.scores is not None else None
        return self.add_rounded(mood, scores)

    def add_rounded(self, mood: RoomMood, scores: NDArray[np.float64] | None) -> RoomMood:
        """Return the next mood, rounded as by `add`, with scores that are already rounded.

        Args:
            mood: The mood with its exact shares.
            scores: The mood's rounded shares of the expressions; None if it has no scores.
        """
        baseline = self.baseline(mood.time)
        if scores is None:
            return replace(mood, baseline=baseline)
        self.note(mood.time, round(float(VALENCE @ scores) * _STEPS) + _STEPS)
        states = mood.states
        if states:
            states = {name: rounded_value(share) for name, share in states.items()}
        away = None if mood.looking_away is None else rounded_value(mood.looking_away)
        return replace(mood, scores=scores, baseline=baseline, states=states, looking_away=away)

    def note(self, time: float, level: int) -> None:
        """Add the valence of a mood to those from which later baselines are computed.

        Args:
            time: The time of the mood, s.
            level: The mood's rounded valence, as the number of steps of 0.05 above -1.
        """
        self._times.append(time)
        self._levels.append(level)

    def baseline(self, time: float) -> float | None:
        """Return the baseline of the next mood; None without enough earlier moods.

        Args:
            time: The time of the next mood, s.
        """
        while self._next < len(self._times) and time - self._times[self._next] >= BASELINE_TO:
            self._counts[self._levels[self._next]] += 1
            self._next += 1
            self._median = None
        while self._first < self._next and time - self._times[self._first] > BASELINE_FROM:
            self._counts[self._levels[self._first]] -= 1
            self._first += 1
            self._median = None
        count = self._next - self._first
        if not count or self._times[self._next - 1] - self._times[self._first] < BASELINE_LEAST:
            return None
        if self._median is None:
            middle = self._level((count - 1) // 2) + self._level(count // 2)
            self._median = round((middle / 2 - _STEPS) / _STEPS, 4)
        return self._median

    def _level(self, rank: int) -> int:
        """Return the level (see `note`) with the index `rank`, if the levels are sorted."""
        # For 41 levels a loop takes a tenth of the time of NumPy's calls.
        for level, count in enumerate(self._counts):
            if rank < count:
                return level
            rank -= count
        raise IndexError("the rank must be less than the number of moods")
