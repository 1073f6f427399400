"""Who counts in the figure of a room, so that no figure tells about a single person.

A figure before and a figure after somebody joins, leaves, pauses or turns away must differ by the
scores of five people or more. docs/live-class.md describes the rules and what they cannot prevent.
"""

from __future__ import annotations

import math
from collections.abc import Set as AbstractSet
from random import Random

# People who begin to count together, and who stop to count together.
COHORT = 5
# The least time from one change of who counts to the next, s.
_LEAST_SECONDS = 30.0


class Cohorts:
    """Decides who counts: newcomers in cohorts of five, and those who leave with others.

    Between two changes the same people count. A person who stops is left out at once, and the
    figure is withheld until who counts differs by five people or more from the last figure, or is
    the same as in it. Where fewer than five stopped, others are drawn by lot who rest until the
    next cohort.

    Args:
        random: Draws those who rest.

    Attributes:
        counted: The people who count at present.
        withheld: Whether there is no figure at present, as somebody stopped.
    """

    def __init__(self, random: Random) -> None:
        self.counted: frozenset[int] = frozenset()
        self.withheld = False
        self._random = random
        # The people of the last figure.
        self._published: frozenset[int] = frozenset()
        self._changed = -math.inf

    def update(self, now: float, able: AbstractSet[int]) -> frozenset[int]:
        """Decide who counts from now on.

        Args:
            now: Seconds.
            able: The people who may count. One of `counted` who is not among them is left out.

        Returns:
            The people whose past must not count any more: those who stop or begin to count now.
        """
        stopped = self.counted - able
        if stopped and not self.withheld:
            self.withheld, self._changed = True, now
        self.counted -= stopped
        if now - self._changed < _LEAST_SECONDS:
            return stopped
        chosen = self._choose(frozenset(able))
        # Without one of the last figure's people nothing can be computed of any of them.
        is_enough = bool(chosen) or not (self._published & able)
        if not is_enough or (chosen == self._published and not self.withheld):
            return stopped
        changed = stopped | (chosen ^ self.counted)
        self.counted = self._published = chosen
        self.withheld, self._changed = False, now
        return changed

    def _choose(self, able: frozenset[int]) -> frozenset[int]:
        """Return who could count: five or more join, and five or more leave, or none."""
        staying, newcomers = self._published & able, able - self._published
        missing = COHORT - len(self._published - able)
        if 0 < missing < COHORT:
            resting = self._random.sample(sorted(staying), min(missing, len(staying)))
            staying -= frozenset(resting)
        chosen = staying | newcomers if len(newcomers) >= COHORT else staying
        return chosen if len(chosen) >= COHORT else frozenset()
