"""Steady scores: a face's readings averaged over a moment."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from roomread.readings import Reading, Scores


@dataclass(slots=True)
class _State:
    probabilities: NDArray[np.float32]
    percentile: dict[str, float]
    time: float


class ScoreSmoother:
    """An exponential average of each track's scores and states, in seconds and not in frames.

    Args:
        time_constant: seconds after which a change has come through to 63 %; 0 switches it off.
            0.3 s: shorter flickers between two likely expressions, longer lags a smile.
        max_gap: seconds unread after which a track starts afresh.
    """

    def __init__(self, *, time_constant: float = 0.3, max_gap: float = 2.0) -> None:
        self.time_constant = time_constant
        self.max_gap = max_gap
        self._states: dict[int, _State] = {}

    def update(self, reading: Reading) -> Reading:
        """The reading with its scores averaged; as it is where it has no track or no scores."""
        if reading.track_id is None or reading.scores is None:
            return reading
        probabilities = reading.scores.probabilities
        percentile = {state.name: state.percentile for state in reading.states}
        old = self._states.get(reading.track_id)
        if old is not None and self.time_constant > 0:
            gap = reading.time - old.time
            if gap <= self.max_gap:
                new = 1 - math.exp(-gap / self.time_constant)
                probabilities = (1 - new) * old.probabilities + new * probabilities
                percentile = {
                    name: (1 - new) * old.percentile.get(name, value) + new * value
                    for name, value in percentile.items()
                }
        self._states[reading.track_id] = _State(probabilities, percentile, reading.time)
        self._forget(reading.time)
        return replace(
            reading,
            scores=Scores(probabilities, reading.scores.threshold),
            states=tuple(replace(s, percentile=percentile[s.name]) for s in reading.states),
        )

    def _forget(self, time: float) -> None:
        # Past the gap a state is never used again: without this a long stream would grow.
        for track_id in [t for t, s in self._states.items() if time - s.time > self.max_gap]:
            del self._states[track_id]
