"""Decide which people count in a room's mood, so that no mood reveals one person's expression.

For any two moods within ten minutes, the number of people who count only in the first is 0 or at
least five, and so is the number of people who count only in the second, whoever joins, leaves,
pauses or turns away between them. docs/live-class.md describes the rules and their limits.
"""

from __future__ import annotations

import math
from collections.abc import Set as AbstractSet
from random import Random

# Minimum number of people who are added together, or removed together.
COHORT = 5
# Minimum time between two changes of the people who count, s.
_LEAST_SECONDS = 30.0
# Time after which a mood may differ from an earlier mood by one person, s, because expressions have
# changed by then.
_REMEMBERED_SECONDS = 600.0


class Cohorts:
    """The people who count in a room's mood. They are added and removed in groups of at least five.

    People are identified by their seat numbers. A person who may no longer count is removed
    immediately. The mood is then withheld until a group of people is found that meets the condition
    at the top of this module for all moods of the last ten minutes. If fewer than five people were
    removed, other people are drawn at random and removed too.

    Args:
        random: Generator that draws the other people who are removed.

    Attributes:
        counted: The seat numbers of the people who count at present.
        withheld: Whether the mood is withheld at present, because a person was removed.
    """

    def __init__(self, random: Random) -> None:
        self.counted: frozenset[int] = frozenset()
        self.withheld = False
        self._random = random
        # The people of the last mood that was shown; empty if none was shown.
        self._published: frozenset[int] = frozenset()
        # The people of each remembered mood, with the time at which it was last shown.
        self._figures: dict[frozenset[int], float] = {}
        self._changed = -math.inf

    def update(self, now: float, able: AbstractSet[int]) -> frozenset[int]:
        """Decide which people count from now on.

        Args:
            now: Present time, s.
            able: The seat numbers of the people who may count. Other people are removed.

        Returns:
            The seat numbers of the people who were added or removed; their earlier scores must be
            forgotten.
        """
        stopped = self.counted - able
        if stopped and not self.withheld:
            self.withheld, self._changed = True, now
        self.counted -= stopped
        if self.counted and not self.withheld:
            self._figures[self.counted] = now
        if now - self._changed < _LEAST_SECONDS:
            return stopped
        self._forget(now)
        chosen = self._choose(frozenset(able))
        # Showing no mood is an accepted state only once everyone in the last mood has left, as a
        # later mood then reveals nothing about any of them.
        is_enough = bool(chosen) or not (self._published & able)
        if not is_enough or (chosen == self._published and not self.withheld):
            return stopped
        changed = stopped | (chosen ^ self.counted)
        self.counted = self._published = chosen
        self.withheld, self._changed = False, now
        if chosen:
            self._figures[chosen] = now
        return changed

    def _forget(self, now: float) -> None:
        """Forget the people of moods older than ten minutes, except those of the last mood."""
        old = [
            people
            for people, shown in self._figures.items()
            if now - shown > _REMEMBERED_SECONDS and people != self._published
        ]
        for people in old:
            del self._figures[people]

    def _choose(self, able: frozenset[int]) -> frozenset[int]:
        """Propose the people who count next; at least five are added or removed at a time."""
        chosen = self._admissible(able)
        if self._published <= able and (not self.withheld or len(chosen) < len(self._published)):
            # None of the people of the last mood has to be removed.
            has_more = chosen > self._published
            return chosen if has_more else self._published
        return chosen

    def _admissible(self, able: frozenset[int]) -> frozenset[int]:
        """Return the people who may count in the next mood without revealing a single person.

        These people meet the condition at the top of this module for each remembered mood. The
        result is empty if fewer than five people remain.
        """
        chosen, before = able, frozenset[int]()
        while chosen != before:
            before = chosen
            for people in reversed(self._figures):
                if 0 < len(chosen - people) < COHORT:
                    chosen &= people
                missing = len(people - chosen)
                if 0 < missing < COHORT:
                    chosen -= self._drawn(chosen & people, COHORT - missing)
        return chosen if len(chosen) >= COHORT else frozenset()

    def _drawn(self, people: frozenset[int], count: int) -> frozenset[int]:
        """Draw `count` people at random, first from those who do not count in the last mood."""
        resting, counting = sorted(people - self._published), sorted(people & self._published)
        self._random.shuffle(resting)
        self._random.shuffle(counting)
        return frozenset([*resting, *counting][:count])
