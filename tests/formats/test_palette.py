from __future__ import annotations

import pytest

from roomread.formats import palette
from roomread.readings.colors import RGB, contrast

ALL = {
    name: value
    for name, value in vars(palette).items()
    if name.isupper() and isinstance(value, tuple) and type(value[0]) is int
} | {f"SERIES {n}": color for n, (color, _dash) in enumerate(palette.SERIES)}


@pytest.mark.parametrize("background", [(255, 255, 255), (14, 17, 23), (38, 39, 48)])
@pytest.mark.parametrize("name", ALL)
def test_chart_colour_has_a_contrast_of_at_least_3_to_1_with_each_background(
    name: str, background: RGB
) -> None:
    assert contrast(ALL[name], background) >= 3


def test_every_series_has_a_different_dash_pattern() -> None:
    dashes = [dash for _color, dash in palette.SERIES]
    assert len(set(dashes)) == len(dashes)


def test_colour_is_written_as_hexadecimal() -> None:
    assert palette.hex_color((0, 157, 194)) == "#009dc2"
