"""How often one may ask."""

from __future__ import annotations

import math
from collections import OrderedDict

# Askers that are remembered; each is two numbers.
_MAX_ASKERS = 10_000


class Rate:
    """A bucket of tokens for each asker: `burst` at once, `per_second` in the long run.

    Args:
        per_second: tokens that come back, 1/s.
        burst: tokens of a full bucket.
    """

    def __init__(self, per_second: float, burst: float) -> None:
        self._per_second, self._burst = per_second, burst
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, asker: str, now: float) -> int:
        """0 where the asker may go on, else the whole seconds to wait.

        Args:
            asker: who.
            now: a clock's time, s, never running backwards.
        """
        left, then = self._buckets.pop(asker, (self._burst, now))
        left = min(left + (now - then) * self._per_second, self._burst)
        wait = 0 if left >= 1 else math.ceil((1 - left) / self._per_second)
        self._buckets[asker] = (left - (not wait), now)
        if len(self._buckets) > _MAX_ASKERS:
            # The one that was quiet for longest has a full bucket, or nearly.
            self._buckets.popitem(last=False)
        return wait

    def give_back(self, asker: str) -> None:
        """Returns the token last taken: what it was for was right."""
        if asker in self._buckets:
            left, then = self._buckets[asker]
            self._buckets[asker] = min(left + 1, self._burst), then
