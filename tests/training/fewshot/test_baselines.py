from __future__ import annotations

import numpy as np
import pytest

from roomread.training.fewshot.baselines import area_under_roc, nearest, ridge


def test_area_under_roc_counts_a_tie_as_half() -> None:
    negative = np.array([0.0, 1.0])
    assert area_under_roc(np.array([2.0]), negative) == 1
    assert area_under_roc(np.array([1.0]), negative) == 0.75
    assert area_under_roc(np.array([-1.0]), negative) == 0


def test_nearest_returns_the_index_of_the_closest_center() -> None:
    centers = np.array([[0.0, 0.0], [4.0, 0.0]])
    assert nearest(np.array([[1.0, 1.0], [3.0, 5.0]]), centers).tolist() == [0, 1]


def test_ridge_regression_without_penalty_solves_the_linear_equations() -> None:
    x, wanted = np.array([[1.0, 0.0, 1.0], [0.0, 2.0, 0.0]]), np.array([[3.0], [4.0]])
    assert x @ ridge(x, wanted, 1e-9) == pytest.approx(wanted, abs=1e-6)
