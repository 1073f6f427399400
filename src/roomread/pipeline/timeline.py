"""Compute the mean scores of each person of a source over time."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from roomread.errors import MissingExtraError
from roomread.readings import VALENCE, Expression, Reading

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Maximum number of intervals: eleven days at one second each.
_MAX_STEPS = 1_000_000


@dataclass(frozen=True, eq=False)
class ScoreTimeline:
    """The mean scores of each person in each interval of time.

    Attributes:
        every: The length of an interval, seconds.
        times: float64 [T], the start of each interval, seconds from the start of the source.
        people: The P people: the `Reading.seat` of each person or, if it is not known, the track
            id; None for faces that have neither.
        scores: float64 [T, P, 7], the mean probabilities in `Expression`'s order; NaN where a
            person was not read.
        counts: int64 [T, P], the number of readings with scores.
    """

    every: float
    times: NDArray[np.float64]
    people: tuple[int | None, ...]
    scores: NDArray[np.float64]
    counts: NDArray[np.int64]

    @property
    def mean_scores(self) -> NDArray[np.float64]:
        """The mean scores of all people, each with equal weight, float64 [T, 7].

        The scores are NaN in intervals in which nobody was read.
        """
        with warnings.catch_warnings():
            # The mean of no numbers is NaN, as documented.
            warnings.simplefilter("ignore", RuntimeWarning)
            return np.asarray(np.nanmean(self.scores, axis=1))

    @property
    def valence(self) -> NDArray[np.float64]:
        """The probability of pleasant minus that of unpleasant expressions, -1..1, float64 [T, P].

        The valence is NaN in intervals in which the person was not read.
        """
        return np.asarray(self.scores @ VALENCE)

    def to_pandas(self) -> Any:
        """Return a `pandas.DataFrame` with a row for each interval in which a person was read.

        Its columns are `time`, `person`, `readings`, `valence` and `scores_angry` to
        `scores_neutral`.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        try:
            import pandas as pd  # noqa: PLC0415 (an extra)
        except ImportError as error:
            raise MissingExtraError("to_pandas", extra="pandas") from error
        step, person = np.nonzero(self.counts)
        people = pd.array([self.people[index] for index in person], dtype="Int64")
        scores = self.scores[step, person]
        return pd.DataFrame(
            {
                "time": self.times[step],
                "person": people,
                "readings": self.counts[step, person],
                "valence": self.valence[step, person],
            }
            | {f"scores_{each.display_name}": scores[:, each] for each in Expression}
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the mean scores of the people over time, one line for each expression.

        Args:
            ax: The axes to draw on; None for those of a new figure.

        Returns:
            The axes.

        Raises:
            MissingExtraError: Matplotlib is not installed.
        """
        from roomread.pipeline.plotting import plot_scores  # noqa: PLC0415 (an extra)

        return plot_scores(self.times + self.every / 2, self.mean_scores, ax)


def score_timeline(readings: Iterable[Reading], *, every: float = 1.0) -> ScoreTimeline:
    """Return the mean scores of each person in each interval of time.

    Args:
        readings: Readings of one source, in any order. Readings without scores are ignored.
        every: The length of an interval, seconds; intervals begin at multiples of it.

    Raises:
        ValueError: `every` is not above 0, the readings are of several sources, or there would be
            more than a million intervals.
    """
    if not every > 0:
        raise ValueError(f"every must be above 0 seconds, not {every}")
    known = [reading for reading in readings if reading.scores is not None]
    sources = {reading.source for reading in known}
    if len(sources) > 1:
        raise ValueError(f"the readings come from {len(sources)} sources: make a timeline of each")
    steps = np.array([reading.time // every for reading in known], dtype=np.int64)
    first, count = _range_of(steps)
    if count > _MAX_STEPS:
        raise ValueError(f"{count:,} intervals are more than {_MAX_STEPS:,}: make `every` longer")
    keys = [reading.person_key for reading in known]
    people = tuple(sorted(set(keys), key=lambda key: (key is None, key)))
    position = {key: index for index, key in enumerate(people)}
    cells = (steps - first, np.array([position[key] for key in keys], dtype=np.int64))
    sums = np.zeros((count, len(people), len(Expression)))
    counts = np.zeros((count, len(people)), dtype=np.int64)
    if known:
        np.add.at(sums, cells, np.array([r.scores.probabilities for r in known if r.scores]))
        np.add.at(counts, cells, 1)
    with np.errstate(invalid="ignore"):
        scores = sums / counts[..., np.newaxis]
    times = (first + np.arange(count, dtype=np.float64)) * every
    return ScoreTimeline(every, times, people, scores, counts)


def _range_of(steps: NDArray[np.int64]) -> tuple[int, int]:
    """Return the first step, and the number of steps from the first to the last."""
    if not steps.size:
        return 0, 0
    first = int(steps.min())
    return first, int(steps.max()) - first + 1
