"""Log refused keys and passwords in a separate log, so that they cannot fill the audit log."""

from __future__ import annotations

import logging
from collections import OrderedDict
from dataclasses import dataclass

from roomread.settings.addresses import network_of

LOGGER = "roomread.refused"
# The maximum number of sources counted separately; further ones are counted together.
_MAX_SOURCES = 1000
_OTHERS = "others"


@dataclass(slots=True)
class _RefusedSource:
    """The refusals from one source since its last line in the log.

    Attributes:
        written: The time of the last line, seconds of a monotonic clock.
        count: The number of refusals since then.
    """

    written: float
    count: int = 0


class RefusalTrail:
    """A log of the senders of wrong keys and passwords, with one line per source and period.

    The first refusal of a source is logged at once. Each later line contains the number of
    refusals since the previous line, so that a flood of refusals cannot fill the log.

    Args:
        period: Seconds between two lines of one source.
    """

    def __init__(self, *, period: float = 60.0) -> None:
        self._period = period
        self._sources: OrderedDict[tuple[str, str], _RefusedSource] = OrderedDict()

    def add(self, event: str, address: str, now: float) -> None:
        """Count one refusal.

        Args:
            event: The kind of refusal, such as "key refused".
            address: The address of the sender. All addresses of one IPv6 network are one source.
            now: Seconds of a monotonic clock.
        """
        self._write_due(now)
        source = event, network_of(address)
        if source not in self._sources and len(self._sources) >= _MAX_SOURCES:
            source = event, _OTHERS
        if source in self._sources:
            self._sources[source].count += 1
        else:
            self._sources[source] = _RefusedSource(now)
            _write(*source, 1)

    def close(self) -> None:
        """Write the counts that are not written yet."""
        self._write_due(float("inf"))

    def _write_due(self, now: float) -> None:
        """Write the counts of sources whose period has ended, and forget inactive sources."""
        while self._sources:
            source, known = next(iter(self._sources.items()))
            if now - known.written < self._period:
                return
            del self._sources[source]
            if known.count:
                _write(*source, known.count)
                self._sources[source] = _RefusedSource(now)
                if now == float("inf"):
                    del self._sources[source]


def _write(event: str, address: str, count: int) -> None:
    fields = {"address": address, "count": count}
    logging.getLogger(LOGGER).info(event, extra={"fields": fields})
