"""What ordinary faces look like to a net: the ground that a few shots stand out from.

A model file carries it in its metadata (`roomread.ground`); `roomread fewshot prepare` measures it
on a data set and writes it.
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
# So many made-up faces place a likeness to within 0.2 points where it decides.
_FACES = 4096


@dataclass(frozen=True, slots=True, eq=False)
class FeatureStatistics:
    """Statistics of a net's answers to ordinary faces.

    Features are centred and brought to length 1 before they are compared (Wang et al. 2019,
    "SimpleShot", arXiv:1911.04623).

    Attributes:
        mean: float64 [D], of the net's features.
        prototypes: float64 [7, D], each expression's mean of normalised features (Snell et al.
            2017, "Prototypical Networks", arXiv:1703.05175); zeros where the net never saw it.
        logits: float64 [7, 7], each expression's mean logits.
        share: float64 [7], how common each expression is, summing to 1.
        covariance: float64 [D, D], of normalised features around their prototypes.
        data: the name and digest of the data set.
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
        """The statistics of features [N, D] and logits [N, 7] of faces labelled int64 [N]."""
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
        """Features [N, D] centred and of length 1, float64 [N, D]."""
        return _normalised(features, self.mean)

    def ordinary(self) -> NDArray[np.float64]:
        """Made-up ordinary faces, normalised features float64 [4096, D]; the same ones each time.

        Drawn from a Gaussian around each prototype, so that no picture's features are kept.
        """
        rng = np.random.default_rng(0)
        size = len(self.mean)
        root = np.linalg.cholesky(self.covariance + 1e-6 * np.eye(size))
        labels = rng.choice(len(Expression), _FACES, p=self.share)
        x = self.prototypes[labels] + rng.standard_normal((_FACES, size)) @ root.T
        made: NDArray[np.float64] = x / np.linalg.norm(x, axis=1, keepdims=True)
        return made

    def to_json(self) -> str:
        """The ground as it stands in a model file: arrays as base64 of float16."""
        lower = self.covariance[np.tril_indices(len(self.mean))]
        arrays = {
            "mean": self.mean,
            "prototypes": self.prototypes,
            "logits": self.logits,
            "share": self.share,
            # Of the order of 1e-3: float16 has few digits there.
            "covariance": 1000 * lower,
        }
        packed = {
            name: base64.b64encode(values.astype("<f2").tobytes()).decode("ascii")
            for name, values in arrays.items()
        }
        return json.dumps({"data": self.data} | packed)

    @classmethod
    def from_json(cls, text: str) -> FeatureStatistics:
        """Reads what `to_json` wrote.

        Raises:
            ValueError: it is something else.
        """
        classes = len(Expression)
        try:
            values = json.loads(text)
            arrays = {
                name: np.frombuffer(base64.b64decode(values[name]), "<f2").astype(np.float64)
                for name in ("mean", "prototypes", "logits", "share", "covariance")
            }
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
            raise ValueError(f"no ground: {error}") from error


def feature_statistics_of(model: ModelFile) -> FeatureStatistics:
    """The ground that a model file carries.

    Raises:
        ModelFileError: it has none, or a damaged one.
    """
    text = model.session.get_metadata().get(FEATURE_STATISTICS_KEY)
    hint = f"roomread fewshot prepare DATA --model {model.name}"
    if text is None:
        raise ModelFileError(f"{model.name}: was not prepared for few-shot learning", hint=hint)
    try:
        return FeatureStatistics.from_json(text)
    except ValueError as error:
        raise ModelFileError(f"{model.name}: {error}", hint=hint) from error


def _normalised(features: NDArray[np.float32], mean: NDArray[np.float64]) -> NDArray[np.float64]:
    x = features - mean
    unit: NDArray[np.float64] = x / np.maximum(np.linalg.norm(x, axis=-1, keepdims=True), 1e-9)
    return unit


def _mean(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean of rows [N, D]; zeros of none."""
    mean: NDArray[np.float64] = rows.sum(axis=0) / max(len(rows), 1)
    return mean
