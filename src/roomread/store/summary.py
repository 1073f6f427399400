"""Summarise a session: the mood between marks, lasting changes, and the valence at each seat."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from roomread.readings import VALENCE, Expression
from roomread.room import Change, Interval, RoomMood, change_points
from roomread.room.mood_columns import MoodColumns, valences
from roomread.room.rounding import rounded_change, rounded_scores, rounded_value
from roomread.room.session import Mark
from roomread.store.packing import StoredReadings

FROM_START = "from the start"
# Number of readings summed at once, limited so that temporary arrays fit the processor's cache.
_BLOCK = 20_000


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """The mood of the room between two marks.

    Attributes:
        label: The label of the mark, or "from the start".
        start: The time of the mark, s.
        end: The time of the next mark, or of the last mood, s.
        present: The mean number of people present.
        coverage: The mean share of these people who were readable, 0..1.
        scores: The mean scores of the moods, float64 [7]; None if no mood has scores.
        interval: The 95 % interval of the valence, averaged over the moods; None if no mood has
            scores.
        looking_away: The mean share of the people who looked away, 0..1; None if it is unknown in
            all moods.
    """

    label: str
    start: float
    end: float
    present: float
    coverage: float
    scores: NDArray[np.float64] | None
    interval: Interval | None
    looking_away: float | None = None

    @property
    def valence(self) -> float | None:
        """The mean valence, -1..1; None if no mood has scores."""
        return float(VALENCE @ self.scores) if self.scores is not None else None


@dataclass(frozen=True, slots=True)
class Summary:
    """The summary of a session's moods.

    Attributes:
        whole: The whole session as one part; None if it has no mood.
        parts: The parts between the marks; without marks, the whole session as one part.
        changes: Lasting changes of the valence.
    """

    whole: Part | None
    parts: tuple[Part, ...]
    changes: tuple[Change, ...]


def summarise(
    moods: Sequence[RoomMood], marks: Sequence[Mark], *, rounded: Sequence[RoomMood] | None = None
) -> Summary:
    """Return the mood of each part of a session, and the lasting changes of its valence.

    Args:
        moods: The moods with their exact shares, earliest first.
        marks: The marks, earliest first.
        rounded: The same moods with shares in steps of 5 %. If given, the parts are computed from
            these moods. Changes are always found in the exact moods.
    """
    changes = change_points(moods)
    if rounded is not None:
        moods, changes = rounded, [rounded_change(change) for change in changes]
    if not moods:
        return Summary(None, (), ())
    columns = MoodColumns.of(moods)
    times: list[float] = columns.times.tolist()
    end = times[-1]
    whole = _part(FROM_START, 0.0, end, columns)
    starts = [mark for mark in marks if mark.time <= end]
    if not starts or starts[0].time > times[0]:
        starts.insert(0, Mark(0.0, FROM_START))
    ends = [*(mark.time for mark in starts[1:]), end]
    parts = []
    for mark, stop in zip(starts, ends, strict=True):
        first = bisect_left(times, mark.time)
        behind = len(times) if stop == end else bisect_left(times, stop)
        if first < behind:
            parts.append(_part(mark.label, mark.time, stop, columns[first:behind]))
    if rounded is not None:
        whole, parts = _rounded(whole), [_rounded(part) for part in parts]
    return Summary(whole, tuple(parts), tuple(changes))


def _rounded(part: Part) -> Part:
    """Return a part with its mean shares rounded to steps of 5 %."""
    return replace(
        part,
        scores=None if part.scores is None else rounded_scores(part.scores),
        looking_away=None if part.looking_away is None else rounded_value(part.looking_away),
    )


def _part(label: str, start: float, end: float, moods: MoodColumns) -> Part:
    known = moods.scores[moods.known]
    intervals = valences(moods)[:, 1:]
    present = moods.present > 0
    away = moods.looking_away[~np.isnan(moods.looking_away)]
    coverage = moods.readable[present] / moods.present[present]
    return Part(
        label=label,
        start=start,
        end=end,
        present=float(moods.present.mean()),
        coverage=float(coverage.mean()) if len(coverage) else 0.0,
        scores=known.mean(axis=0) if len(known) else None,
        interval=Interval(*map(float, np.nanmean(intervals, axis=0))) if len(known) else None,
        looking_away=float(away.mean()) if len(away) else None,
    )


@dataclass(frozen=True, slots=True, eq=False)
class TimeSeries:
    """Moods averaged over equal steps of time, as columns for a chart; NaN where unknown.

    Attributes:
        times: The centre of each step, s, float64 [N].
        step: The length of a step, s.
        present: The number of people present, float64 [N].
        readable: The number of these people who were readable, float64 [N].
        valence: The mean valence, -1..1, float64 [N].
        low: The lower end of the valence's 95 % interval, float64 [N].
        high: The upper end of the valence's 95 % interval, float64 [N].
        baseline: The usual valence of the room, float64 [N].
        scores: The mean shares of the expressions, float64 [N, 7].
        looking_away: The share of the people who look away, float64 [N].
        states: The share of the people who show each taught state, float64 [N], by the name of the
            state.
    """

    times: NDArray[np.float64]
    step: float
    present: NDArray[np.float64]
    readable: NDArray[np.float64]
    valence: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    baseline: NDArray[np.float64]
    scores: NDArray[np.float64]
    looking_away: NDArray[np.float64]
    states: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)

    @property
    def knows_looking_away(self) -> bool:
        """Whether the share of the people who look away is known in any step."""
        return not np.isnan(self.looking_away).all()


def time_series(moods: Sequence[RoomMood], *, points: int = 400) -> TimeSeries:
    """Return the moods averaged over steps of equal length.

    Args:
        moods: The moods, earliest first.
        points: The maximum number of steps.
    """
    if not moods:
        return _course(np.empty(0), 1.0, np.empty((0, 7 + len(Expression))))
    columns = MoodColumns.of(moods)
    names = sorted(columns.states)
    counted = (columns.times, columns.present, columns.readable, columns.baseline)
    shares = (columns.looking_away, *(columns.states[name] for name in names))
    rows = np.column_stack([*counted, valences(columns), columns.scores, *shares])
    start, end = float(columns.times[0]), float(columns.times[-1])
    step = max((end - start) / points, _usual_step(columns.times))
    numbers = np.minimum(((rows[:, 0] - start) / step).astype(int), points - 1)
    count = int(numbers[-1]) + 1
    values = rows[:, 1:]
    known = ~np.isnan(values)
    # The moods are sorted by time, so those of one step are adjacent.
    filled, starts = np.unique(numbers, return_index=True)
    sums = np.add.reduceat(np.where(known, values, 0.0), starts)
    counts = np.add.reduceat(known.astype(int), starts)
    means = np.full((count, values.shape[1]), np.nan)
    means[filled] = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
    times = (start + (np.arange(count) + 0.5) * step).astype(np.float64)
    return _course(times, step, means, names)


def _usual_step(times: NDArray[np.float64]) -> float:
    """Return slightly more than the usual time between moods, so that no step is empty.

    A busy computer measures a room irregularly. Intervals of up to three times the median count as
    usual; longer ones are gaps, which a chart shows.
    """
    steps = np.diff(times)
    if not len(steps):
        return 1.0
    return 1.01 * float(steps[steps <= 3 * np.median(steps)].max())


def _course(
    times: NDArray[np.float64], step: float, means: NDArray[np.float64], names: Sequence[str] = ()
) -> TimeSeries:
    present, readable, baseline, valence, low, high = means[:, :6].T
    behind = 6 + len(Expression)
    return TimeSeries(
        times=times,
        step=step,
        present=present,
        readable=readable,
        valence=valence,
        low=low,
        high=high,
        baseline=baseline,
        scores=means[:, 6:behind],
        looking_away=means[:, behind],
        states=dict(zip(names, means[:, behind + 1 :].T, strict=True)),
    )


@dataclass(frozen=True, slots=True, eq=False)
class SeatMap:
    """The valence of the person at each seat over time.

    Attributes:
        seats: The numbers of the seats, ascending.
        names: The names of enrolled people, by seat.
        step: The length of a step, s.
        valence: The mean valence, -1..1, float64 [seats, steps]; NaN where no face was readable.
        seen: Whether a face was found, bool [seats, steps].
    """

    seats: tuple[int, ...]
    names: dict[int, str]
    step: float
    valence: NDArray[np.float64]
    seen: NDArray[np.bool_]


def seat_map(
    readings: StoredReadings, names: dict[int, str], *, steps: int = 120
) -> SeatMap | None:
    """Return the valence over time at each seat that had a face in at least 5 % of the steps.

    Args:
        readings: The readings of a session.
        names: The names of enrolled people, by seat.
        steps: The maximum number of steps into which the time is divided.

    Returns:
        None if there are no readings.
    """
    if not len(readings):
        return None
    end = float(readings[-1:].times[0])
    gaps = np.diff(readings[:_BLOCK].times)
    # A step lasts at least one and a half frame intervals, so that no step is empty.
    apart = 1.5 * float(np.median(gaps[gaps > 0])) if (gaps > 0).any() else 0.0
    step = max(end / steps, 1.0, apart)
    count = int(end / step) + 1
    taken = np.bincount(readings.seats) > 0
    seats, row = np.flatnonzero(taken), np.cumsum(taken) - 1
    size = len(seats) * count
    found, read, sums = np.zeros(size), np.zeros(size), np.zeros(size)
    for first in range(0, len(readings), _BLOCK):
        part = readings[first : first + _BLOCK]
        columns = np.minimum((part.times / step).astype(int), count - 1)
        places = row[part.seats] * count + columns
        found += np.bincount(places, minlength=size)
        # An unreadable face adds 0 to both sums.
        read += np.bincount(places, weights=part.readable, minlength=size)
        sums += np.bincount(places, weights=part.valences, minlength=size)
    valence = np.where(read > 0, sums / np.maximum(read, 1), np.nan).reshape(len(seats), count)
    seen = found.reshape(len(seats), count) > 0
    kept = seen.mean(axis=1) >= 0.05
    return SeatMap(tuple(map(int, seats[kept])), names, step, valence[kept], seen[kept])
