"""Decide which people count in the figure of a room, so that no figure reveals one person.

The figures before and after a person joins, leaves, pauses or turns away must differ by the scores
of five people or more. docs/live-class.md describes the rules and what they cannot prevent.
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
    """Decide which people count: newcomers begin, and leavers stop, in cohorts of five or more.

    Between two changes the same people count. A person who stops is left out at once, and the
    figure is withheld until the people who count are the same as in the last figure, or differ from
    them by five or more. If fewer than five people stopped, others are drawn at random and left out
    too until the next cohort.

    Args:
        random: The random generator that draws these others.

    Attributes:
        counted: The people who count at present.
        withheld: Whether there is no figure at present, because a person stopped.
    """

    def __init__(self, random: Random) -> None:
        self.counted: frozenset[int] = frozenset()
        self.withheld = False
        self._random = random
        # The people of the last figure.
        self._published: frozenset[int] = frozenset()
        self._changed = -math.inf

    def update(self, now: float, able: AbstractSet[int]) -> frozenset[int]:
        """Decide which people count from now on.

        Args:
            now: Seconds.
            able: The people who may count. A counted person who is not among them is left out.

        Returns:
            The people who stop or begin to count now; their earlier scores must be forgotten.
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
        """Return the people who could count next; five or more join or leave at a time."""
        staying, newcomers = self._published & able, able - self._published
        missing = COHORT - len(self._published - able)
        if 0 < missing < COHORT:
            resting = self._random.sample(sorted(staying), min(missing, len(staying)))
            staying -= frozenset(resting)
        chosen = staying | newcomers if len(newcomers) >= COHORT else staying
        return chosen if len(chosen) >= COHORT else frozenset()
