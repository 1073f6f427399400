"""Observe closed eyes and blinks of people in a video. They are observations, not drowsiness."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import groupby, pairwise

from roomread.readings import Reading

# A blink is shorter than this, s; eyes that stay closed longer are closed (Caffier et al. 2003,
# "Experimental evaluation of eye-blink parameters").
_LONGEST_BLINK = 0.5
# Frames further apart than this miss blinks, which last 0.1 to 0.4 s: then there is no rate.
_SPARSE = 0.15
# Minimum share of the window that must be observed.
_OBSERVED = 0.5


@dataclass(frozen=True, slots=True)
class EyeActivity:
    """What was seen of one person's eyes over a window.

    Attributes:
        closed: The share of the readings with closed eyes, 0..1 (PERCLOS: Dinges and Grace 1998).
        blinks: Blinks a minute; None where the frames are too far apart to see them.
    """

    closed: float
    blinks: float | None


class EyeMeter:
    """Measure closed eyes and blinks of each person over the last seconds.

    It reads no clock: times come with the readings. A net reads a face about eight times a second
    by default, which is too rare for blinks: use `Cadence(read=0)`.

    Args:
        window: The seconds that a measurement covers.
    """

    def __init__(self, *, window: float = 60.0) -> None:
        self._window = window
        self._seen: dict[int, deque[tuple[float, bool]]] = {}

    def update(self, reading: Reading) -> EyeActivity | None:
        """Add a reading; return its person's activity, or None until half a window is observed.

        Readings without a person or without action units add nothing and return None.
        """
        key, shut = reading.person_key, reading.eyes_shut
        if key is None or shut is None:
            return None
        seen = self._seen.setdefault(key, deque())
        seen.append((reading.time, shut))
        self._drop(reading.time)
        span = seen[-1][0] - seen[0][0]
        if span < _OBSERVED * self._window:
            return None
        gaps = sorted(after - before for (before, _), (after, _) in pairwise(seen))
        closed = sum(shut for _, shut in seen) / len(seen)
        # Nine of ten gaps must be short.
        sparse = gaps[int(0.9 * (len(gaps) - 1))] > _SPARSE
        return EyeActivity(closed, None if sparse else 60 * _blinks(seen) / span)

    def _drop(self, time: float) -> None:
        """Forget what is older than the window, and people who have left."""
        for key, seen in list(self._seen.items()):
            while seen and time - seen[0][0] > self._window:
                seen.popleft()
            if not seen:
                del self._seen[key]


def _blinks(seen: deque[tuple[float, bool]]) -> int:
    """Return the number of closed stretches, shorter than a blink, between open ones."""
    stretches = [
        (shut, [time for time, _ in group]) for shut, group in groupby(seen, lambda s: s[1])
    ]
    return sum(
        shut and after[0] - times[0] <= _LONGEST_BLINK
        for (shut, times), (_, after) in list(pairwise(stretches))[1:]
    )
