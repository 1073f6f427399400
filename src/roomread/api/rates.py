"""Rate limits by sender."""

from __future__ import annotations

import math
from collections import OrderedDict

# Senders that are remembered; each takes two numbers.
_MAX_SENDERS = 10_000


class Rate:
    """Token buckets: each sender may send `burst` requests at once, `per_second` in the long run.

    Args:
        per_second: Tokens that a bucket regains, 1/s.
        burst: Tokens of a full bucket.
    """

    def __init__(self, per_second: float, burst: float) -> None:
        self._per_second, self._burst = per_second, burst
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, sender: str, now: float) -> int:
        """Take a token, and return 0, or the whole seconds to wait if the bucket is empty.

        Args:
            sender: The sender whose bucket is used.
            now: Seconds on any clock that does not go back.
        """
        left, then = self._buckets.pop(sender, (self._burst, now))
        left = min(left + (now - then) * self._per_second, self._burst)
        wait = 0 if left >= 1 else math.ceil((1 - left) / self._per_second)
        self._buckets[sender] = (left - (not wait), now)
        if len(self._buckets) > _MAX_SENDERS:
            # The sender that was silent for longest has an almost full bucket.
            self._buckets.popitem(last=False)
        return wait

    def give_back(self, sender: str) -> None:
        """Return the token that was taken last."""
        if sender in self._buckets:
            left, then = self._buckets[sender]
            self._buckets[sender] = min(left + 1, self._burst), then
