"""Learn how the net's logits for one person differ from its mean logits for all faces."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from roomread.classifier import softmax
from roomread.fewshot.feature_statistics import FeatureStatistics

# Weight of the prior (no offset), in references. On 50 synthetic people made of PublicTest's faces,
# 5, 10 and 20 gave accuracies of 0.795, 0.794 and 0.793 with five references of each expression
# (0.776 without a profile). With five neutral references only, 5 made rare expressions worse.
_PRIOR_REFERENCES = 10.0
# Weight of the prior (temperature 1), in references. On the same people, 30 lowered the log loss by
# 0.002 with all seven expressions taught; 10 and 100 lowered it less.
_TEMPERATURE_WEIGHT = 30.0
_SHARPER = np.exp(np.linspace(-1, 1, 81))


class PersonOffset(NamedTuple):
    """The difference between the net's logits for one person and its mean logits for all faces.

    Attributes:
        shift: float64 [7], to be subtracted from the logits.
        temperature: Divisor of the logits in addition to the net's temperature, over 0; under 1 for
            a person whose expressions are weaker than average.
    """

    shift: NDArray[np.float64]
    temperature: float

    def apply(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return logits [N, 7] of this person, corrected as if they came from an average face."""
        applied: NDArray[np.float32] = ((logits - self.shift) / self.temperature).astype(np.float32)
        return applied


def learn(
    statistics: FeatureStatistics,
    logits: NDArray[np.float32],
    labels: NDArray[np.int64],
    *,
    temperature: float,
) -> PersonOffset:
    """Learn the offset of a person from reference pictures.

    The shift is the mean difference between the references' logits and the mean logits of the same
    expression on all faces, shrunk by n / (n + 10) (James and Stein 1961). Because the head is
    linear, it corresponds to an offset of the neutral face's features, so neutral pictures alone
    are enough. The temperature (Guo et al. 2017, arXiv:1706.04599) maximises the likelihood of each
    reference under the shift learnt from the other references, regularised towards 1; it is learnt
    only from references of at least two expressions.

    Args:
        statistics: The feature statistics of the net.
        logits: The references' logits, float32 [n, 7].
        labels: The expressions that the references show, int64 [n].
        temperature: The temperature of the net.
    """
    count = len(labels)
    if not count:
        return PersonOffset(np.zeros(statistics.logits.shape[1]), 1.0)
    off = logits - statistics.logits[labels]
    total = off.sum(axis=0)
    shift = total / (count + _PRIOR_REFERENCES)
    if len(set(labels.tolist())) < 2:
        return PersonOffset(shift, 1.0)
    left_out = (logits - (total - off) / (count - 1 + _PRIOR_REFERENCES)) / temperature
    losses = [
        log_loss(left_out / t, labels).sum() + _TEMPERATURE_WEIGHT * np.log(t) ** 2
        for t in _SHARPER
    ]
    return PersonOffset(shift, float(_SHARPER[int(np.argmin(losses))]))


def log_loss(logits: NDArray[Any], labels: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the negative log-likelihood of each row's label, float64 [n], given logits [n, 7]."""
    shown = softmax(logits.astype(np.float32))[np.arange(len(labels)), labels]
    losses: NDArray[np.float64] = -np.log(np.maximum(shown, 1e-6).astype(np.float64))
    return losses
