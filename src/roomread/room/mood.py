"""Compute the mood of a room: the people counted, their expressions, and the uncertainty.

docs/metrics.md explains the formulas.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from roomread.readings import VALENCE, Expression, Reading
from roomread.readings.equality import ComparedByValue
from roomread.room.window_people import (
    away_by_person,
    away_share,
    count_reasons,
    reasons_by_person,
)

# Minimum number of readable people for a mood; with fewer, individual people could be identified.
MIN_PEOPLE = 5
# Maximum number of taught states in a mood: more than a teacher can look at.
_MAX_STATES = 20
# Minimum number of frames in a window, so that one bad frame cannot dominate.
_MIN_FRAMES = 3
# The 97.5 % point of the normal distribution, for intervals of 95 %.
_Z = 1.959964
# The baseline is the median valence between ten minutes ago and one minute ago, s, if this period
# is at least two minutes long.
BASELINE_FROM, BASELINE_TO, BASELINE_LEAST = 600.0, 60.0, 120.0


class Interval(NamedTuple):
    """A 95 % confidence interval."""

    low: float
    high: float


class Direction(StrEnum):
    """The valence of a room compared with its own baseline."""

    BELOW = "below its usual"
    USUAL = "as usual"
    ABOVE = "above its usual"


@dataclass(frozen=True, slots=True, eq=False)
class RoomMood(ComparedByValue):
    """The expressions of a room over a window of several seconds.

    Attributes:
        time: The end of the window, seconds from the start of the source.
        present: The number of people seen.
        readable: The number of these people whose faces could be read.
        scores: float64 [7] in `Expression`'s order, summing to 1: the mean over the readable
            people, each with equal weight. None if fewer than `MIN_PEOPLE` are readable, or if the
            scores are withheld.
        baseline: The usual valence of this room, -1..1; None until it is known.
        states: The share of the readable people who show each state that was taught, 0..1, by the
            state's name; empty without `scores`, or if there are no taught states.
        looking_away: The share of people whose head is turned away from the camera (see
            `Reading.looking_away`), 0..1, among the people present for whom this is known. None
            without `scores`, or if it is unknown for a readable person, as in readings from a
            browser.
        excluded: The number of the people present who could not be read, by reason: an `Unreadable`
            or `NO_REASON`. None in moods that are read from a store, which counts reasons only over
            a whole session; see `roomread.formats.excluded`.
    """

    time: float
    present: int
    readable: int
    scores: NDArray[np.float64] | None = None
    baseline: float | None = None
    states: Mapping[str, float] = field(default_factory=dict)
    looking_away: float | None = None
    excluded: Mapping[str, int] | None = field(default=None, compare=False)

    @property
    def coverage(self) -> float:
        """The share of the people present who could be read, 0..1; 0 in an empty room."""
        return self.readable / self.present if self.present else 0.0

    @property
    def valence(self) -> float | None:
        """The pleasant minus the unpleasant share of expressions, -1..1; None without scores."""
        return float(VALENCE @ self.scores) if self.scores is not None else None

    @property
    def negative(self) -> float | None:
        """The share of angry, disgust, fear and sad expressions, 0..1; None without scores."""
        return float(self.scores[VALENCE < 0].sum()) if self.scores is not None else None

    @property
    def valence_interval(self) -> Interval | None:
        """The 95 % interval of the valence (Agresti and Min 2005); None without scores."""
        if self.scores is None:
            return None
        n = np.array([self.readable], dtype=np.float64)
        pleasant, unpleasant = (self.scores[kind].sum() for kind in (VALENCE > 0, VALENCE < 0))
        low, high = difference_interval(n * pleasant, n * unpleasant, n)
        return Interval(float(low[0]), float(high[0]))

    def interval(self, expression: Expression) -> Interval | None:
        """Return the 95 % interval of the share of the people who show an expression.

        The expected number of these people is rarely a whole number, so the interval covers
        Wilson's (1927) intervals for the next lower and the next higher whole number. A share of
        less than one person therefore does not rule out that nobody shows the expression.

        Returns:
            None without scores.
        """
        if self.scores is None:
            return None
        n = self.readable
        # Round off errors of the float32 scores, so that 5.0000001 people are five.
        people = round(n * float(self.scores[expression]), 4)
        low, high = (wilson_interval(k / n, n) for k in (math.floor(people), math.ceil(people)))
        return Interval(low.low, high.high)

    @property
    def trend(self) -> float | None:
        """The valence minus the room's own baseline, -2..2; None unless both are known."""
        if self.valence is None or self.baseline is None:
            return None
        return self.valence - self.baseline

    @property
    def direction(self) -> Direction | None:
        """The trend as a word: `USUAL` unless the baseline lies outside the valence's interval."""
        interval = self.valence_interval
        if interval is None or self.baseline is None:
            return None
        if self.baseline > interval.high:
            return Direction.BELOW
        return Direction.ABOVE if self.baseline < interval.low else Direction.USUAL

    def __str__(self) -> str:
        text = f"{self.readable} of {self.present} faces readable"
        interval = self.valence_interval
        if self.valence is None or interval is None:
            return f"{text}; no mood under {MIN_PEOPLE}"
        text = f"{text}; valence {self.valence:+.2f} ({interval.low:+.2f} to {interval.high:+.2f})"
        return f"{text}, {self.direction}" if self.direction is not None else text


def wilson_interval(share: float, n: int) -> Interval:
    """Return the 95 % interval of a share that was observed in `n` people (Wilson 1927), 0..1."""
    scale = 1 + _Z**2 / n
    center = (share + _Z**2 / (2 * n)) / scale
    half = _Z / scale * math.sqrt(max(share * (1 - share), 0.0) / n + _Z**2 / (4 * n**2))
    return Interval(max(center - half, 0.0), min(center + half, 1.0))


def difference_interval(
    pleasant: NDArray[np.float64], unpleasant: NDArray[np.float64], n: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the lower and upper ends of the 95 % interval of (pleasant - unpleasant) / n, -1..1.

    This is the interval of Agresti and Min (2005) for the difference of two shares of the same
    people. Half a person is added to each of the four cells of their table, so that the interval is
    valid for few people and extreme shares.

    Args:
        pleasant: The number of people with pleasant expressions, not necessarily whole, 0..n, in an
            array of any shape.
        unpleasant: The number of people with unpleasant expressions; the sum of both is at most n.
        n: The number of all people, 1 or more.
    """
    center = (pleasant - unpleasant) / (n + 2)
    spread = pleasant + unpleasant + 1 - (pleasant - unpleasant) ** 2 / (n + 2)
    half = _Z * np.sqrt(np.maximum(spread, 0.0)) / (n + 2)
    return np.maximum(center - half, -1.0), np.minimum(center + half, 1.0)


class RoomMeter:
    """A meter that computes the mood of one source from its readings, by default once a second.

    A person's scores are the medians over a window, so that one bad frame has no effect. The meter
    reads no clock: times come with the frames and must not decrease.

    Args:
        window: The length of the window that a mood covers, seconds.
        step: The minimum time between two moods, seconds.
    """

    def __init__(self, *, window: float = 10.0, step: float = 1.0) -> None:
        self.window, self.step = window, step
        self._frames: deque[tuple[float, dict[int, NDArray[np.float32] | None]]] = deque()
        # For each frame, by the name of a state: the people checked for it, and if they show it.
        self._states: deque[dict[str, dict[int, bool]]] = deque()
        # For each frame: whether each person looked away, of people of whom this is known.
        self._away: deque[dict[int, bool]] = deque()
        # For each frame: why each person without scores has none.
        self._reasons: deque[dict[int, str]] = deque()
        self._valences: deque[tuple[float, float]] = deque()
        self._due = -math.inf

    @classmethod
    def for_interval(cls, every: float) -> RoomMeter:
        """Return a meter for frames that are about `every` seconds apart.

        Its window contains at least five frames, so that one bad frame cannot dominate.
        """
        return cls(window=max(10.0, 5 * every))

    def resume(
        self, moods: Iterable[RoomMood], frames: Iterable[tuple[float, Iterable[Reading]]]
    ) -> None:
        """Continue from the state of an earlier meter whose source was interrupted.

        Args:
            moods: The moods of the last `BASELINE_FROM` seconds, earliest first.
            frames: The times and readings of the last `window` seconds, earliest first. Without
                them the next mood comes from new frames alone.
        """
        for mood in moods:
            self._due = mood.time + self.step
            if mood.valence is not None:
                self._valences.append((mood.time, mood.valence))
        for time, readings in frames:
            here = list(readings)
            self._frames.append((time, _by_person(here)))
            self._away.append(away_by_person(here))
            self._reasons.append(reasons_by_person(here))
        # Sessions keep no states of individual people.
        self._states.extend({} for _ in range(len(self._frames) - len(self._states)))

    def forget(self, people: Collection[int]) -> None:
        """Remove people, given by their `Reading.person_key`, from the frames in the window."""
        for key in people:
            for _, frame in self._frames:
                frame.pop(key, None)
            for away in self._away:
                away.pop(key, None)
            for reasons in self._reasons:
                reasons.pop(key, None)
            for states in self._states:
                for showing in states.values():
                    showing.pop(key, None)

    def update(
        self, time: float, readings: Iterable[Reading], *, withheld: bool = False
    ) -> RoomMood | None:
        """Add the readings of the next frame and return the mood if one is due.

        Args:
            time: The time of the frame, seconds.
            readings: The readings of the frame; empty for an empty room. Readings with neither a
                seat nor a track id are ignored, because a person could be counted twice.
            withheld: Whether to return the mood without scores, so that it reveals nothing about
                people who have just come or gone.

        Returns:
            The mood if a step has passed and the window contains at least three frames, else None.
        """
        readings = list(readings)
        self._frames.append((time, _by_person(readings)))
        self._states.append(_states_by_person(readings))
        self._away.append(away_by_person(readings))
        self._reasons.append(reasons_by_person(readings))
        while time - self._frames[0][0] > self.window:
            self._frames.popleft()
            self._states.popleft()
            self._away.popleft()
            self._reasons.popleft()
        # Allow a hundredth of a second, because frames do not arrive exactly on time.
        if time < self._due - 0.01 or len(self._frames) < _MIN_FRAMES:
            return None
        self._due = time + self.step
        present, keys, people = _people([people for _, people in self._frames])
        mood = RoomMood(
            time,
            len(present),
            len(people),
            baseline=self._baseline(time),
            excluded=count_reasons(self._reasons, set(present) - set(keys)),
        )
        if withheld or len(people) < MIN_PEOPLE:
            return mood
        scores = people.mean(axis=0)
        mood = replace(
            mood,
            scores=scores,
            states=_state_shares(self._states, keys),
            looking_away=away_share(self._away, present, keys),
        )
        self._valences.append((time, float(VALENCE @ scores)))
        return mood

    def _baseline(self, time: float) -> float | None:
        while self._valences and time - self._valences[0][0] > BASELINE_FROM:
            self._valences.popleft()
        old = [(then, valence) for then, valence in self._valences if time - then >= BASELINE_TO]
        if not old or old[-1][0] - old[0][0] < BASELINE_LEAST:
            return None
        return float(np.median([valence for _, valence in old]))


def _by_person(readings: Iterable[Reading]) -> dict[int, NDArray[np.float32] | None]:
    return {
        key: r.scores.probabilities if r.scores is not None else None
        for r in readings
        if (key := r.person_key) is not None
    }


def _states_by_person(readings: Iterable[Reading]) -> dict[str, dict[int, bool]]:
    found: dict[str, dict[int, bool]] = {}
    for reading in readings:
        key = reading.person_key
        if key is not None and reading.scores is not None:
            for state in reading.states:
                found.setdefault(state.name, {})[key] = state.is_shown
    return found


def _state_shares(
    frames: Iterable[dict[str, dict[int, bool]]], readable: Collection[int]
) -> dict[str, float]:
    """Return the share of the readable people who show each state, by the state's name.

    A person shows a state if the state was found in at least half of the person's checked frames.
    """
    counts: dict[str, dict[int, list[bool]]] = {}
    for frame in frames:
        for name, people in frame.items():
            for key, is_shown in people.items():
                counts.setdefault(name, {}).setdefault(key, []).append(is_shown)
    showing = {
        name: sum(2 * sum(people[key]) >= len(people[key]) for key in readable if key in people)
        for name, people in sorted(counts.items())[:_MAX_STATES]
    }
    return {name: number / len(readable) for name, number in showing.items()}


def _people(
    frames: Sequence[dict[int, NDArray[np.float32] | None]],
) -> tuple[list[int], list[int], NDArray[np.float64]]:
    """Return the keys of the people present, and the keys and scores [N, 7] of the readable people.

    A person found in at least half of the frames is present. A present person who was read in at
    least half of the frames that show this person is readable.
    """
    keys = sorted({key for frame in frames for key in frame})
    column = {key: i for i, key in enumerate(keys)}
    found = np.zeros(len(keys), dtype=int)
    scores = np.full((len(frames), len(keys), len(Expression)), np.nan)
    for row, frame in enumerate(frames):
        for key, probabilities in frame.items():
            found[column[key]] += 1
            if probabilities is not None:
                scores[row, column[key]] = probabilities
    read = (~np.isnan(scores[..., 0])).sum(axis=0)
    present = 2 * found >= len(frames)
    readable = present & (read > 0) & (2 * read >= found)
    people = _medians(scores[:, readable], read[readable])
    # The medians of seven shares do not sum to one in general, and may all be zero.
    totals = people.sum(axis=1, keepdims=True)
    people = np.where(totals > 0, people / np.maximum(totals, 1e-12), 1 / len(Expression))
    seen, read_of = ([keys[i] for i in np.flatnonzero(each)] for each in (present, readable))
    return seen, read_of, people


def _medians(values: NDArray[np.float64], counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the medians over the first axis of values [F, N, 7], ignoring NaN.

    Args:
        values: The scores of N people in F frames, with NaN for missing scores.
        counts: The number of frames with scores of each person, [N], above 0.
    """
    # Faster than `numpy.nanmedian`, which loops over the people in Python.
    ordered = np.sort(values, axis=0)
    people = np.arange(values.shape[1])
    middle: NDArray[np.float64] = (
        ordered[(counts - 1) // 2, people] + ordered[counts // 2, people]
    ) / 2
    return middle
