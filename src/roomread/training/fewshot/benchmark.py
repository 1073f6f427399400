"""Measure few-shot learning on pictures of many different people; see also `people`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from roomread.classifier import ModelFile
from roomread.errors import DataError
from roomread.fewshot.adapter import CLAIM
from roomread.fewshot.person import learn
from roomread.fewshot.prototype import Prototype
from roomread.readings import Expression
from roomread.training.feature_statistics import withheld_from
from roomread.training.fewshot.baselines import (
    area_under_roc,
    baseline_predictions,
    nearest,
    shrunk_prototypes,
    state_probe,
)
from roomread.training.fewshot.episodes import (
    REFERENCES,
    BenchmarkLine,
    EpisodeScores,
    draw_episodes,
)
from roomread.training.fewshot.pool import Pool

_PROBE_REFERENCES = 10


def measure_seven(pool: Pool, *, episodes: int, seed: int) -> list[BenchmarkLine]:
    """Measure how much a few labelled faces improve the reading of the seven known expressions.

    Each accuracy is computed twice: with all expressions weighted equally, and with each weighted
    by its frequency in the Training split.
    """
    rows = {int(e): np.flatnonzero(pool.labels == e) for e in Expression}
    share = pool.statistics.share
    lines = []
    for references in REFERENCES:
        equal, usual = EpisodeScores(), EpisodeScores()
        for support, queries in draw_episodes(rows, references, episodes, seed):
            truth = pool.labels[queries]
            for method, predictions in _predictions_of_seven(pool, support, queries).items():
                recall = np.array([(predictions[truth == e] == e).mean() for e in Expression])
                equal.add(method, float(recall.mean()))
                usual.add(method, float(recall @ share))
        lines += equal.lines("(a) seven expressions, equally many of each", references)
        lines += usual.lines("(a) the same, as common as they are", references)
    return lines


def _predictions_of_seven(
    pool: Pool, support: NDArray[np.intp], queries: NDArray[np.intp]
) -> dict[str, NDArray[np.int64]]:
    predictions = dict(baseline_predictions(pool, support, queries, list(Expression)))
    predictions["general model"] = pool.logits[queries].argmax(axis=1)
    centers = shrunk_prototypes(pool, support)
    predictions["prototypes drawn to the net's"] = nearest(pool.x[queries], centers)
    offset = learn(
        pool.statistics, pool.logits[support], pool.labels[support], temperature=pool.temperature
    )
    predictions["Roomread, a person's profile"] = offset.apply(pool.logits[queries]).argmax(axis=1)
    return predictions


def measure_withheld(
    pool: Pool, model: ModelFile, *, episodes: int, seed: int
) -> list[BenchmarkLine]:
    """Measure how well expressions on which the net was not trained are learnt from a few faces.

    In one task, these expressions are the classes of a classification. In another task, each of
    them is a state such as "confused", which a profile finds among all faces.

    Raises:
        DataError: fewer than two expressions were withheld from the net.
    """
    classes = withheld_from(model)
    if len(classes) < 2:
        raise DataError(
            f"{model.name}: fewer than two expressions were withheld in its training",
            hint="use a net trained with the recipe configs/withheld.toml",
        )
    rows = {int(e): np.flatnonzero(pool.labels == e) for e in classes}
    names = " or ".join(e.display_name for e in classes)
    lines = []
    for references in REFERENCES:
        scores = EpisodeScores()
        for support, queries in draw_episodes(rows, references, episodes, seed):
            truth = pool.labels[queries]
            predictions = dict(baseline_predictions(pool, support, queries, classes))
            ratios = [
                Prototype(
                    pool.statistics, pool.x[support[pool.labels[support] == e]], pool.x[:1]
                ).ratio(pool.x[queries])
                for e in classes
            ]
            predictions["Roomread, two states"] = np.array(classes)[np.argmax(ratios, axis=0)]
            # Use only these two outputs of the net, which were never trained.
            untaught = pool.logits[queries][:, classes].argmax(axis=1)
            predictions["general model"] = np.array(classes)[untaught]
            for method, given in predictions.items():
                scores.add(method, float((given == truth).mean()))
        lines += scores.lines(f"(b) never seen: {names}?", references)
    for e in classes:
        name = f"(b) never seen: {e.display_name}"
        lines += measure_state(pool, pool.labels == e, name, episodes=episodes, seed=seed)
    return lines


def measure_state(
    pool: Pool, shown: NDArray[np.bool_], name: str, *, episodes: int, seed: int
) -> list[BenchmarkLine]:
    """Measure how often a state that was learnt from a few faces is found in other faces.

    The rates of right and of false detections are measured separately: on faces that show the state
    and on faces that do not.

    Args:
        pool: the faces.
        shown: bool [N], whether each face shows the state.
        name: the name of the state in the results.
        episodes: the number of episodes.
        seed: the seed of the draws.
    """
    known = np.isin(pool.labels, np.flatnonzero(pool.statistics.share > 0))
    others = np.flatnonzero(known & ~shown)
    right = pool.logits[others].argmax(axis=1) == pool.labels[others]
    ordinary = pool.statistics.ordinary()
    rows = {1: np.flatnonzero(shown)}
    lines = []
    for references in REFERENCES:
        scores = EpisodeScores()
        for support, queries in draw_episodes(rows, references, episodes, seed):
            prototype = Prototype(pool.statistics, pool.x[support], ordinary)
            of_state, of_others = (prototype.percentile(pool.x[r]) for r in (queries, others))
            scores.add("found", float((of_state >= CLAIM).mean()))
            scores.add("claimed of other faces", float((of_others >= CLAIM).mean()))
            scores.add("more like it than another face", area_under_roc(of_state, of_others))
            # The accuracy that would be lost if the state replaced the label instead of standing
            # beside it.
            kept = right & (of_others < CLAIM)
            loss = float(right.mean() - kept.mean())
            scores.add("points a label in its place would lose", loss)
            if references >= _PROBE_REFERENCES:
                _score_probe(scores, pool, ordinary, support, (queries, others))
        lines += scores.lines(f"{name}, as a state", references)
    return lines


def _score_probe(
    scores: EpisodeScores,
    pool: Pool,
    ordinary: NDArray[np.float64],
    support: NDArray[np.intp],
    rows: tuple[NDArray[np.intp], NDArray[np.intp]],
) -> None:
    """Add a linear probe's results on `rows`: faces that show the state and faces that do not."""
    probe = state_probe(pool.statistics, pool.x[support])
    claim = np.quantile(ordinary @ probe, CLAIM)
    of_state, of_others = (pool.x[each] @ probe for each in rows)
    scores.add("found by a linear probe", float((of_state >= claim).mean()))
    scores.add("claimed of other faces by it", float((of_others >= claim).mean()))
    scores.add("more like it than another face by it", area_under_roc(of_state, of_others))
