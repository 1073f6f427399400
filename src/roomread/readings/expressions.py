"""The seven expressions with their names, colours and valences."""

from __future__ import annotations

from enum import IntEnum

import numpy as np


class Expression(IntEnum):
    """The seven expressions, in the order of the data set FER-2013 (Goodfellow et al. 2013)."""

    ANGRY = 0
    DISGUST = 1
    FEAR = 2
    HAPPY = 3
    SAD = 4
    SURPRISE = 5
    NEUTRAL = 6

    def __str__(self) -> str:
        return self.display_name

    def __format__(self, spec: str) -> str:
        return format(self.display_name, spec)

    def __bool__(self) -> bool:
        # ANGRY has the value 0; without this method `if reading.expression` would be False for it.
        return True

    @property
    def color(self) -> tuple[int, int, int]:
        """The colour of the expression in charts, RGB, 0..255.

        It has a contrast of at least 3:1 with white and with dark pages. Colour-blind people can
        tell the seven colours apart.
        """
        return _COLORS[self]

    @property
    def display_name(self) -> str:
        """The name in lower case, as it is shown and written to files."""
        return self.name.lower()


# These colours were found by a search. Among all with the required contrast, they have the largest
# CIELAB distances between any two colours, and between neighbours in stacked charts, for normal
# vision and for people who lack one kind of cone (simulated after Machado et al. 2009).
_COLORS = {
    Expression.ANGRY: (250, 18, 6),
    Expression.DISGUST: (108, 156, 101),
    Expression.FEAR: (169, 52, 255),
    Expression.HAPPY: (168, 145, 63),
    Expression.SAD: (91, 111, 195),
    Expression.SURPRISE: (0, 157, 194),
    Expression.NEUTRAL: (124, 113, 113),
}

# The sign of each expression's valence in the circumplex of affect (Russell 1980); surprise is 0.
VALENCE = np.array([-1, -1, -1, 1, -1, 0, 0], dtype=np.float64)


def percent(share: float) -> str:
    """Return a probability as text from "0%" to "99%", because no reading of a face is certain."""
    return f"{min(share, 0.99):.0%}"
