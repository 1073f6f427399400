from __future__ import annotations

import pytest

from roomread.readings import Expression
from roomread.readings.colors import RGB, contrast, luminance

WHITE, BLACK = (255, 255, 255), (0, 0, 0)
# The backgrounds of the page and of boxes in Streamlit's dark theme.
DARK, DARK_BOX = (14, 17, 23), (38, 39, 48)


def test_contrast_is_21_for_black_on_white_and_1_for_equal_colors() -> None:
    assert contrast(BLACK, WHITE) == pytest.approx(21)
    assert contrast(WHITE, WHITE) == pytest.approx(1)


def test_luminance_of_mid_grey_agrees_with_wcag() -> None:
    assert luminance((119, 119, 119)) == pytest.approx(0.1845, abs=5e-4)


@pytest.mark.parametrize("background", [WHITE, DARK, DARK_BOX])
@pytest.mark.parametrize("expression", list(Expression), ids=str)
def test_expression_color_has_a_contrast_of_at_least_3_to_1(
    expression: Expression, background: RGB
) -> None:
    assert contrast(expression.color, background) >= 3
