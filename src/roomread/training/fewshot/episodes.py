"""Draw episodes, and average the results of methods over them.

An episode has N classes, K pictures of each class to learn from, and further pictures of these
classes to be classified (Vinyals et al. 2016, "Matching Networks", arXiv:1606.04080).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from roomread.errors import DataError

# The numbers of references per class for which results are measured.
REFERENCES = (1, 2, 5, 10)
# Maximum number of pictures per class to classify in one episode.
_QUERIES = 10


@dataclass(frozen=True, slots=True)
class BenchmarkLine:
    """One result of the benchmark.

    Attributes:
        task: the classes to distinguish.
        method: the method that classified.
        references: the number of pictures of each class from which the method learnt.
        value: the mean result over the episodes.
        margin: half the width of the 95 % interval of `value`. It covers the variation between
            episodes, not between splits.
    """

    task: str
    method: str
    references: int
    value: float
    margin: float


class EpisodeScores:
    """The results of several methods, which are collected episode by episode."""

    def __init__(self) -> None:
        self._values: dict[str, list[float]] = {}

    def add(self, method: str, value: float) -> None:
        """Add the result of a method in one episode."""
        self._values.setdefault(method, []).append(value)

    def lines(self, task: str, references: int) -> list[BenchmarkLine]:
        """Return the mean result of each method with its 95 % margin."""
        return [
            BenchmarkLine(
                task,
                method,
                references,
                float(np.mean(values)),
                1.96 * float(np.std(values)) / math.sqrt(len(values)),
            )
            for method, values in self._values.items()
        ]


def draw_episodes(
    rows: Mapping[int, NDArray[np.intp]], references: int, count: int, seed: int
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Yield episodes: the rows to learn from and the rows to classify, class by class.

    Args:
        rows: the rows of each class.
        references: the number of pictures of each class to learn from.
        count: the number of episodes.
        seed: the seed of the draws.

    Raises:
        DataError: a class has too few pictures.
    """
    if any(len(each) < references + 2 for each in rows.values()):
        raise DataError(f"a class has too few pictures for {references} references and queries")
    rng = np.random.default_rng([seed, references])
    for _ in range(count):
        drawn = [rng.permutation(each)[: references + _QUERIES] for each in rows.values()]
        yield (
            np.concatenate([each[:references] for each in drawn]),
            np.concatenate([each[references:] for each in drawn]),
        )
