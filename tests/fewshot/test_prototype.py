from __future__ import annotations

import numpy as np
import pytest

from roomread.fewshot.prototype import Prototype
from small_net import STATE, small_statistics

STATISTICS = small_statistics()
ORDINARY = STATISTICS.ordinary()


def prototype(count: int) -> Prototype:
    return Prototype(STATISTICS, np.tile(STATE, (count, 1)), ORDINARY)


def test_face_that_shows_the_state_has_the_highest_percentile() -> None:
    assert prototype(5).percentile(STATE[None]) == pytest.approx(1.0, abs=1e-3)
    assert prototype(5).percentile(STATISTICS.prototypes[:1]) < 0.9


def test_ordinary_faces_have_percentiles_from_zero_to_almost_one() -> None:
    shares = prototype(3).percentile(ORDINARY)
    assert shares.min() == 0
    assert shares.max() < 1
    assert np.median(shares) == pytest.approx(0.5, abs=0.01)


def test_center_moves_towards_the_references_as_their_number_grows() -> None:
    middle = STATISTICS.share @ STATISTICS.prototypes
    away = [np.linalg.norm(prototype(count).center - STATE) for count in (1, 2, 20)]
    assert away[0] > away[1] > away[2]
    # Two references weigh as much as the mean of all faces.
    np.testing.assert_allclose(prototype(2).center, (middle + STATE) / 2)


def test_expression_without_training_pictures_is_left_out_of_the_comparison() -> None:
    unseen = small_statistics()
    unseen.share[0] = 0.0
    unseen.prototypes[0] = STATE
    made = Prototype(unseen, np.tile(STATE, (5, 1)), ORDINARY)
    assert np.isfinite(made.ratio(STATE[None])).all()
    assert made.percentile(STATE[None]) == pytest.approx(1.0, abs=1e-3)
