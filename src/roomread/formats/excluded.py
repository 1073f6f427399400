"""Compute the shares of people who could not be read by reason, as they are shown of a session."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from roomread.room import MIN_PEOPLE
from roomread.room.rounding import rounded_value


@dataclass(frozen=True, slots=True)
class ExcludedShares:
    """Why people were not read, over all moods of a session with at least five people present.

    Attributes:
        moods: The number of these moods.
        known: The number of them whose reasons are known; earlier versions did not store them.
        shares: The shares of the people present by reason (an `Unreadable`, or `NO_REASON`), the
            largest first, 0..1 in steps of 5 %; 0 for a share under half a step.
    """

    moods: int = 0
    known: int = 0
    shares: Mapping[str, float] = field(default_factory=dict)


def excluded_shares(moods: Iterable[tuple[int, Mapping[str, int] | None]]) -> ExcludedShares:
    """Return the shares of the people present who could not be read, by reason.

    They are of the whole session and in steps of 5 %, so that none tells of a single person.

    Args:
        moods: The people present in each mood, and how many could not be read by reason; None where
            that is not known.
    """
    counted = [mood for mood in moods if mood[0] >= MIN_PEOPLE]
    reasons: Counter[str] = Counter()
    total = known = 0
    for present, excluded in counted:
        if excluded is not None:
            known += 1
            total += present
            reasons.update(excluded)
    shares = {reason: rounded_value(n / total) for reason, n in reasons.most_common()}
    return ExcludedShares(len(counted), known, shares)
