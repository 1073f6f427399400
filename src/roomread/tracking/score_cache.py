"""What was said of each face a moment ago."""

from __future__ import annotations

from typing import Generic, NamedTuple, TypeVar

from roomread.tracking.schedule import stagger

T = TypeVar("T")


class _Said(NamedTuple, Generic[T]):
    value: T
    time: float


class ScoreCache(Generic[T]):
    """One value for each track, good for a moment.

    Tracks that began together take turns: the first value of each lasts a different part of the
    moment.

    Args:
        max_age: seconds after which a value is no longer given; 0 never gives one.
    """

    def __init__(self, *, max_age: float) -> None:
        self.max_age = max_age
        self._said: dict[int, _Said[T]] = {}

    def find(self, track_id: int, time: float) -> T | None:
        """The value of a track at `time` in seconds, None where there is none or it is too old."""
        said = self._said.get(track_id)
        return said.value if said is not None and time - said.time < self.max_age else None

    def keep(self, track_id: int, value: T, time: float) -> None:
        """Takes a new value in; those that are too old go."""
        if track_id not in self._said:
            time -= self.max_age * stagger(track_id)
        # Twice: who is due now keeps the turn that it has.
        for old in [t for t, said in self._said.items() if time - said.time > 2 * self.max_age]:
            del self._said[old]
        self._said[track_id] = _Said(value, time)

    def clear(self) -> None:
        """Forgets everything."""
        self._said.clear()
