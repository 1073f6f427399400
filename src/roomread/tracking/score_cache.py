"""Cache recent values of each track."""

from __future__ import annotations

from typing import Generic, NamedTuple, TypeVar

from roomread.tracking.schedule import stagger

T = TypeVar("T")


class _Entry(NamedTuple, Generic[T]):
    value: T
    time: float


class ScoreCache(Generic[T]):
    """A cache that keeps one value for each track for a short time.

    The first value of each track expires after a different fraction of `max_age`, so that tracks
    that began together take turns.

    Args:
        max_age: seconds for which a value is valid; 0 disables the cache.
    """

    def __init__(self, *, max_age: float) -> None:
        self.max_age = max_age
        self._entries: dict[int, _Entry[T]] = {}

    def find(self, track_id: int, time: float) -> T | None:
        """Return a track's value at `time`, s; None if no value is stored or it has expired."""
        entry = self._entries.get(track_id)
        return entry.value if entry is not None and time - entry.time < self.max_age else None

    def keep(self, track_id: int, value: T, time: float) -> None:
        """Store a value and remove expired ones."""
        if track_id not in self._entries:
            time -= self.max_age * stagger(track_id)
        # Keep entries for two periods so that a track that is due now keeps its turn.
        for old in [
            t for t, entry in self._entries.items() if time - entry.time > 2 * self.max_age
        ]:
            del self._entries[old]
        self._entries[track_id] = _Entry(value, time)

    def clear(self) -> None:
        """Remove all values."""
        self._entries.clear()
