"""Measure and read the statistics of a net's features on ordinary faces.

The reference pictures of profiles are compared with these statistics.

A model file stores them in its metadata; training measures them on a data set. Their key is called
`roomread.ground` for historical reasons: renaming it would change the digest of every model file,
and profiles are bound to that digest.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from roomread.classifier import ModelFile
from roomread.errors import ModelFileError
from roomread.readings import Expression

FEATURE_STATISTICS_KEY = "roomread.ground"
_ADVICE = "prepare the model with a data set of faces first"
# Number of synthetic faces; it gives percentiles near the threshold to within 0.2 points.
_FACES = 4096


class NotPreparedError(ModelFileError):
    """A model file has no valid feature statistics, which few-shot learning needs."""


@dataclass(frozen=True, slots=True, eq=False)
class FeatureStatistics:
    """Statistics of a net's features and logits on ordinary faces.

    Features are centred and scaled to length 1 before they are compared (Wang et al. 2019,
    "SimpleShot", arXiv:1911.04623).

    Attributes:
        mean: Mean of the net's features, float64 [D].
        prototypes: float64 [7, D], each expression's mean of normalised features (Snell et al.
            2017, "Prototypical Networks", arXiv:1703.05175); zeros for an expression that the net
            was never trained on.
        logits: float64 [7, 7], mean logits of each expression.
        share: float64 [7], relative frequency of each expression, summing to 1.
        covariance: float64 [D, D], the covariance of normalised features around their prototypes.
        data: The name and digest of the data set.
    """

    mean: NDArray[np.float64]
    prototypes: NDArray[np.float64]
    logits: NDArray[np.float64]
    share: NDArray[np.float64]
    covariance: NDArray[np.float64]
    data: str

    @classmethod
    def measure(
        cls,
        features: NDArray[np.float32],
        logits: NDArray[np.float32],
        labels: NDArray[np.int64],
        *,
        data: str,
    ) -> FeatureStatistics:
        """Return the statistics of features [N, D] and logits [N, 7] with labels int64 [N]."""
        mean = features.astype(np.float64).mean(axis=0)
        x = _normalised(features, mean)
        classes = range(len(Expression))
        counts = np.bincount(labels, minlength=len(Expression))
        prototypes = np.stack([_mean(x[labels == c]) for c in classes])
        around = x - prototypes[labels]
        return cls(
            mean,
            prototypes,
            np.stack([_mean(logits[labels == c].astype(np.float64)) for c in classes]),
            counts / counts.sum(),
            around.T @ around / len(around),
            data,
        )

    def normalise(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return features [N, D] centred and scaled to length 1, float64 [N, D]."""
        return _normalised(features, self.mean)

    def ordinary(self) -> NDArray[np.float64]:
        """Return normalised features of synthetic ordinary faces, float64 [4096, D].

        They are drawn from a Gaussian around each prototype with a fixed seed, so that no features
        of real pictures need to be stored.
        """
        rng = np.random.default_rng(0)
        size = len(self.mean)
        root = np.linalg.cholesky(self.covariance + 1e-6 * np.eye(size))
        labels = rng.choice(len(Expression), _FACES, p=self.share)
        x = self.prototypes[labels] + rng.standard_normal((_FACES, size)) @ root.T
        made: NDArray[np.float64] = x / np.linalg.norm(x, axis=1, keepdims=True)
        return made

    def to_json(self) -> str:
        """Return the statistics as JSON for a model file, with arrays as base64 of float16."""
        lower = self.covariance[np.tril_indices(len(self.mean))]
        arrays = {
            "mean": self.mean,
            "prototypes": self.prototypes,
            "logits": self.logits,
            "share": self.share,
            # Scale the values, which are near 1e-3, because float16 has few digits there.
            "covariance": 1000 * lower,
        }
        packed = {
            name: base64.b64encode(values.astype("<f2").tobytes()).decode("ascii")
            for name, values in arrays.items()
        }
        return json.dumps({"data": self.data} | packed)

    @classmethod
    def from_json(cls, text: str) -> FeatureStatistics:
        """Parse the text that `to_json` returned.

        Raises:
            ValueError: The text is not JSON of this form, or contains an invalid value.
        """
        classes = len(Expression)
        try:
            values = json.loads(text)
            arrays = {
                name: np.frombuffer(base64.b64decode(values[name]), "<f2").astype(np.float64)
                for name in ("mean", "prototypes", "logits", "share", "covariance")
            }
            if not all(np.isfinite(values).all() for values in arrays.values()):
                raise ValueError("the feature statistics are damaged: a value is not finite")
            if arrays["share"].min() < 0 or not arrays["share"].sum():
                raise ValueError("the feature statistics are damaged: a class has an invalid share")
            size = len(arrays["mean"])
            lower = np.zeros((size, size))
            lower[np.tril_indices(size)] = arrays["covariance"] / 1000
            return cls(
                arrays["mean"],
                arrays["prototypes"].reshape(classes, size),
                arrays["logits"].reshape(classes, classes),
                arrays["share"] / arrays["share"].sum(),
                lower + np.tril(lower, -1).T,
                str(values["data"]),
            )
        except (KeyError, TypeError, binascii.Error) as error:
            raise ValueError(f"the feature statistics are damaged: {error}") from error


def feature_statistics_of(model: ModelFile) -> FeatureStatistics:
    """Return the feature statistics of a model file.

    Raises:
        NotPreparedError: The file has no feature statistics, or they are damaged.
    """
    text = model.session.get_metadata().get(FEATURE_STATISTICS_KEY)
    if text is None:
        raise NotPreparedError(
            f"{model.name}: was not prepared for few-shot learning", hint=_ADVICE
        )
    try:
        return FeatureStatistics.from_json(text)
    except ValueError as error:
        raise NotPreparedError(f"{model.name}: {error}", hint=_ADVICE) from error


def _normalised(features: NDArray[np.float32], mean: NDArray[np.float64]) -> NDArray[np.float64]:
    x = features - mean
    unit: NDArray[np.float64] = x / np.maximum(np.linalg.norm(x, axis=-1, keepdims=True), 1e-9)
    return unit


def _mean(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean of rows [N, D], or zeros if there are no rows."""
    mean: NDArray[np.float64] = rows.sum(axis=0) / max(len(rows), 1)
    return mean
