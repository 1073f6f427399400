"""Observe closed eyes and blinks of people in a video. They are not a measure of drowsiness."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby, pairwise

from roomread.readings import EyeActivity, Reading

# Maximum duration of a blink, s (Caffier et al. 2003, "Experimental evaluation of eye-blink
# parameters").
_LONGEST_BLINK = 0.5
# Frames further apart than this, s, miss blinks of 0.1 to 0.4 s, so no blink rate is given.
_SPARSE = 0.15
# Minimum share of the window that must be observed.
_OBSERVED = 0.5
# Seconds between two measurements of one person, each of which covers the whole window.
_STEP = 1.0


@dataclass(slots=True)
class _PersonEyes:
    """The observations of one person's eyes.

    Attributes:
        seen: Times, s, and whether the eyes were shut, oldest first.
        units: The last action units that were counted.
        activity: The last measurement; None before the first measurement.
        due: The time of the next measurement, s.
    """

    seen: deque[tuple[float, bool]] = field(default_factory=deque)
    units: Mapping[str, float] | None = None
    activity: EyeActivity | None = None
    due: float = -math.inf


class EyeMeter:
    """A meter of each person's closed eyes and blinks over the most recent seconds.

    It reads no clock: times come with the readings. Action units that a reading repeats from an
    earlier frame are counted once. By default a net reads a face about eight times a second, which
    is too seldom to see blinks: use `Cadence(read=0)`.

    Args:
        window: The seconds that a measurement covers.
    """

    def __init__(self, *, window: float = 60.0) -> None:
        self._window = window
        self._people: dict[int, _PersonEyes] = {}

    def update(self, reading: Reading) -> Reading:
        """Add a reading; return it with the last measurement of the person's eyes.

        A reading without a person or without action units is ignored and returned unchanged. A
        person's readings are returned unchanged until half of the window is observed.
        """
        key, shut = reading.person_key, reading.eyes_shut
        if key is None or shut is None:
            return reading
        person = self._people.setdefault(key, _PersonEyes())
        # A prediction that is reused for several frames has the same object as action units.
        if reading.action_units is not person.units:
            person.units = reading.action_units
            person.seen.append((reading.time, shut))
            if reading.time >= person.due:
                self._drop(reading.time)
                person.activity = self._activity(person.seen)
                person.due = reading.time + _STEP
        return reading if person.activity is None else replace(reading, eyes=person.activity)

    def _activity(self, seen: deque[tuple[float, bool]]) -> EyeActivity | None:
        span = seen[-1][0] - seen[0][0]
        if span < _OBSERVED * self._window:
            return None
        gaps = sorted(after - before for (before, _), (after, _) in pairwise(seen))
        closed = sum(shut for _, shut in seen) / len(seen)
        # Nine of ten gaps must be short.
        sparse = gaps[int(0.9 * (len(gaps) - 1))] > _SPARSE
        blinks = None if sparse else round(60 * _blinks(seen) / span, 1)
        return EyeActivity(round(closed, 4), blinks)

    def _drop(self, time: float) -> None:
        """Remove observations that are older than the window, and people without observations."""
        for key, person in list(self._people.items()):
            while person.seen and time - person.seen[0][0] > self._window:
                person.seen.popleft()
            if not person.seen:
                del self._people[key]


def _blinks(seen: deque[tuple[float, bool]]) -> int:
    """Return the number of blinks: short periods of closed eyes between open eyes."""
    stretches = [
        (shut, [time for time, _ in group]) for shut, group in groupby(seen, lambda s: s[1])
    ]
    return sum(
        shut and after[0] - times[0] <= _LONGEST_BLINK
        for (shut, times), (_, after) in list(pairwise(stretches))[1:]
    )
