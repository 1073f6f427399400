from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fer_files import tiny_fer
from roomread.classifier import open_model
from roomread.errors import DataError
from roomread.fewshot import FeatureStatistics
from roomread.readings import Expression
from roomread.training import fewshot
from roomread.training.dataset import VOTE_NAMES, Split, vote_majority
from roomread.training.fewshot import Pool
from roomread.training.fit import training_rows
from roomread.training.recipe import Recipe
from roomread.training.targets import make_targets

WITHHELD = Recipe(withhold=("disgust", "fear"), balance=False)
UNSEEN = [Expression.DISGUST, Expression.FEAR]


def pool(*, each: int = 40, spread: float = 0.3) -> Pool:
    """Seven clouds of features; the net takes fear for surprise."""
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


def test_a_withheld_expression_is_in_no_label_majority_or_vote() -> None:
    data = tiny_fer(each=40, votes=True)
    rows = training_rows(data, WITHHELD)
    assert len(rows) > 0
    assert not np.isin(rows.labels, UNSEEN).any()
    assert rows.votes is not None
    assert not np.isin(vote_majority(rows.votes), UNSEEN).any()
    assert rows.votes[:, [VOTE_NAMES.index("disgust"), VOTE_NAMES.index("fear")]].sum() == 0
    assert float(make_targets(rows, WITHHELD).seen[:, UNSEEN].sum()) == 0
    assert data.votes is not None
    assert data.votes[:, VOTE_NAMES.index("fear")].sum() > 0


def test_what_can_be_withheld_is_checked() -> None:
    for wrong in (("contempt",), ("fear", "sad", "happy", "angry", "disgust", "neutral")):
        with pytest.raises(DataError, match="withhold"):
            Recipe(withhold=wrong, balance=False)
    with pytest.raises(DataError, match="balance"):
        Recipe(withhold=("fear",))


def test_more_shots_know_more_and_the_net_is_compared_on_the_same_faces() -> None:
    results = fewshot.seven(pool(), episodes=30, seed=0)
    of = {(r.task[:3] + r.task[-4:], r.method, r.references): r.value for r in results}
    task = "(a)each"
    assert of[task, "ProtoNet", 10] > of[task, "ProtoNet", 1] > 1 / 7
    assert of[task, "nearest neighbour", 5] > 0.5
    assert of[task, "general model", 1] < of[task, "prototypes drawn to the net's", 1]


def test_episodes_never_ask_what_they_taught_and_say_when_there_is_too_little() -> None:
    rows = {0: np.arange(5), 1: np.arange(5, 30)}
    for support, asked in fewshot._episodes(rows, 3, 20, 0):
        assert not set(support) & set(asked)
        assert (support < 5).sum() == 3
    with pytest.raises(DataError, match="too few"):
        next(fewshot._episodes(rows, 4, 1, 0))


def test_a_state_among_others_is_found_and_counted_where_it_is_not() -> None:
    clouds = pool(spread=0.15)
    share = clouds.statistics.share.copy()
    share[Expression.FEAR] = 0
    unseen = replace(clouds, statistics=replace(clouds.statistics, share=share / share.sum()))
    shown = unseen.labels == Expression.FEAR
    results = fewshot.state(unseen, shown, "fear", 20, 0)
    of = {(r.method, r.references): r.value for r in results}
    assert of["more like it than another face", 5] > 0.95
    assert of["found", 10] > 0.8
    assert of["claimed of other faces", 10] < 0.1


def test_a_net_that_saw_everything_cannot_be_asked_what_it_never_saw() -> None:
    with pytest.raises(DataError, match=r"configs/withheld.toml"):
        fewshot.withheld(pool(), open_model(), episodes=10, seed=0)


def test_all_pictures_of_a_made_up_person_are_bent_alike() -> None:
    picture = np.random.default_rng(0).integers(0, 255, (48, 48), dtype=np.uint8)
    one, two = fewshot._bent(np.stack([picture, picture]), np.random.default_rng(1))
    (other,) = fewshot._bent(picture[None], np.random.default_rng(2))
    assert (one == two).all()
    assert (one != other).any()


def test_copies_are_asked_for_once_and_never_if_they_stood_in_training() -> None:
    data = tiny_fer(each=3)
    images = data.images.copy()
    public = np.flatnonzero(data.splits == Split.PublicTest)
    images[public[0]] = images[0]
    images[public[1]] = images[public[2]]
    drawn = Pool.make(open_model(), replace(data, images=images), Split.PublicTest)
    assert len(drawn.labels) == len(public) - 2
