"""The colours of all charts, for pages on a light or a dark background and for print.

Each colour has a contrast of at least 3:1 with both backgrounds. Text and axes have the colour of
the page's text. The expressions have the colours of `roomread.readings.Expression`.
"""

from __future__ import annotations

from roomread.readings import Expression
from roomread.readings.colors import RGB

VALENCE: RGB = (68, 119, 170)
USUAL: RGB = (124, 132, 140)
FALL: RGB = (179, 88, 6)
ALERT: RGB = (226, 60, 50)
# The ends and the middle of the valence scale, distinguishable with every kind of colour vision.
UNPLEASANT, NEITHER, PLEASANT = FALL, (140, 140, 140), (138, 92, 210)
# The colour of each compared series, and the SVG dash pattern that distinguishes it without colour.
SERIES: tuple[tuple[RGB, str], ...] = (
    (VALENCE, ""),
    (FALL, "7 3"),
    ((50, 140, 90), "2 3"),
    ((190, 80, 150), "9 3 2 3"),
    (USUAL, "12 4"),
    (ALERT, "4 2"),
)
# The order in which the expressions are stacked and listed, from unpleasant to pleasant.
BY_VALENCE = (
    Expression.ANGRY,
    Expression.DISGUST,
    Expression.FEAR,
    Expression.SAD,
    Expression.NEUTRAL,
    Expression.SURPRISE,
    Expression.HAPPY,
)
# The background of the page, for lines between neighbouring areas; white if the page sets none.
PAGE = "var(--chart-page, #fff)"


def hex_color(rgb: RGB) -> str:
    """Return a colour with channels of 0..255 as #rrggbb."""
    return "#{:02x}{:02x}{:02x}".format(*rgb)
