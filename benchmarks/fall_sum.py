"""Compare `Attention` with a cumulative sum that estimates baseline and noise from the lesson.

    python benchmarks/fall_sum.py                 # 30 hours without a fall, 60 falls of each size

The classes are taken from `attention.py` (10, 30 and 50 people) and `fall_delay.py` (the demo
class). The sum adds up the log likelihood ratio of a fall of the valence by `--fall`, compared with
the mean and the long-run variance of the ten minutes that end `LAG` seconds before (Page 1954). All
classes have the same threshold: the lowest with which no class has more false alarms than with
`Attention`.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

import attention
import fall_delay
from fall_delay import FALL, HOUR, Floats
from roomread.readings import Expression
from roomread.room import RoomMood

# The period before a moment from which the baseline is computed: its length, the time from its end
# to the moment, and the minimum time with values in it, s.
PAST, LAG, LEAST = 600, 20, 60
# The length of the means whose variance is the noise, s, and the weight of the prior, as in
# `Attention`.
MEAN, PRIOR = 30, 10.0
Alarms = Sequence[Sequence[float]]


@dataclass(frozen=True, slots=True)
class Class:
    """The valence of a class in steps of a second, and what `Attention` reports of it.

    Attributes:
        name: The name of the class in the tables.
        even: Hours without a fall, float64 [N, T].
        falls: Lessons with a fall at `FALL`, by its size, float64 [N, T] each.
        error: The standard error of a mood, derived from its interval.
        window: The time from a step to the end of its mood, s.
        told_even: The times of the alerts in each hour without a fall, s.
        told: The times of the alerts in each lesson with a fall, s, by the size of the fall.
    """

    name: str
    even: Floats
    falls: dict[str, Floats]
    error: float
    window: int
    told_even: Alarms
    told: Mapping[str, Alarms]


def room(people: int, hours: int, falls: int) -> Class:
    """Return a class of `attention.py`."""
    random = np.random.default_rng(people)
    whole = attention.CONFIDENCE - (1 - attention.CONFIDENCE) / 6
    even = [attention.shares(np.full(HOUR, 0.5), people, 20, random) for _ in range(hours)]
    fallen = {}
    for size in (0.2, 0.3, 0.4, 0.5):
        chance = np.clip(np.full(FALL + attention.SOON, 0.25 + size / whole / 2), 0, 1)
        chance[FALL:] -= size / whole
        chance = np.clip(chance, 0, 1)
        fallen[str(size)] = [attention.shares(chance, people, 20, random) for _ in range(falls)]

    def told(lessons: Sequence[Floats]) -> Alarms:
        return [attention.alarms(each, people, 0.99) for each in lessons]

    nobody, all_smile = (attention.mood(0.0, share, people).valence or 0.0 for share in (0.0, 1.0))

    def valence(lessons: Sequence[Floats]) -> Floats:
        return nobody + (all_smile - nobody) * np.array(lessons)

    return Class(
        f"{people} people",
        valence(even),
        {size: valence(lessons) for size, lessons in fallen.items()},
        _error(attention.mood(0.0, 0.5, people)),
        attention.WINDOW,
        told(even),
        {size: told(lessons) for size, lessons in fallen.items()},
    )


def demo(hours: int, falls: int) -> Class:
    """Return the class of `fall_delay.py`."""
    random = np.random.default_rng(7)
    even = [fall_delay.lesson(np.full(HOUR, fall_delay.BEFORE), random) for _ in range(hours)]
    early = np.arange(fall_delay.END) < FALL
    chance = np.where(early, fall_delay.BEFORE, fall_delay.AFTER)
    fallen = [fall_delay.lesson(chance, random) for _ in range(falls)]
    scores = np.zeros(len(Expression))
    scores[Expression.HAPPY] = np.nanmean([each.pleasant for each in even])
    scores[Expression.SAD] = np.nanmean([each.unpleasant for each in even])
    scores[Expression.NEUTRAL] = 1 - scores.sum()
    readable = round(fall_delay.PEOPLE * (1 - fall_delay.UNREADABLE))
    return Class(
        "demo class",
        _filled(even),
        {"0.3": _filled(fallen)},
        _error(RoomMood(0.0, fall_delay.PEOPLE, readable, scores)),
        0,
        fall_delay.present(even),
        {"0.3": fall_delay.present(fallen)},
    )


def _filled(lessons: Sequence[fall_delay.Lesson]) -> Floats:
    """Return the valences, float64 [N, T], filled with the first mood before that mood."""
    first = fall_delay.WINDOW - 1
    values = np.array([each.valence for each in lessons])
    values[:, :first] = values[:, first : first + 1]
    return values


def _error(mood: RoomMood) -> float:
    interval = mood.valence_interval
    return (interval.high - interval.low) / (2 * 1.96) if interval is not None else np.inf


def evidence(values: Floats, fall: float, error: float) -> Floats:
    """Return the log likelihood ratio of a fall in each second, float64 [N, T]."""
    before = _past_mean(values)
    means = np.full(values.shape, np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(values, MEAN, axis=1)
    means[:, MEAN - 1 :] = windows.mean(axis=2)
    variance = _past_mean(means**2) - _past_mean(means) ** 2
    span = np.clip(np.arange(values.shape[1]) - LAG - MEAN + 2, 1, PAST)
    freedom = np.maximum(1.5 * (span / MEAN - 1), 0)
    variance *= span / np.maximum(span - MEAN, MEAN)
    variance = np.where(np.isfinite(variance), variance, error**2)
    noise = MEAN * (freedom * variance + PRIOR * error**2) / (freedom + PRIOR)
    return np.nan_to_num(fall * (before - values - fall / 2) / noise)


def _past_mean(values: Floats) -> Floats:
    """Return the mean of the known values of the past period, NaN where there are too few."""
    known = np.isfinite(values)
    total, count = (
        np.concatenate([np.zeros((len(each), 1)), each.cumsum(axis=1)], axis=1)
        for each in (np.where(known, values, 0.0), known.astype(np.float64))
    )
    stop = np.clip(np.arange(values.shape[1]) - LAG + 1, 0, None)
    start = np.clip(stop - PAST, 0, None)
    number = count[:, stop] - count[:, start]
    mean = (total[:, stop] - total[:, start]) / np.maximum(number, 1)
    return np.where(number >= LEAST, mean, np.nan)


def show(name: str, even: Alarms, told: Mapping[str, Alarms], window: int) -> None:
    """Print the false alarms an hour, and by size the fraction found and the median delay."""
    texts = []
    for size, lessons in told.items():
        after = [
            [time - FALL + window for time in each if time >= FALL - window] for each in lessons
        ]
        delays = [each[0] for each in after if each]
        median = f"{np.median(delays):.0f} s" if delays else "-"
        texts.append(f"{size}: {len(delays) / len(lessons):.0%} after {median}")
    rate = sum(map(len, even)) / len(even)
    print(f"  {name}: {rate:.2f} false alarms an hour; {', '.join(texts)}", flush=True)


def main() -> None:
    """Print the measurements."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=int, default=30, help="without a fall, of each class")
    parser.add_argument("--falls", type=int, default=60, help="of each size")
    parser.add_argument("--fall", type=float, nargs="*", default=[0.3, 0.4])
    options = parser.parse_args()
    classes = [room(people, options.hours, options.falls) for people in (10, 30, 50)]
    classes.append(demo(options.hours, options.falls))
    for fall in options.fall:
        thresholds = []
        for each in classes:
            ratios = evidence(each.even, fall, each.error)
            thresholds.append(threshold(ratios, sum(map(len, each.told_even))))
        highest = max(thresholds)
        print(f"sum for a fall of {fall:g}, threshold {highest:.2f}")
        for each in classes:
            print(f" {each.name}")
            show("Attention", each.told_even, each.told, each.window)
            found = {
                size: fall_delay.sums(evidence(values, fall, each.error), highest)
                for size, values in each.falls.items()
            }
            even = fall_delay.sums(evidence(each.even, fall, each.error), highest)
            show("sum", even, found, each.window)


def threshold(ratios: Floats, most: int) -> float:
    """Return the lowest threshold with at most the given number of alarms."""
    low, high = 0.0, 100.0
    for _ in range(18):
        middle = (low + high) / 2
        many = sum(map(len, fall_delay.sums(ratios, middle))) > most
        low, high = (middle, high) if many else (low, middle)
    return high


if __name__ == "__main__":
    main()
