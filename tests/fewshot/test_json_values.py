from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from roomread.fewshot.json_values import to_text, to_vector


def test_text_of_up_to_a_thousand_characters_is_accepted() -> None:
    for text in ("", "ünïcode 😀", "x" * 1000):
        assert to_text(text) == text


@pytest.mark.parametrize("value", [None, 3, ["a"], "x" * 1001, "half \ud800", "\udfff"])
def test_value_that_is_not_a_valid_text_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"is not a string|not valid Unicode"):
        to_text(value)


def test_list_of_numbers_is_converted_to_a_vector() -> None:
    vector = to_vector([1, -2.5, 1e6], size=3)
    assert vector.dtype == np.float32
    np.testing.assert_array_equal(vector, np.array([1, -2.5, 1e6], np.float32))
    assert to_vector([0]).shape == (1,)


@pytest.mark.parametrize(
    "values",
    [None, "123", {"0": 1}, [], [1, 2], ["1"], [True], [None], [1e7], [-(10**400)], [[1]]],
)
def test_vector_value_of_the_wrong_type_length_or_range_is_refused(values: Any) -> None:
    with pytest.raises(ValueError, match=r"vector|is not a number"):
        to_vector(values, size=1)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_number_that_is_not_finite_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match=r"not finite|is not a number"):
        to_vector([value])
