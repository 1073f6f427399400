from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from roomread.classifier import open_model
from roomread.errors import DataError
from roomread.fewshot import FeatureStatistics
from roomread.readings import Expression
from roomread.training.fewshot import Pool, measure_seven, measure_state, measure_withheld


def pool(*, each: int = 40, spread: float = 0.3) -> Pool:
    """Return a pool of seven clusters of features; the net reads fear as surprise."""
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(7), each)
    features = (np.eye(8)[labels] + spread * rng.standard_normal((7 * each, 8))).astype(np.float32)
    logits = 5 * features[:, :7].copy()
    logits[:, Expression.SURPRISE] += logits[:, Expression.FEAR] + 1
    statistics = FeatureStatistics.measure(features, logits, labels, data="clouds")
    contempt = np.zeros(len(labels), dtype=bool)
    x = statistics.normalise(features)
    images = rng.integers(0, 255, (len(labels), 48, 48), dtype=np.uint8)
    return Pool(images, labels, contempt, features, logits, x, statistics, 1.0)


def test_accuracy_grows_with_references_and_prototypes_beat_the_general_model() -> None:
    results = measure_seven(pool(), episodes=30, seed=0)
    of = {(r.task[:3] + r.task[-4:], r.method, r.references): r.value for r in results}
    task = "(a)each"
    assert of[task, "ProtoNet", 10] > of[task, "ProtoNet", 1] > 1 / 7
    assert of[task, "nearest neighbour", 5] > 0.5
    assert of[task, "general model", 1] < of[task, "prototypes drawn to the net's", 1]


def test_taught_state_is_found_and_rarely_reported_for_faces_that_do_not_show_it() -> None:
    clouds = pool(spread=0.15)
    share = clouds.statistics.share.copy()
    share[Expression.FEAR] = 0
    unseen = replace(clouds, statistics=replace(clouds.statistics, share=share / share.sum()))
    shown = unseen.labels == Expression.FEAR
    results = measure_state(unseen, shown, "fear", episodes=20, seed=0)
    of = {(r.method, r.references): r.value for r in results}
    assert of["more like it than another face", 5] > 0.95
    assert of["found", 10] > 0.8
    assert of["claimed of other faces", 10] < 0.1


def test_benchmark_of_withheld_expressions_refuses_a_net_trained_on_all_expressions() -> None:
    with pytest.raises(DataError, match=r"configs/withheld.toml"):
        measure_withheld(pool(), open_model(), episodes=10, seed=0)
