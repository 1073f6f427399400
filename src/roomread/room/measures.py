"""Compute means over time of a measure of a room or a person, and detect falls of these means."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Minimum share of a window's time that must be observed, and of its frames whose value is known.
_OBSERVED, _KNOWN = 0.9, 0.5
# A fall is measured from a mean over the longer of these times, s, to a mean over either of them.
# The longer time keeps the end of laughter from counting as a fall; the shorter time shows a large
# fall sooner.
_MOMENT, _SHORT = 30.0, 10.0
# Length of the period before the measured one from which the normal variation of the room is
# estimated, s; and the weight of the prior error, as a number of points.
HISTORY, _PRIOR = 600.0, 10.0


class MeasureWindow:
    """The mean of a measure over the most recent seconds.

    Args:
        seconds: The length of the window.
        gap: A pause longer than this empties the window, seconds.
    """

    def __init__(self, seconds: float, gap: float) -> None:
        self._seconds, self._gap = seconds, gap
        self._rows: deque[tuple[float, float | None]] = deque()
        self._sum, self._known = 0.0, 0

    def add(self, time: float, value: float | None) -> None:
        """Add a value, or None if it is unknown; times must increase from call to call."""
        if self._rows and time - self._rows[-1][0] > self._gap:
            self._rows.clear()
            self._sum, self._known = 0.0, 0
        self._rows.append((time, value))
        if value is not None:
            self._sum, self._known = self._sum + value, self._known + 1
        while time - self._rows[0][0] > self._seconds:
            _, old = self._rows.popleft()
            if old is not None:
                self._sum, self._known = self._sum - old, self._known - 1

    def mean(self) -> float | None:
        """Return the mean; None until the window is full, or if most values are unknown."""
        span = self._rows[-1][0] - self._rows[0][0]
        if span < _OBSERVED * self._seconds or self._known < _KNOWN * len(self._rows):
            return None
        return self._sum / self._known


class PeopleWindow:
    """The means of a measure over the most recent seconds for many people at once.

    Values are summed in intervals of a thirtieth of the window, so that time and memory do not grow
    with the frame rate. The window may be longer than `seconds` by up to one interval.

    Args:
        seconds: The length of the window.
        gap: A pause longer than this empties the window, seconds.
    """

    _BINS = 30

    def __init__(self, seconds: float, gap: float) -> None:
        self._seconds, self._gap = seconds, gap
        self._width = seconds / self._BINS
        self._bin, self._time = -1, -math.inf
        slots = self._BINS + 1
        # By bin and person: the sum and the number of known values, and the number of all frames.
        self._sums = np.zeros((slots, 0), dtype=np.float32)
        self._known = np.zeros((slots, 0), dtype=np.int32)
        self._frames = np.zeros((slots, 0), dtype=np.int32)
        # The time of the first frame of each bin, and of each person.
        self._bin_starts = np.full(slots, math.inf)
        self._starts = np.zeros(0)

    def add(self, time: float, values: NDArray[np.float64]) -> None:
        """Add the values at a time later than the previous one.

        Args:
            time: The time of the frame, seconds.
            values: The value of each person, NaN where it is unknown. New people must come last,
                and only `keep` removes people.
        """
        if time - self._time > self._gap:
            self._clear()
        self._grow(len(values), time)
        number = math.floor(time / self._width)
        slots = len(self._bin_starts)
        for expired in range(max(self._bin + 1, number - slots + 1), number + 1):
            self._clear_bin(expired % slots)
        self._bin, self._time = number, time
        slot = number % slots
        self._bin_starts[slot] = min(self._bin_starts[slot], time)
        known = ~np.isnan(values)
        self._sums[slot] += np.where(known, values, 0.0)
        self._known[slot] += known
        self._frames[slot] += 1

    def means(self) -> NDArray[np.float64]:
        """Return each person's mean; NaN until the window is full, or if over half is unknown."""
        known, frames = self._known.sum(axis=0), self._frames.sum(axis=0)
        spans = self._time - np.maximum(self._starts, self._bin_starts.min())
        full = (spans >= _OBSERVED * self._seconds) & (known > 0) & (known >= _KNOWN * frames)
        means = self._sums.sum(axis=0, dtype=np.float64) / np.maximum(known, 1)
        return np.where(full, means, np.nan)

    def keep(self, people: Sequence[int]) -> None:
        """Remove all people except those at the given positions among the values."""
        self._sums, self._known = self._sums[:, people], self._known[:, people]
        self._frames, self._starts = self._frames[:, people], self._starts[people]

    def _grow(self, count: int, time: float) -> None:
        new = ((0, 0), (0, count - len(self._starts)))
        if new[1][1]:
            self._sums, self._known = np.pad(self._sums, new), np.pad(self._known, new)
            self._frames = np.pad(self._frames, new)
            self._starts = np.pad(self._starts, new[1], constant_values=time)

    def _clear(self) -> None:
        for slot in range(len(self._bin_starts)):
            self._clear_bin(slot)
        self._starts[:] = -math.inf

    def _clear_bin(self, slot: int) -> None:
        self._sums[slot] = self._known[slot] = self._frames[slot] = 0
        self._bin_starts[slot] = math.inf


@dataclass(frozen=True, slots=True)
class Fall:
    """The fall of a measure from its highest mean in a period to its last mean.

    Attributes:
        high: The highest mean.
        now: The last mean.
        seconds: The time from the highest mean to the last mean, seconds.
        length: The length of the window of the last mean, seconds.
    """

    high: float
    now: float
    seconds: float
    length: float

    @property
    def size(self) -> float:
        """How far the measure has fallen: the highest mean minus the last mean."""
        return self.high - self.now


class MeasureHistory:
    """The moving averages of a measure over the most recent seconds.

    Args:
        seconds: The time for which the averages are kept.
        gap: A pause longer than this restarts the history, seconds.
    """

    def __init__(self, seconds: float, gap: float) -> None:
        self._seconds, self._gap = seconds, gap
        self._length = min(_MOMENT, seconds / 4)
        self._moment = MeasureWindow(self._length, gap)
        self._short_length = min(_SHORT, self._length)
        self._short = MeasureWindow(self._short_length, gap)
        self._short_points: deque[tuple[float, float]] = deque()
        self._points: deque[tuple[float, float]] = deque()
        # The points that no later point reaches, highest first; the first is the highest of all.
        self._peaks: deque[tuple[float, float]] = deque()
        # The points before the period in which a fall is searched.
        self._before: deque[tuple[float, float]] = deque()

    def add(self, time: float, value: float | None) -> None:
        """Add a value, or None if it is unknown; times must increase from call to call."""
        if self._points and time - self._points[-1][0] > self._gap:
            self._before.extend(self._points)
            self._points.clear()
            self._peaks.clear()
        self._add_short(time, value)
        self._moment.add(time, value)
        mean = self._moment.mean()
        if mean is not None:
            self._points.append((time, mean))
            # Among equal points the last one stays, from which the fall is steepest.
            while self._peaks and self._peaks[-1][1] <= mean:
                self._peaks.pop()
            self._peaks.append((time, mean))
        while self._points and time - self._points[0][0] > self._seconds:
            old = self._points.popleft()
            self._before.append(old)
            if self._peaks[0] == old:
                self._peaks.popleft()
        while self._before and time - self._before[0][0] > self._seconds + HISTORY:
            self._before.popleft()

    def _add_short(self, time: float, value: float | None) -> None:
        self._short.add(time, value)
        mean = self._short.mean()
        if mean is not None:
            self._short_points.append((time, mean))
        points = self._short_points
        while points and time - points[0][0] > self._seconds + HISTORY:
            points.popleft()

    def falls(self) -> list[Fall]:
        """Return how far the measure has fallen below the highest mean over 30 s in the window.

        One fall is to the latest mean over 30 s, and one to the latest mean over 10 s. The means
        cover less time in a window of under two minutes, or under 40 s for the second. The list is
        empty before the first mean.
        """
        if not self._points:
            return []
        time, now = self._points[-1]
        then, high = self._peaks[0]
        found = [Fall(high, now, time - then, self._length)]
        if self._short_points and self._short_points[-1][0] == time:
            short = self._short_points[-1][1]
            found.append(Fall(high, short, time - then, self._short_length))
        return found

    def certainty(self, fall: Fall, error: float) -> float:
        """Return the probability that an unchanged room shows no fall of this size by chance, 0..1.

        Args:
            fall: A fall of a size above 0.
            error: The standard error of the last mood, computed from the mood's own confidence
                interval. It is used as a prior.
        """
        # The fall begins at the highest of n independent points, so the probability is raised to
        # the power n. n is doubled, because two means are compared with the highest one.
        chances = 2 * self._seconds / fall.length
        before = _deviation(list(self._before), self._length, error)
        after = before
        if fall.length != self._length:
            start = self._short_points[-1][0] - self._seconds
            earlier = [point for point in self._short_points if point[0] < start]
            after = _deviation(earlier, fall.length, error)
        return math.pow(normal(fall.size / math.hypot(before, after)), chances)


def _deviation(points: Sequence[tuple[float, float]], length: float, error: float) -> float:
    """Return the standard deviation of the means of an unchanged room.

    It is estimated from the means before the searched period. Because each mean covers several
    seconds, the estimate includes the correlation of the moods (overlapping batch means, Meketon
    and Schmeiser 1984).
    `error` is a prior that counts as several more points (the mean of a scaled inverse chi-square
    posterior).

    Args:
        points: The time and the value of each mean, oldest first.
        length: The length of the window of each mean, seconds.
        error: The standard error of the last mood, computed from the mood's own confidence
            interval.
    """
    if len(points) < 2:
        return error
    span = points[-1][0] - points[0][0]
    # Overlapping means have 1.5 times the degrees of freedom of means that do not overlap.
    freedom = max(1.5 * (span / length - 1), 0.0)
    values = [value for _, value in points]
    mean = sum(values) / len(values)
    variance = sum((value - mean) ** 2 for value in values) / len(values)
    variance *= span / max(span - length, length)
    return math.sqrt((freedom * variance + _PRIOR * error**2) / (freedom + _PRIOR))


def normal(z: float) -> float:
    """Return the probability that a standard normal variable is below `z`."""
    return 0.5 * (1 + math.erf(z / math.sqrt(2)))
