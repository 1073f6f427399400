"""What the parts of a lesson did: the room's figures by mark, its changes, its seats over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from roomread.readings import VALENCE, Expression
from roomread.room import Change, Interval, RoomMood, change_points
from roomread.room.mood import valences
from roomread.store.packing import StoredReadings
from roomread.store.records import Mark

# From unpleasant to pleasant, the order in which shares are stacked.
BY_VALENCE = (
    Expression.ANGRY,
    Expression.DISGUST,
    Expression.FEAR,
    Expression.SAD,
    Expression.NEUTRAL,
    Expression.SURPRISE,
    Expression.HAPPY,
)
_START = "from the start"
# Readings that are summed at once: what is made of more does not fit a processor's cache.
_BLOCK = 20_000


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """What a lesson did between two marks.

    Attributes:
        label: the mark's, or "from the start".
        start: s.
        end: s.
        present: people, on average.
        coverage: the share of them who could be read, 0..1, on average.
        scores: float64 [7], the mean of the moods; None where there was no figure.
        interval: the mean of the moods' valence intervals; None likewise.
    """

    label: str
    start: float
    end: float
    present: float
    coverage: float
    scores: NDArray[np.float64] | None
    interval: Interval | None

    @property
    def valence(self) -> float | None:
        """-1..1, on average."""
        return float(VALENCE @ self.scores) if self.scores is not None else None


@dataclass(frozen=True, slots=True)
class Summary:
    """A session in a few figures.

    Attributes:
        whole: all of it as one part; None of a session without a figure.
        parts: between the marks; the whole where there are none.
        changes: lasting steps of the valence.
    """

    whole: Part | None
    parts: tuple[Part, ...]
    changes: tuple[Change, ...]

    @property
    def deepest_fall(self) -> Change | None:
        """The change that lost the most; None where nothing fell."""
        falls = [change for change in self.changes if change.after < change.before]
        return min(falls, key=lambda change: change.after - change.before, default=None)

    def part_at(self, time: float) -> Part | None:
        """The part that a moment lies in."""
        return next((p for p in reversed(self.parts) if p.start <= time), None)


def summarise(moods: Sequence[RoomMood], marks: Sequence[Mark]) -> Summary:
    """The parts and changes of a session; both arguments in the order of their times."""
    if not moods:
        return Summary(None, (), ())
    end = moods[-1].time
    whole = _part(_START, 0.0, end, moods)
    starts = [mark for mark in marks if mark.time <= end]
    if not starts or starts[0].time > moods[0].time:
        starts.insert(0, Mark(0.0, _START))
    ends = [*(mark.time for mark in starts[1:]), end]
    parts = []
    for mark, stop in zip(starts, ends, strict=True):
        last = stop == end
        inside = [m for m in moods if mark.time <= m.time and (m.time < stop or last)]
        if inside:
            parts.append(_part(mark.label, mark.time, stop, inside))
    return Summary(whole, tuple(parts), tuple(change_points(moods)))


def _part(label: str, start: float, end: float, moods: Sequence[RoomMood]) -> Part:
    known = [m.scores for m in moods if m.scores is not None]
    intervals = valences(moods)[:, 1:]
    present = [m for m in moods if m.present]
    return Part(
        label=label,
        start=start,
        end=end,
        present=float(np.mean([m.present for m in moods])),
        coverage=float(np.mean([m.coverage for m in present])) if present else 0.0,
        scores=np.mean(known, axis=0) if known else None,
        interval=Interval(*map(float, np.nanmean(intervals, axis=0))) if known else None,
    )


@dataclass(frozen=True, slots=True, eq=False)
class TimeSeries:
    """Moods by columns, averaged so that a chart can show them; NaN where there is no figure.

    Attributes:
        times: the middles, s, float64 [N].
        step: from one to the next, s.
        present: float64 [N].
        readable: float64 [N].
        valence: float64 [N].
        low: of its interval, float64 [N].
        high: float64 [N].
        baseline: float64 [N].
        scores: float64 [N, 7].
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


def time_series(moods: Sequence[RoomMood], *, points: int = 400) -> TimeSeries:
    """The moods in at most `points` steps of equal time; steps without a mood are NaN."""
    if not moods:
        return _course(np.empty(0), 1.0, np.empty((0, 6 + len(Expression))))
    counted = np.array([[m.time, m.present, m.readable, _or_nan(m.baseline)] for m in moods])
    nothing = np.full(len(Expression), np.nan)
    scores = np.array([nothing if m.scores is None else m.scores for m in moods])
    rows = np.hstack([counted, valences(moods), scores])
    start, end = moods[0].time, moods[-1].time
    step = max((end - start) / points, _usual_step(moods))
    numbers = np.minimum(((rows[:, 0] - start) / step).astype(int), points - 1)
    count = int(numbers[-1]) + 1
    values = rows[:, 1:]
    known = ~np.isnan(values)
    # The moods are in order, so each step's are beside one another.
    filled, starts = np.unique(numbers, return_index=True)
    sums = np.add.reduceat(np.where(known, values, 0.0), starts)
    counts = np.add.reduceat(known.astype(int), starts)
    means = np.full((count, values.shape[1]), np.nan)
    means[filled] = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
    times = (start + (np.arange(count) + 0.5) * step).astype(np.float64)
    return _course(times, step, means)


def _usual_step(moods: Sequence[RoomMood]) -> float:
    """A little over the usual time from one mood to the next, so that no step is left empty."""
    steps = np.diff([mood.time for mood in moods])
    return 1.01 * float(np.median(steps)) if len(steps) else 1.0


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else value


def _course(times: NDArray[np.float64], step: float, means: NDArray[np.float64]) -> TimeSeries:
    present, readable, baseline, valence, low, high = means[:, :6].T
    return TimeSeries(times, step, present, readable, valence, low, high, baseline, means[:, 6:])


@dataclass(frozen=True, slots=True, eq=False)
class SeatMap:
    """Each seat's valence over time.

    Attributes:
        seats: their numbers, ascending.
        names: of seats whose person was enrolled.
        step: s.
        valence: float64 [seats, steps], -1..1; NaN where nothing could be read.
        seen: bool [seats, steps]: whether a face was found.
    """

    seats: tuple[int, ...]
    names: dict[int, str]
    step: float
    valence: NDArray[np.float64]
    seen: NDArray[np.bool_]


def seat_map(
    readings: StoredReadings, names: dict[int, str], *, steps: int = 120
) -> SeatMap | None:
    """The seats that were seen in at least one step in twenty; None without readings."""
    if not len(readings):
        return None
    end = float(readings[-1:].times[0])
    gaps = np.diff(readings[:_BLOCK].times)
    # Half a frame more than one, or frames that come seldom would leave stripes between them.
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
        # What is not readable counts as nought in both sums.
        read += np.bincount(places, weights=part.readable, minlength=size)
        sums += np.bincount(places, weights=part.valences, minlength=size)
    valence = np.where(read > 0, sums / np.maximum(read, 1), np.nan).reshape(len(seats), count)
    seen = found.reshape(len(seats), count) > 0
    kept = seen.mean(axis=1) >= 0.05
    return SeatMap(tuple(map(int, seats[kept])), names, step, valence[kept], seen[kept])
