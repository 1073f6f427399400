"""Compare ways to find the fall of a class like the demo class, at the same rate of false alarms.

    python benchmarks/fall_delay.py               # 30 hours without a fall, 60 falls

Each of 26 people keeps an expression for 20 s on average, and the fraction who smile falls from 45
to 8 %. The people change independently, so the mood needs a minute to fall completely. `Attention`
is compared with cumulative sums (Page 1954) that know the exact mood before the fall. A program
cannot know it, so their delay is a lower bound. Each has the lowest threshold with at most `RATE`
false alarms an hour. The last sum knows each person's expression in every second and all
probabilities before and after the fall; no detector with the same knowledge is faster on average
(Moustakides 1986).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from roomread.readings import Expression
from roomread.room import Attention, RoomMood, parse_rules

RULE = parse_rules("room valence fell by 20% in 3 min")
PEOPLE, CHANGES, UNREADABLE = 26, 1 / 20, 0.08
BEFORE, AFTER = 0.45, 0.08
# The fraction of unpleasant expressions among those other than a smile.
UNPLEASANT = 0.18
# The time of the fall, the end of a lesson with a fall, and the end of a lesson without one, s.
FALL, END, HOUR = 600, 780, 3600
# The window of a mood, s; the time after an alarm without another one, s; the maximum number of
# false alarms per hour.
WINDOW, SILENCE, RATE = 10, 180, 0.2
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Lesson:
    """One lesson in steps of a second, float64 [T] each, NaN before the first mood.

    Attributes:
        pleasant: The pleasant share of the mood.
        unpleasant: The unpleasant share of the mood.
        moment: The valence of the readable people in this second alone.
        evidence: The log likelihood ratio of the changes in this second, after and before the fall.
    """

    pleasant: Floats
    unpleasant: Floats
    moment: Floats
    evidence: Floats

    @property
    def valence(self) -> Floats:
        """The valence of the mood."""
        return self.pleasant - self.unpleasant


def lesson(chance: Floats, random: np.random.Generator) -> Lesson:
    """Return a lesson in which `chance`, float64 [T], is the probability of a smile at a change."""
    shape = (len(chance), PEOPLE)
    changes = random.random(shape) < CHANGES
    changes[0] = True
    last = np.maximum.accumulate(np.where(changes, np.arange(shape[0])[:, None], 0), axis=0)
    smiles = np.take_along_axis(random.random(shape) < chance[:, None], last, axis=0)
    sour = np.take_along_axis(random.random(shape) < UNPLEASANT, last, axis=0)
    confidence = np.take_along_axis(random.uniform(0.5, 0.95, shape), last, axis=0)
    unreadable = np.take_along_axis(random.random(shape) < UNREADABLE, last, axis=0)
    rest = (1 - confidence) / 6
    pleasant = np.where(unreadable, np.nan, np.where(smiles, confidence, rest))
    unpleasant = np.where(~smiles & sour, confidence + 3 * rest, 4 * rest)
    unpleasant = np.where(unreadable, np.nan, unpleasant)
    moment = np.nanmean(pleasant - unpleasant, axis=1)
    evidence = _evidence(smiles & ~unreadable, smiles | unreadable)
    return Lesson(_means(pleasant), _means(unpleasant), moment, evidence)


def _means(values: Floats) -> Floats:
    """Return the mean over the people of the medians of each window, float64 [T]."""
    windows = np.lib.stride_tricks.sliding_window_view(values, WINDOW, axis=0)
    known = np.isfinite(windows).sum(axis=2) >= WINDOW / 2
    medians = np.nanmedian(np.where(known[:, :, None], windows, 0.0), axis=2)
    means = (medians * known).sum(axis=1) / known.sum(axis=1)
    return np.concatenate([np.full(WINDOW - 1, np.nan), means])


def _evidence(smiling: NDArray[np.bool_], smiling_or_unknown: NDArray[np.bool_]) -> Floats:
    """Return the sum over the people whose expression is known in both seconds, float64 [T]."""
    known = smiling == smiling_or_unknown
    both = known[1:] & known[:-1]
    was, now = smiling[:-1], smiling[1:]
    ends, begins = CHANGES * (1 - AFTER), CHANGES * AFTER
    ended, begun = CHANGES * (1 - BEFORE), CHANGES * BEFORE
    ratio = np.where(
        was,
        np.where(now, np.log((1 - ends) / (1 - ended)), np.log(ends / ended)),
        np.where(now, np.log(begins / begun), np.log((1 - begins) / (1 - begun))),
    )
    return np.concatenate([[0.0], (ratio * both).sum(axis=1)])


def sums(values: Floats, threshold: float) -> list[list[int]]:
    """Return the alarms, s, of a cumulative sum over each row of `values`, float64 [N, T]."""
    total, silent = np.zeros(len(values)), np.full(len(values), -SILENCE)
    found: list[list[int]] = [[] for _ in values]
    for time, column in enumerate(np.nan_to_num(values).T):
        total = np.maximum(total + column, 0.0)
        over = total > threshold
        total[over] = 0.0
        for row in np.flatnonzero(over & (time - silent >= SILENCE)):
            found[row].append(time)
            silent[row] = time
    return found


def calibrated(even: Floats, falls: Floats, hours: int) -> tuple[list[list[int]], list[list[int]]]:
    """Return the alarms without and with a fall, at the lowest threshold that satisfies `RATE`."""
    low, high = 0.0, 100.0
    for _ in range(16):
        middle = (low + high) / 2
        many = sum(map(len, sums(even, middle))) > RATE * hours
        low, high = (middle, high) if many else (low, middle)
    return sums(even, high), sums(falls, high)


def present(lessons: list[Lesson]) -> list[list[int]]:
    """Return the times at which `Attention` raises its alert, s."""
    found = []
    for each in lessons:
        attention, times = Attention(RULE, every=1.0), []
        for time in range(WINDOW - 1, len(each.pleasant)):
            scores = np.zeros(len(Expression))
            scores[Expression.HAPPY] = each.pleasant[time]
            scores[Expression.SAD] = each.unpleasant[time]
            scores[Expression.NEUTRAL] = 1 - scores.sum()
            mood = RoomMood(float(time), PEOPLE, round(PEOPLE * (1 - UNREADABLE)), scores)
            times += [time for alert in attention.update_room(mood) if alert.ended is None]
        found.append(times)
    return found


def report(name: str, even: list[list[int]], falls: list[list[int]]) -> None:
    """Print the false alarms an hour, the falls found and their delays."""
    after = [[time - FALL for time in times if time >= FALL][:1] for times in falls]
    delays = [times[0] for times in after if times]
    quartiles = np.percentile(delays, (25, 50, 75)) if delays else (np.nan,) * 3
    print(
        f"{name}: {sum(map(len, even)) / len(even):.2f} false alarms an hour; "
        f"{len(delays)} of {len(falls)} found after {quartiles[1]:.0f} s "
        f"({quartiles[0]:.0f} to {quartiles[2]:.0f})",
        flush=True,
    )


def main() -> None:
    """Print the measurements."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=int, default=30, help="without a fall")
    parser.add_argument("--falls", type=int, default=60)
    options = parser.parse_args()
    random = np.random.default_rng(7)
    even = [lesson(np.full(HOUR, BEFORE), random) for _ in range(options.hours)]
    chance = np.where(np.arange(END) < FALL, BEFORE, AFTER)
    falls = [lesson(chance, random) for _ in range(options.falls)]
    mean = np.mean([each.valence[FALL - 60 :] for each in falls], axis=0)
    usual = float(np.nanmean([each.valence for each in even]))
    whole = usual - mean[-60:].mean()
    for share in (0.2, 0.95 * whole):
        reached = int(np.argmax(mean[60:] <= usual - share))
        print(f"the mean mood has fallen by {share:.2f} of {whole:.2f} after {reached} s")
    report("Attention", present(even), present(falls))
    ways: dict[str, Callable[[Lesson], Floats]] = {
        "sum of the mood, fall of 0.3": lambda each: usual - 0.15 - each.valence,
        "sum of the mood, fall of 0.4": lambda each: usual - 0.2 - each.valence,
        "sum of single seconds, fall of 0.3": lambda each: usual - 0.15 - each.moment,
        "sum of the changes of the mood in 5 s": _innovations(usual),
        "sum that knows each person and all chances": lambda each: each.evidence,
    }
    for name, way in ways.items():
        rows = [np.array([way(each) for each in lessons]) for lessons in (even, falls)]
        report(name, *calibrated(rows[0], rows[1], options.hours))


def _innovations(usual: float, lag: int = 5) -> Callable[[Lesson], Floats]:
    """Return the difference of each mood from its prediction by the mood `lag` seconds before."""
    kept = (1 - CHANGES) ** lag

    def way(each: Lesson) -> Floats:
        distance = usual - each.valence
        found = distance.copy()
        found[lag:] -= kept * distance[:-lag]
        return found - 0.15 * (1 - kept)

    return way


if __name__ == "__main__":
    main()
