"""Compute the share of a session's people who could not be read, by reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from roomread.room import MIN_PEOPLE
from roomread.room.rounding import rounded_value


@dataclass(frozen=True, slots=True)
class ExcludedShares:
    """The reasons why people were not read, over all moods with at least five people present.

    Attributes:
        moods: The number of moods with at least five people present.
        known: The number of these moods with stored reasons; earlier versions did not store them.
        shares: For each reason (an `Unreadable`, or `NO_REASON`), the share of the people present,
            0..1 in steps of 5 %, largest first. A share under half a step is 0.
    """

    moods: int = 0
    known: int = 0
    shares: Mapping[str, float] = field(default_factory=dict)


def excluded_shares(moods: Iterable[tuple[int, Mapping[str, int] | None]]) -> ExcludedShares:
    """Return the shares of the people present who could not be read, by reason.

    The shares are those of the whole session, in steps of 5 %, so that they reveal nothing about a
    single person.

    Args:
        moods: For each mood, the number of people present, and the number of people who could not
            be read, by reason; None in place of the latter if the reasons were not stored.
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
