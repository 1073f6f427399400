from __future__ import annotations

import numpy as np
import pytest

from roomread.fewshot.prototype import Prototype
from small_net import STATE, small_statistics

STATISTICS = small_statistics()
ORDINARY = STATISTICS.ordinary()


def prototype(count: int) -> Prototype:
    return Prototype(STATISTICS, np.tile(STATE, (count, 1)), ORDINARY)


def test_face_of_the_state_exceeds_all_ordinary_faces() -> None:
    assert prototype(5).percentile(STATE[None]) == pytest.approx(1.0, abs=1e-3)
    assert prototype(5).percentile(STATISTICS.prototypes[:1]) < 0.9


def test_ordinary_faces_are_spread_over_all_percentiles() -> None:
    shares = prototype(3).percentile(ORDINARY)
    assert shares.min() == 0
    assert shares.max() < 1
    assert np.median(shares) == pytest.approx(0.5, abs=0.01)


def test_center_moves_from_the_mean_of_all_faces_to_the_references() -> None:
    middle = STATISTICS.share @ STATISTICS.prototypes
    away = [np.linalg.norm(prototype(count).center - STATE) for count in (1, 2, 20)]
    assert away[0] > away[1] > away[2]
    # Two references weigh as much as what is known of all faces.
    np.testing.assert_allclose(prototype(2).center, (middle + STATE) / 2)


def test_expression_that_the_net_never_saw_is_not_compared_with() -> None:
    unseen = small_statistics()
    unseen.share[0] = 0.0
    unseen.prototypes[0] = STATE
    made = Prototype(unseen, np.tile(STATE, (5, 1)), ORDINARY)
    assert np.isfinite(made.ratio(STATE[None])).all()
    assert made.percentile(STATE[None]) == pytest.approx(1.0, abs=1e-3)
