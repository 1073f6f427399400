"""Measure how much a person's profile improves the readings of synthetic people.

FER-2013 does not state which pictures show the same person. A synthetic person consists of pictures
of different people that are changed by the same smooth warp, rotation, stretch and light.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from roomread.classifier import ExpressionClassifier, ModelFile, Predictions, softmax
from roomread.fewshot.person import learn, log_loss
from roomread.readings import Expression
from roomread.training.fewshot.baselines import ridge
from roomread.training.fewshot.episodes import REFERENCES, BenchmarkLine, EpisodeScores
from roomread.training.fewshot.pool import Pool

# Strength of the linear probe's ridge penalty, the best of several on PublicTest.
_PROBE_RIDGE = 3.0
# The linear probe is measured from this number of references of each expression.
_PROBE_REFERENCES = 10
_PEOPLE = 100
# Number of pictures per expression: up to ten to learn from, and the others to classify. A rare
# expression such as disgust may have fewer.
_PICTURES_OF_A_PERSON = 24


def measure_people(pool: Pool, model: ModelFile, *, seed: int) -> list[BenchmarkLine]:
    """Measure synthetic people's profiles, which learn neutral faces or all seven expressions."""
    rng = np.random.default_rng(seed)
    scores = {references: (EpisodeScores(), EpisodeScores()) for references in REFERENCES}
    for _ in range(_PEOPLE):
        rows = np.concatenate(
            [
                rng.permutation(np.flatnonzero(pool.labels == e))[:_PICTURES_OF_A_PERSON]
                for e in Expression
            ]
        )
        predictions = ExpressionClassifier(model).predict(change_alike(pool.images[rows], rng))
        person = MadeUpPerson(pool, pool.labels[rows], predictions)
        for references, (neutral, every) in scores.items():
            for each, taught in ((neutral, [Expression.NEUTRAL]), (every, list(Expression))):
                person.score(each, person.draw(taught, references, rng))
    lines = []
    for references, (neutral, every) in scores.items():
        lines += neutral.lines("made-up people, taught neutral faces", references)
        lines += every.lines("made-up people, taught all seven", references)
    return lines


class MadeUpPerson:
    """A synthetic person's pictures; a profile learns some of them and is tested on the rest.

    Args:
        pool: the original faces.
        labels: the expressions of the person's pictures, int64 [n].
        predictions: the net's predictions for the changed pictures.
    """

    def __init__(self, pool: Pool, labels: NDArray[np.int64], predictions: Predictions) -> None:
        self._pool, self._labels, self._logits = pool, labels, predictions.logits
        self._x = pool.statistics.normalise(predictions.features)

    def draw(
        self, taught: Sequence[Expression], references: int, rng: np.random.Generator
    ) -> NDArray[np.intp]:
        """Draw the rows of the pictures to learn from, `references` of each taught expression."""
        each = (np.flatnonzero(self._labels == e) for e in taught)
        return np.concatenate([rng.permutation(rows)[:references] for rows in each])

    def score(self, scores: EpisodeScores, support: NDArray[np.intp]) -> None:
        """Add the results of Roomread and of other methods on the pictures outside `support`."""
        queries = np.setdiff1d(np.arange(len(self._labels)), support)
        logits = self._logits_by_method(support, queries)
        right = {}
        for method, z in logits.items():
            right[method] = self._mean_by_share(queries, z.argmax(axis=1) == self._labels[queries])
            # A temperature does not change the predicted class, so only the log loss is compared.
            if method != "without a temperature of their own":
                scores.add(method, right[method])
        general, profile = list(right.values())[:2]
        scores.add("gained by the same people", profile - general)
        for method, z in logits.items():
            loss = self._mean_by_share(queries, log_loss(z, self._labels[queries]))
            scores.add(f"log loss: {method}", loss)

    def _logits_by_method(
        self, support: NDArray[np.intp], queries: NDArray[np.intp]
    ) -> dict[str, NDArray[Any]]:
        """Return the logits [n, 7] of each method for the queries."""
        temperature = self._pool.temperature
        offset = learn(
            self._pool.statistics,
            self._logits[support],
            self._labels[support],
            temperature=temperature,
        )
        own = (self._logits - offset.shift) / temperature
        logits: dict[str, NDArray[Any]] = {
            "general model": self._logits[queries] / temperature,
            "Roomread, their profile": own[queries] / offset.temperature,
            "without a temperature of their own": own[queries],
        }
        if np.bincount(self._labels[support]).min() >= _PROBE_REFERENCES:
            x, labels = self._x[support], self._labels[support]
            error = np.eye(len(Expression))[labels] - softmax(own[support].astype(np.float32))
            probe = ridge(x, error, _PROBE_RIDGE)
            logits["with a linear probe"] = own[queries] + self._x[queries] @ probe
        return logits

    def _mean_by_share(self, queries: NDArray[np.intp], values: NDArray[Any]) -> float:
        """Return the mean of `values` [n]; expressions are weighted by their shares of Training."""
        labels = self._labels[queries]
        each = np.array([values[labels == e].mean() for e in Expression])
        return float(each @ self._pool.statistics.share)


def change_alike(images: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Warp, rotate, stretch and light pictures uint8 [N, 48, 48] by the same random change."""
    side = images.shape[-1]
    # Coordinates are in halves of a picture. The standard deviations are 1.2 px for the warp, 6°
    # for the rotation and 6 % for the stretch.
    warp = torch.from_numpy(rng.normal(0, 1.2 * 2 / side, (1, 2, 5, 5)))
    flow = F.interpolate(warp, (side, side), mode="bicubic", align_corners=True)
    turn, stretch = math.radians(rng.normal(0, 6)), np.exp(rng.normal(0, 0.06, 2))
    matrix = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    affine = torch.from_numpy(np.hstack([matrix * stretch, rng.normal(0, 2 / side, (2, 1))]))
    grid = F.affine_grid(affine[None], [1, 1, side, side], align_corners=True)
    grid = grid + flow.permute(0, 2, 3, 1)
    light = float(np.exp(rng.normal(0, 0.2)))
    pictures = torch.from_numpy(images).double()[:, None] / 255
    warped = F.grid_sample(
        pictures,
        grid.expand(len(images), -1, -1, -1),
        padding_mode="border",
        align_corners=True,
    )
    lit = (255 * warped.clamp(0, 1) ** light).round().byte()
    return np.asarray(lit[:, 0].numpy())
