"""Methods from the literature with which the benchmark compares Roomread."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from roomread.fewshot.feature_statistics import FeatureStatistics
from roomread.readings import Expression
from roomread.training.fewshot.pool import Pool

# Strength of the L2 penalty of the linear probe.
_RIDGE = 1.0
# Regularisation of a state's discriminant, relative to the mean variance of a feature.
_STATE_RIDGE = 0.3
# Weight of the net's own prototype of an expression, as a number of references.
_GLOBAL_REFERENCES = 10.0


def baseline_predictions(
    pool: Pool,
    support: NDArray[np.intp],
    queries: NDArray[np.intp],
    classes: Sequence[Expression],
) -> Iterator[tuple[str, NDArray[np.int64]]]:
    """Yield the name of each method and its predictions for the queries, int64 [n].

    Args:
        pool: the faces.
        support: the rows of `pool` to learn from.
        queries: the rows of `pool` to classify.
        classes: the classes to choose from.
    """
    names = np.array(classes, dtype=np.int64)
    labels, x = pool.labels[support], pool.x[support]
    groups = [support[labels == c] for c in classes]
    # Snell et al. 2017, "Prototypical Networks", arXiv:1703.05175.
    raw = np.stack([pool.features[g].mean(axis=0) for g in groups]).astype(np.float64)
    yield "ProtoNet", names[nearest(pool.features[queries].astype(np.float64), raw)]
    # Wang et al. 2019, "SimpleShot", arXiv:1911.04623.
    centers = np.stack([pool.x[g].mean(axis=0) for g in groups])
    yield "SimpleShot", names[nearest(pool.x[queries], centers)]
    yield "nearest neighbour", labels[(pool.x[queries] @ x.T).argmax(axis=1)]
    # Ridge regression to the classes, in closed form (Bertinetto et al. 2018, arXiv:1805.08136).
    wanted = (labels[:, None] == names) - 1 / len(names)
    weights = ridge(x, wanted, _RIDGE)
    yield "linear probe", names[(pool.x[queries] @ weights).argmax(axis=1)]


def ridge(
    x: NDArray[np.float64], wanted: NDArray[np.float64], strength: float
) -> NDArray[np.float64]:
    """Return weights [D, K] of a ridge regression from rows [n, D] to values [n, K]."""
    weights: NDArray[np.float64] = x.T @ np.linalg.solve(
        x @ x.T + strength * np.eye(len(x)), wanted
    )
    return weights


def state_probe(
    statistics: FeatureStatistics, references: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return a regularised discriminant [D] between a state's faces [n, D] and ordinary faces."""
    size = len(statistics.mean)
    ridge_of_covariance = _STATE_RIDGE * np.trace(statistics.covariance) / size
    within = statistics.covariance + ridge_of_covariance * np.eye(size)
    ordinary = statistics.share @ statistics.prototypes
    probe: NDArray[np.float64] = np.linalg.solve(within, references.mean(axis=0) - ordinary)
    return probe


def shrunk_prototypes(pool: Pool, support: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the mean of each expression's support, [7, D], drawn towards the net's prototype."""
    centers = _GLOBAL_REFERENCES * pool.statistics.prototypes.copy()
    counts = np.full(len(centers), _GLOBAL_REFERENCES)
    np.add.at(centers, pool.labels[support], pool.x[support])
    np.add.at(counts, pool.labels[support], 1)
    means: NDArray[np.float64] = centers / counts[:, None]
    return means


def nearest(x: NDArray[np.float64], centers: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the index of the center [K, D] that is nearest to each row [n, D], int64 [n]."""
    distances = (centers**2).sum(axis=1) - 2 * x @ centers.T
    indices: NDArray[np.int64] = distances.argmin(axis=1)
    return indices


def area_under_roc(positive: NDArray[np.float64], negative: NDArray[np.float64]) -> float:
    """Return the area under the ROC curve of positive and negative scores, 0..1."""
    ordered = np.sort(negative)
    below = np.searchsorted(ordered, positive, "left") + np.searchsorted(ordered, positive, "right")
    return float(below.mean() / (2 * len(ordered)))
