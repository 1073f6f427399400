"""Find the minutes of a lesson with low valence or many reports of being lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from roomread.joining.reports import ReportSample
from roomread.room import RoomMood

_MINUTE = 60.0
_MOST = 3


@dataclass(frozen=True, slots=True)
class HardMinute:
    """A minute in which the room's valence was low, or many people reported being lost.

    Attributes:
        start: The start of the minute, s.
        valence: The mean valence of the minute, -1..1; None if there was no mood.
        lost: The largest fraction of the room's people who reported being lost at the same time,
            0..1; None if fewer than five people were in the room.
        hardness: How far the valence is below the median valence of the lesson's minutes, plus
            `lost`.
    """

    start: float
    valence: float | None
    lost: float | None
    hardness: float


def hardest_minutes(moods: Sequence[RoomMood], samples: Sequence[ReportSample]) -> list[HardMinute]:
    """Return the hardest minutes of a lesson, hardest first.

    Args:
        moods: The moods of the lesson, rounded for display, earliest first.
        samples: The button reports of the room's people, earliest first.

    Returns:
        At most three minutes, all with a hardness above 0.
    """
    valences: dict[int, list[float]] = {}
    for mood in moods:
        if mood.valence is not None:
            valences.setdefault(int(mood.time // _MINUTE), []).append(mood.valence)
    lost: dict[int, float] = {}
    for sample in samples:
        if sample.reports is not None and sample.people:
            minute = int(sample.time // _MINUTE)
            share = sample.reports.lost / sample.people
            lost[minute] = max(lost.get(minute, 0.0), share)
    means = {minute: float(np.mean(values)) for minute, values in valences.items()}
    usual = float(np.median(list(means.values()))) if means else 0.0
    found = [
        HardMinute(
            minute * _MINUTE,
            means.get(minute),
            lost.get(minute),
            max(usual - means.get(minute, usual), 0.0) + lost.get(minute, 0.0),
        )
        for minute in sorted(means.keys() | lost.keys())
    ]
    hard = [minute for minute in found if minute.hardness > 0]
    return sorted(hard, key=lambda minute: (-minute.hardness, minute.start))[:_MOST]
