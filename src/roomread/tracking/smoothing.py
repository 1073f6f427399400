"""Smooth the scores of each track over time."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from roomread.readings import Reading, Scores


@dataclass(slots=True)
class _TrackAverage:
    probabilities: NDArray[np.float32]
    percentile: dict[str, float]
    time: float


class ScoreSmoother:
    """An exponential average over time of each track's scores, for expressions and taught states.

    It works at any frame rate.

    Args:
        time_constant: seconds after which the average has covered 63 % of a change; 0 switches
            smoothing off. With a shorter time than the default, the shown expression flickers
            between two expressions of similar probability; with a longer time, it lags behind the
            face.
        max_gap: seconds without a reading after which the smoothing of a track restarts.
    """

    def __init__(self, *, time_constant: float = 0.3, max_gap: float = 2.0) -> None:
        self.time_constant = time_constant
        self.max_gap = max_gap
        self._states: dict[int, _TrackAverage] = {}

    def update(self, reading: Reading) -> Reading:
        """Return a reading with averaged scores; unchanged if it has no track or no scores."""
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
        self._states[reading.track_id] = _TrackAverage(probabilities, percentile, reading.time)
        self._forget(reading.time)
        scores = Scores(probabilities, reading.scores.threshold)
        return replace(
            reading,
            scores=scores,
            valence=None if reading.valence is None else scores.valence,
            states=tuple(replace(s, percentile=percentile[s.name]) for s in reading.states),
        )

    def _forget(self, time: float) -> None:
        # Averages older than the gap are never used again; keeping them would leak memory.
        for track_id in [t for t, s in self._states.items() if time - s.time > self.max_gap]:
            del self._states[track_id]
