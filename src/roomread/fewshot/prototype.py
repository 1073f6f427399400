"""A state as the middle of its shots: how much like it a face is, beside ordinary faces."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from roomread.fewshot.feature_statistics import FeatureStatistics

# How quickly likeness falls with squared distance. Of 4, 8 and 16 the one with the largest areas
# under the ROC curve on PublicTest, for contempt and for disgust and fear unseen.
_SHARPNESS = 4.0
# Shots that weigh as much as the middle of all faces. Of 1, 2 and 3, 1 suited disgust and 3 the
# subtler contempt, by less than 0.02 of that area.
_PRIOR_SHOTS = 2.0


class Prototype:
    """Tells a state's faces from ordinary ones.

    A face is as much like the state as it is closer to the middle of the state's shots than to the
    seven expressions': the log-likelihood ratio of equal Gaussians (Snell et al. 2017,
    arXiv:1703.05175, with a background class). The middle is drawn towards that of all faces where
    shots are few.

    Args:
        ground: of the net.
        shots: normalised features float64 [n, D], n at least 1.
        ordinary: what `FeatureStatistics.ordinary` gave, or the like.
    """

    def __init__(
        self,
        statistics: FeatureStatistics,
        references: NDArray[np.float64],
        ordinary: NDArray[np.float64],
    ) -> None:
        seen = statistics.share > 0
        self._known, self._share = statistics.prototypes[seen], np.log(statistics.share[seen])
        middle = statistics.share @ statistics.prototypes
        self.center = (_PRIOR_SHOTS * middle + references.sum(axis=0)) / (
            _PRIOR_SHOTS + len(references)
        )
        self._ordinary = np.sort(self.ratio(ordinary))

    def ratio(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """The log-likelihood ratio float64 [N] of normalised features [N, D]."""
        other = self._share - _SHARPNESS * _distances(x, self._known)
        top = other.max(axis=1)
        mixture = top + np.log(np.exp(other - top[:, None]).sum(axis=1))
        ratio: NDArray[np.float64] = -_SHARPNESS * _distances(x, self.center[None])[:, 0] - mixture
        return ratio

    def percentile(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """The share of ordinary faces less like the state, 0..1, float64 [N]."""
        below = np.searchsorted(self._ordinary, self.ratio(x))
        share: NDArray[np.float64] = below / len(self._ordinary)
        return share


def _distances(x: NDArray[np.float64], centers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Squared distances [N, K] of x [N, D] to centers [K, D]."""
    squares = (x**2).sum(axis=1)[:, None] + (centers**2).sum(axis=1)
    distances: NDArray[np.float64] = squares - 2 * x @ centers.T
    return distances
