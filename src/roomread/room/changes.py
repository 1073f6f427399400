"""Find the change points of a room's valence."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from roomread.room.mood import RoomMood
from roomread.room.mood_columns import MoodColumns, valences

# Length of the intervals over which moods are averaged, s. Neighbouring moods share readings; means
# over intervals of this length do not.
_BIN = 15.0
# Minimum duration of a level of valence, s; shorter ones do not count as lasting changes.
_SHORTEST = 60.0
# Number of means in the running median, which keeps steps and removes short events like laughter.
_MEDIAN = 5
# Minimum size of a reported step of valence; people in the room would not notice smaller ones.
_SMALLEST = 0.1


@dataclass(frozen=True, slots=True)
class Change:
    """A lasting step of the room's valence.

    Attributes:
        time: The time of the step, seconds; accurate to 7.5 s at best.
        before: The mean valence from the previous change, or the start, to this change.
        after: The mean valence from this change to the next, or to the end.
    """

    time: float
    before: float
    after: float


def change_points(moods: Sequence[RoomMood]) -> list[Change]:
    """Return the lasting steps of a room's valence, oldest first.

    The valence is divided into levels by exact least-squares segmentation (optimal partitioning,
    Jackson et al. 2005). It minimises the sum of squared deviations from the levels plus a penalty
    of 4 s² ln n for each level, over n means of 15 s after a running median of five. The noise s
    is the larger of the moods' own standard error and the spread of the differences between
    neighbouring means (1.4826 MAD / sqrt 2). The usual penalty assumes independent deviations; the
    penalty here is twice as large, because the deviations of moods are correlated. Levels last a
    minute or more; steps under 0.1 are not reported.

    Args:
        moods: The moods in order of time; moods without a valence are ignored.
    """
    moods = MoodColumns.of(moods)
    rows, times = valences(moods)[moods.known], moods.times[moods.known]
    values, widths = rows[:, 0], rows[:, 2] - rows[:, 1]
    if not len(times):
        return []
    starts, means = _bins(times, values)
    n, least = len(means), round(_SHORTEST / _BIN)
    if n < 2 * least:
        return []
    steps = np.diff(means)
    noise = 1.4826 * float(np.median(np.abs(steps - np.median(steps)))) / math.sqrt(2)
    noise = max(noise, float(np.median(widths)) / (2 * 1.96))
    padded = np.pad(means, _MEDIAN // 2, mode="edge")
    smooth = np.median(np.lib.stride_tricks.sliding_window_view(padded, _MEDIAN), axis=1)
    borders = _partition(smooth, least, 4 * noise**2 * math.log(n))
    levels = [float(means[a:b].mean()) for a, b in zip([0, *borders], [*borders, n], strict=True)]
    return [
        Change(float(starts[border]), before, after)
        for border, before, after in zip(borders, levels[:-1], levels[1:], strict=True)
        if abs(after - before) >= _SMALLEST
    ]


def _bins(
    times: NDArray[np.float64], valences: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean valence of each interval of 15 s that contains a mood.

    Args:
        times: The times of the moods, s, float64 [N], ascending.
        valences: The valences of the moods, float64 [N].

    Returns:
        The start times of these intervals, s, and the mean valences, in order of time.
    """
    numbers = np.floor(times / _BIN).astype(int)
    kept, where = np.unique(numbers, return_inverse=True)
    sums = np.bincount(where, weights=valences, minlength=len(kept))
    return kept * _BIN, sums / np.maximum(np.bincount(where, minlength=len(kept)), 1)


def _partition(values: NDArray[np.float64], least: int, penalty: float) -> list[int]:
    """Return the start index of each level of the best segmentation, except the first level."""
    n = len(values)
    total = np.concatenate([[0.0], np.cumsum(values)])
    square = np.concatenate([[0.0], np.cumsum(values**2)])
    # best[t] is the lowest cost of values[:t], and last[t] the start of its last level.
    best, last = np.full(n + 1, np.inf), np.zeros(n + 1, dtype=int)
    best[0] = -penalty
    for end in range(least, n + 1):
        start = np.arange(end - least + 1)
        cost = square[end] - square[start] - (total[end] - total[start]) ** 2 / (end - start)
        costs = best[start] + cost + penalty
        last[end] = int(np.argmin(costs))
        best[end] = costs[last[end]]
    borders, end = [], n
    while last[end] > 0:
        end = int(last[end])
        borders.append(end)
    return borders[::-1]
