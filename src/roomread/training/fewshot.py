"""The few-shot benchmark: how much a handful of pictures teaches, on FER-2013 and FER+.

Episodes as Vinyals et al. 2016, "Matching Networks", arXiv:1606.04080: N classes, K pictures of
each to learn from, others to be asked. Pictures of a split that stand in Training or a second time
in the split are left out. What an interval holds is the episodes' spread, not the split's.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from roomread.classifier import ExpressionClassifier, ModelFile, Predictions, softmax
from roomread.errors import DataError
from roomread.fewshot.adapter import CLAIM
from roomread.fewshot.feature_statistics import FeatureStatistics, feature_statistics_of
from roomread.fewshot.person import learn, log_loss
from roomread.fewshot.prototype import Prototype
from roomread.readings import Expression
from roomread.training.dataset import VOTE_NAMES, FerData, Split, find_copies
from roomread.training.feature_statistics import seen_labels, withheld_from

SHOTS = (1, 2, 5, 10)
_QUERIES = 10
_GLOBAL_SHOTS = 10.0
_RIDGE = 1.0
# What was tried of a person and a state beyond what the product does, each at its best on
# PublicTest: the probe's ridges.
_PERSON_RIDGE, _STATE_RIDGE = 3.0, 0.3
_PROBE_SHOTS = 10
_PEOPLE = 100
# Enough of each expression to learn from ten and ask ten; disgust has fewer.
_PICTURES_OF_A_PERSON = 24


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the benchmark.

    Attributes:
        task: what was asked.
        method: what answered.
        shots: pictures of each class it learnt from.
        value: mean over the episodes, 0..1.
        margin: half the width of its 95 % interval over the episodes.
    """

    task: str
    method: str
    references: int
    value: float
    margin: float


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """The faces that episodes are drawn from, as a net sees them.

    Attributes:
        images: uint8 [N, 48, 48].
        labels: int64 [N], what most taggers saw, or -1.
        contempt: bool [N], most taggers saw contempt, which no head has.
        features: float32 [N, D].
        logits: float32 [N, 7].
        x: normalised features, float64 [N, D].
        ground: of the net.
        temperature: of the net.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    contempt: NDArray[np.bool_]
    features: NDArray[np.float32]
    logits: NDArray[np.float32]
    x: NDArray[np.float64]
    statistics: FeatureStatistics
    temperature: float

    @classmethod
    def make(cls, model: ModelFile, data: FerData, split: Split) -> Pool:
        """The faces of a split that a net has not seen, each once."""
        keep = data.splits == split
        for group in find_copies(data):
            first_of_split = group.rows[0] if group.splits[0] is split else -1
            keep[[row for row in group.rows if row != first_of_split]] = False
        part = data.take(keep).faces_only()
        predictions = ExpressionClassifier(model).predict(part.images)
        statistics = feature_statistics_of(model)
        return cls(
            part.images,
            seen_labels(part),
            _saw_contempt(part),
            predictions.features,
            predictions.logits,
            statistics.normalise(predictions.features),
            statistics,
            model.card.temperature,
        )


def seven(pool: Pool, *, episodes: int, seed: int) -> list[Result]:
    """Seven ways, all of which the net knows: what do shots add, at equal and at usual shares?"""
    rows = {int(e): np.flatnonzero(pool.labels == e) for e in Expression}
    share = pool.statistics.share
    results = []
    for references in SHOTS:
        equal, usual = _Tally(), _Tally()
        for support, asked in _episodes(rows, references, episodes, seed):
            truth = pool.labels[asked]
            answers = dict(_baselines(pool, support, asked, list(Expression)))
            answers["general model"] = pool.logits[asked].argmax(axis=1)
            centers = _shrunk(pool, support)
            answers["prototypes drawn to the net's"] = _nearest(pool.x[asked], centers)
            own = learn(
                pool.statistics,
                pool.logits[support],
                pool.labels[support],
                temperature=pool.temperature,
            )
            answers["Roomread, a person's profile"] = own.apply(pool.logits[asked]).argmax(axis=1)
            for method, said in answers.items():
                recall = np.array([(said[truth == e] == e).mean() for e in Expression])
                equal.add(method, float(recall.mean()))
                usual.add(method, float(recall @ share))
        results += equal.results("(a) seven expressions, equally many of each", references)
        results += usual.results("(a) the same, as common as they are", references)
    return results


def withheld(pool: Pool, model: ModelFile, *, episodes: int, seed: int) -> list[Result]:
    """Two ways between expressions that the net was trained without, and each as a state."""
    classes = withheld_from(model)
    if len(classes) < 2:
        raise DataError(
            f"{model.name}: was trained with all seven expressions",
            hint="roomread train DATA --config configs/withheld.toml --out runs/withheld",
        )
    rows = {int(e): np.flatnonzero(pool.labels == e) for e in classes}
    names = " or ".join(e.display_name for e in classes)
    results = []
    for references in SHOTS:
        tally = _Tally()
        for support, asked in _episodes(rows, references, episodes, seed):
            truth = pool.labels[asked]
            answers = dict(_baselines(pool, support, asked, classes))
            ratios = [
                Prototype(
                    pool.statistics, pool.x[support[pool.labels[support] == e]], pool.x[:1]
                ).ratio(pool.x[asked])
                for e in classes
            ]
            answers["Roomread, two states"] = np.array(classes)[np.argmax(ratios, axis=0)]
            # What it has for them was never trained.
            untaught = pool.logits[asked][:, classes].argmax(axis=1)
            answers["general model"] = np.array(classes)[untaught]
            for method, said in answers.items():
                tally.add(method, float((said == truth).mean()))
        results += tally.results(f"(b) never seen: {names}?", references)
    for e in classes:
        results += state(
            pool, pool.labels == e, f"(b) never seen: {e.display_name}", episodes, seed
        )
    return results


def state(
    pool: Pool, shown: NDArray[np.bool_], name: str, episodes: int, seed: int
) -> list[Result]:
    """One state among ordinary faces: how often it is found, and claimed where it is not.

    Args:
        pool: the faces.
        shown: bool [N], which of them show it.
        name: for the results.
        episodes: how many.
        seed: of the draws.
    """
    known = np.isin(pool.labels, np.flatnonzero(pool.statistics.share > 0))
    others = np.flatnonzero(known & ~shown)
    right = pool.logits[others].argmax(axis=1) == pool.labels[others]
    ordinary = pool.statistics.ordinary()
    rows = {1: np.flatnonzero(shown)}
    results = []
    for references in SHOTS:
        tally = _Tally()
        for support, asked in _episodes(rows, references, episodes, seed):
            prototype = Prototype(pool.statistics, pool.x[support], ordinary)
            of_state, of_others = (prototype.percentile(pool.x[r]) for r in (asked, others))
            tally.add("found", float((of_state >= CLAIM).mean()))
            tally.add("claimed of other faces", float((of_others >= CLAIM).mean()))
            tally.add("more like it than another face", _area(of_state, of_others))
            # The state stands beside the label; this is what would be lost in its place.
            kept = right & (of_others < CLAIM)
            tally.add("points a label in its place would lose", float(right.mean() - kept.mean()))
            if references < _PROBE_SHOTS:
                continue
            probe = _state_probe(pool.statistics, pool.x[support])
            claim = np.quantile(ordinary @ probe, CLAIM)
            of_state, of_others = (pool.x[r] @ probe for r in (asked, others))
            tally.add("found by a linear probe", float((of_state >= claim).mean()))
            tally.add("claimed of other faces by it", float((of_others >= claim).mean()))
            tally.add("more like it than another face by it", _area(of_state, of_others))
        results += tally.results(f"{name}, as a state", references)
    return results


def made_up_people(pool: Pool, model: ModelFile, *, seed: int) -> list[Result]:
    """A person's profile where there is a person: one warp and one light for all their pictures.

    FER-2013 does not say who is who. Each made-up person's pictures are other people's, bent by the
    same smooth warp, turned, stretched and lit alike, as one skull and one lamp would.
    """
    rng = np.random.default_rng(seed)
    tallies = {references: (_Tally(), _Tally()) for references in SHOTS}
    for _ in range(_PEOPLE):
        rows = np.concatenate(
            [
                rng.permutation(np.flatnonzero(pool.labels == e))[:_PICTURES_OF_A_PERSON]
                for e in Expression
            ]
        )
        seen = ExpressionClassifier(model).predict(_bent(pool.images[rows], rng))
        person = _Person(pool, pool.labels[rows], seen)
        for references, (neutral, every) in tallies.items():
            for tally, taught in ((neutral, [Expression.NEUTRAL]), (every, list(Expression))):
                person.answer(tally, person.draw(taught, references, rng))
    results = []
    for references, (neutral, every) in tallies.items():
        results += neutral.results("made-up people, taught neutral faces", references)
        results += every.results("made-up people, taught all seven", references)
    return results


class _Person:
    """One made-up person's pictures, and how they are read after some of them were taught.

    Args:
        pool: where they were drawn from.
        labels: int64 [n].
        seen: what the net says of the pictures.
    """

    def __init__(self, pool: Pool, labels: NDArray[np.int64], seen: Predictions) -> None:
        self._pool, self._labels, self._logits = pool, labels, seen.logits
        self._x = pool.statistics.normalise(seen.features)

    def draw(
        self, taught: Sequence[Expression], references: int, rng: np.random.Generator
    ) -> NDArray[np.intp]:
        """Pictures to teach, so many of each expression."""
        each = (np.flatnonzero(self._labels == e) for e in taught)
        return np.concatenate([rng.permutation(rows)[:references] for rows in each])

    def answer(self, tally: _Tally, support: NDArray[np.intp]) -> None:
        """How the others are read, by the product and by what was tried beyond it."""
        temperature = self._pool.temperature
        asked = np.setdiff1d(np.arange(len(self._labels)), support)
        taught = learn(
            self._pool.statistics,
            self._logits[support],
            self._labels[support],
            temperature=temperature,
        )
        own = (self._logits - taught.shift) / temperature
        logits = {
            "general model": self._logits[asked] / temperature,
            "Roomread, their profile": own[asked] / taught.temperature,
            "without a temperature of their own": own[asked],
        }
        if np.bincount(self._labels[support]).min() >= _PROBE_SHOTS:
            x, labels = self._x[support], self._labels[support]
            off = np.eye(len(Expression))[labels] - softmax(own[support].astype(np.float32))
            probe = _ridge(x, off, _PERSON_RIDGE)
            logits["with a linear probe"] = own[asked] + self._x[asked] @ probe
        right = {}
        for method, z in logits.items():
            right[method] = self._usual(asked, z.argmax(axis=1) == self._labels[asked])
            # A temperature changes no answer.
            if method != "without a temperature of their own":
                tally.add(method, right[method])
        general, profile = list(right.values())[:2]
        tally.add("gained by the same people", profile - general)
        for method, z in logits.items():
            tally.add(f"log loss: {method}", self._usual(asked, log_loss(z, self._labels[asked])))

    def _usual(self, asked: NDArray[np.intp], values: NDArray[Any]) -> float:
        """The mean over expressions, as common as they are."""
        labels = self._labels[asked]
        each = np.array([values[labels == e].mean() for e in Expression])
        return float(each @ self._pool.statistics.share)


class _Tally:
    """Values of methods over episodes."""

    def __init__(self) -> None:
        self._values: dict[str, list[float]] = {}

    def add(self, method: str, value: float) -> None:
        self._values.setdefault(method, []).append(value)

    def results(self, task: str, references: int) -> list[Result]:
        return [
            Result(
                task,
                method,
                references,
                float(np.mean(values)),
                1.96 * float(np.std(values)) / math.sqrt(len(values)),
            )
            for method, values in self._values.items()
        ]


def _episodes(
    rows: Mapping[int, NDArray[np.intp]], references: int, count: int, seed: int
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Rows to learn from and rows to be asked, class after class."""
    short = [c for c, each in rows.items() if len(each) < references + 2]
    if short:
        raise DataError(f"too few pictures of a class to learn from {references} and ask others")
    rng = np.random.default_rng([seed, references])
    for _ in range(count):
        drawn = [rng.permutation(each)[: references + _QUERIES] for each in rows.values()]
        yield (
            np.concatenate([each[:references] for each in drawn]),
            np.concatenate([each[references:] for each in drawn]),
        )


def _baselines(
    pool: Pool,
    support: NDArray[np.intp],
    asked: NDArray[np.intp],
    classes: Sequence[Expression],
) -> Iterator[tuple[str, NDArray[np.int64]]]:
    names = np.array(classes, dtype=np.int64)
    labels, x = pool.labels[support], pool.x[support]
    groups = [support[labels == c] for c in classes]
    raw = np.stack([pool.features[g].mean(axis=0) for g in groups]).astype(np.float64)
    yield "ProtoNet", names[_nearest(pool.features[asked].astype(np.float64), raw)]
    centers = np.stack([pool.x[g].mean(axis=0) for g in groups])
    yield "SimpleShot", names[_nearest(pool.x[asked], centers)]
    yield "nearest neighbour", labels[(pool.x[asked] @ x.T).argmax(axis=1)]
    # Ridge regression to the classes, in closed form (Bertinetto et al. 2018, arXiv:1805.08136).
    wanted = (labels[:, None] == names) - 1 / len(names)
    weights = _ridge(x, wanted, _RIDGE)
    yield "linear probe", names[(pool.x[asked] @ weights).argmax(axis=1)]


def _ridge(
    x: NDArray[np.float64], wanted: NDArray[np.float64], strength: float
) -> NDArray[np.float64]:
    """Weights [D, K] that turn rows [n, D] into what is wanted of them [n, K]."""
    weights: NDArray[np.float64] = x.T @ np.linalg.solve(
        x @ x.T + strength * np.eye(len(x)), wanted
    )
    return weights


def _state_probe(
    statistics: FeatureStatistics, references: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The regularised linear discriminant [D] of a state's shots [n, D] and ordinary faces."""
    size = len(statistics.mean)
    within = statistics.covariance + _STATE_RIDGE * np.trace(statistics.covariance) / size * np.eye(
        size
    )
    probe: NDArray[np.float64] = np.linalg.solve(
        within, references.mean(axis=0) - statistics.share @ statistics.prototypes
    )
    return probe


def _shrunk(pool: Pool, support: NDArray[np.intp]) -> NDArray[np.float64]:
    """Means of shots [7, D], drawn to the net's own prototypes."""
    centers = _GLOBAL_SHOTS * pool.statistics.prototypes.copy()
    counts = np.full(len(centers), _GLOBAL_SHOTS)
    np.add.at(centers, pool.labels[support], pool.x[support])
    np.add.at(counts, pool.labels[support], 1)
    means: NDArray[np.float64] = centers / counts[:, None]
    return means


def _nearest(x: NDArray[np.float64], centers: NDArray[np.float64]) -> NDArray[np.int64]:
    distances = (centers**2).sum(axis=1) - 2 * x @ centers.T
    nearest: NDArray[np.int64] = distances.argmin(axis=1)
    return nearest


def _area(positive: NDArray[np.float64], negative: NDArray[np.float64]) -> float:
    """The area under the ROC curve: how often a positive exceeds a negative, ties half."""
    ordered = np.sort(negative)
    below = np.searchsorted(ordered, positive, "left") + np.searchsorted(ordered, positive, "right")
    return float(below.mean() / (2 * len(ordered)))


def _saw_contempt(part: FerData) -> NDArray[np.bool_]:
    if part.votes is None:
        return np.zeros(len(part), dtype=bool)
    top = part.votes.max(axis=1, keepdims=True)
    alone = (part.votes == top).sum(axis=1) == 1
    saw: NDArray[np.bool_] = alone & (part.votes.argmax(axis=1) == VOTE_NAMES.index("contempt"))
    return saw


def _bent(images: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Pictures uint8 [N, 48, 48], all bent, turned, stretched and lit in the same random way."""
    side = images.shape[-1]
    # In units of half the picture: 1.2 px of warp, 6° of turn, 6 % of stretch.
    warp = torch.from_numpy(rng.normal(0, 1.2 * 2 / side, (1, 2, 5, 5)))
    flow = F.interpolate(warp, (side, side), mode="bicubic", align_corners=True)
    turn, stretch = math.radians(rng.normal(0, 6)), np.exp(rng.normal(0, 0.06, 2))
    matrix = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    affine = torch.from_numpy(np.hstack([matrix * stretch, rng.normal(0, 2 / side, (2, 1))]))
    grid = F.affine_grid(affine[None], [1, 1, side, side], align_corners=True)
    grid = grid + flow.permute(0, 2, 3, 1)
    light = float(np.exp(rng.normal(0, 0.2)))
    pictures = torch.from_numpy(images).double()[:, None] / 255
    bent = F.grid_sample(
        pictures,
        grid.expand(len(images), -1, -1, -1),
        padding_mode="border",
        align_corners=True,
    )
    lit = (255 * bent.clamp(0, 1) ** light).round().byte()
    return np.asarray(lit[:, 0].numpy())
