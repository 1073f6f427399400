"""Limit the rate of requests per sender."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from types import TracebackType

from starlette.requests import HTTPConnection

from roomread.api.problems import too_many_requests
from roomread.settings.addresses import network_of

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
        """Put the token that a sender took last back into the bucket."""
        if sender in self._buckets:
            left, then = self._buckets[sender]
            self._buckets[sender] = min(left + 1, self._burst), then


class Attempts:
    """A context manager that limits the wrong attempts of each address.

    An attempt is the block of a `with` statement. Each attempt takes a token, and puts it back if
    the block raises no error.

    Args:
        rate: The token buckets, one for each address.
        connection: The connection whose address is limited.

    Raises:
        RefusedError: The address has made too many wrong attempts; the block does not run.
    """

    def __init__(self, rate: Rate, connection: HTTPConnection) -> None:
        self._rate = rate
        self._sender = network_of(connection.client.host) if connection.client else ""

    def __enter__(self) -> None:
        seconds = self._rate.take(self._sender, time.monotonic())
        if seconds:
            raise too_many_requests("too many wrong codes came from this address", seconds)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None:
            self._rate.give_back(self._sender)
