"""The seven expressions and how they are shown."""

from __future__ import annotations

from enum import IntEnum

import numpy as np


class Expression(IntEnum):
    """The seven expressions, in FER-2013's order (Goodfellow et al. 2013)."""

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
        """RGB, 0..255, from Okabe and Ito's palette, which colour-blind people can tell apart."""
        return _COLORS[self]

    @property
    def emoji(self) -> str:
        """One character, for use where a word does not fit."""
        return _EMOJI[self]

    @property
    def display_name(self) -> str:
        """The name in lower case, as it is shown and written to files."""
        return self.name.lower()


_COLORS = {
    Expression.ANGRY: (213, 94, 0),
    Expression.DISGUST: (0, 158, 115),
    Expression.FEAR: (204, 121, 167),
    Expression.HAPPY: (240, 228, 66),
    Expression.SAD: (0, 114, 178),
    Expression.SURPRISE: (230, 159, 0),
    Expression.NEUTRAL: (176, 190, 197),
}
_EMOJI = dict(zip(Expression, "😠🤢😨😊😢😮😐", strict=True))

# The sign of each expression's valence in the circumplex of affect (Russell 1980); surprise is 0.
VALENCE = np.array([-1, -1, -1, 1, -1, 0, 0], dtype=np.float64)


def percent(share: float) -> str:
    """Return a probability as text, "0%".."99%": no reading of a face is certain."""
    return f"{min(share, 0.99):.0%}"
