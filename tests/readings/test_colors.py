from __future__ import annotations

import pytest

from roomread.readings import Expression
from roomread.readings.colors import RGB, contrast, luminance

WHITE, BLACK = (255, 255, 255), (0, 0, 0)
# The backgrounds of Streamlit's dark theme: the page, and boxes on it.
DARK, DARK_BOX = (14, 17, 23), (38, 39, 48)


def test_black_on_white_has_the_largest_contrast() -> None:
    assert contrast(BLACK, WHITE) == pytest.approx(21)
    assert contrast(WHITE, WHITE) == pytest.approx(1)


def test_luminance_of_a_mid_grey_is_that_of_the_standard() -> None:
    assert luminance((119, 119, 119)) == pytest.approx(0.1845, abs=5e-4)


@pytest.mark.parametrize("background", [WHITE, DARK, DARK_BOX])
@pytest.mark.parametrize("expression", list(Expression), ids=str)
def test_expression_has_three_to_one_contrast(expression: Expression, background: RGB) -> None:
    assert contrast(expression.color, background) >= 3
