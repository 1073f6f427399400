from __future__ import annotations

import numpy as np
import pytest

from roomread.errors import DataError
from roomread.training.fewshot.episodes import EpisodeScores, draw_episodes


def test_references_and_queries_of_an_episode_do_not_overlap() -> None:
    rows = {0: np.arange(5), 1: np.arange(5, 30)}
    for support, queries in draw_episodes(rows, 3, 20, 0):
        assert not set(support) & set(queries)
        assert (support < 5).sum() == 3


def test_class_with_too_few_pictures_is_refused() -> None:
    with pytest.raises(DataError, match="too few"):
        next(draw_episodes({0: np.arange(5), 1: np.arange(5, 30)}, 4, 1, 0))


def test_result_line_has_the_mean_and_the_confidence_margin_of_the_episodes() -> None:
    scores = EpisodeScores()
    for value in (0.2, 0.4):
        scores.add("method", value)
    (line,) = scores.lines("task", 5)
    assert line.value == pytest.approx(0.3)
    assert line.margin == pytest.approx(1.96 * 0.1 / np.sqrt(2))
