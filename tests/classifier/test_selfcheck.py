from __future__ import annotations

import numpy as np
import pytest

from roomread.classifier import open_model
from roomread.classifier.selfcheck import (
    INT8_TOLERANCE,
    TOLERANCE,
    check_pictures,
    check_probabilities,
    stored_probabilities,
)


def test_bundled_model_reproduces_the_probabilities_stored_after_training() -> None:
    model = open_model("compact")
    difference = np.abs(check_probabilities(model) - stored_probabilities("compact"))
    tolerance = INT8_TOLERANCE if model.card.precision == "int8" else TOLERANCE
    assert difference.max() < tolerance


def test_self_check_uses_seven_different_pictures() -> None:
    assert len({p.tobytes() for p in check_pictures()}) == 7


@pytest.mark.parametrize("side", [8, 48, 64])
def test_self_check_pictures_are_the_same_in_every_call(side: int) -> None:
    first, again = check_pictures(side, count=3), check_pictures(side, count=3)
    assert first.shape == (3, side, side)
    assert first.dtype == np.uint8
    np.testing.assert_array_equal(first, again)


def test_each_row_of_stored_probabilities_sums_to_one() -> None:
    np.testing.assert_allclose(stored_probabilities("compact").sum(axis=1), np.ones(7), atol=1e-5)


def test_model_without_stored_probabilities_raises_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        stored_probabilities("nothing-such")
