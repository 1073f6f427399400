"""Limit the rate of requests per sender."""

from __future__ import annotations

import math
from collections import OrderedDict

# Maximum number of senders that are remembered.
_MAX_SENDERS = 10_000


class Rate:
    """Token buckets that allow each sender `burst` requests at once and `per_second` on average.

    Args:
        per_second: Tokens that a bucket regains, 1/s.
        burst: Tokens of a full bucket.
    """

    def __init__(self, per_second: float, burst: float) -> None:
        self._per_second, self._burst = per_second, burst
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, sender: str, now: float) -> int:
        """Take a token and return 0; if the bucket is empty, return the whole seconds to wait.

        Args:
            sender: The sender whose bucket is used.
            now: Seconds on a monotonic clock.
        """
        left, then = self._buckets.pop(sender, (self._burst, now))
        left = min(left + (now - then) * self._per_second, self._burst)
        wait = 0 if left >= 1 else math.ceil((1 - left) / self._per_second)
        self._buckets[sender] = (left - (not wait), now)
        if len(self._buckets) > _MAX_SENDERS:
            # Forget the sender that has been silent for longest, whose bucket is almost full.
            self._buckets.popitem(last=False)
        return wait

    def give_back(self, sender: str) -> None:
        """Return the token that was taken last."""
        if sender in self._buckets:
            left, then = self._buckets[sender]
            self._buckets[sender] = min(left + 1, self._burst), then
