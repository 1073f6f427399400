"""Determine since when a room's valence has been below, at or above its baseline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from roomread.room.mood import Direction, RoomMood

# Maximum duration of another direction that does not interrupt the present one, s, because the
# interval of a mood occasionally touches the baseline by chance.
_FLICKER = 15.0


@dataclass(frozen=True, slots=True)
class PresentState:
    """Whether a room's valence is now below, at or above its baseline, and since when.

    Attributes:
        direction: The valence compared with the room's own baseline.
        since: When this direction began, seconds.
    """

    direction: Direction
    since: float


def present_state(moods: Sequence[RoomMood]) -> PresentState | None:
    """Return how a room's valence now compares with its baseline, and since when; None if unknown.

    Interruptions of less than 15 s are ignored.

    Args:
        moods: The moods of the room, oldest first.
    """
    if not moods or moods[-1].direction is None:
        return None
    present, since = moods[-1].direction, moods[-1].time
    for mood in reversed(moods):
        if since - mood.time > _FLICKER:
            break
        if mood.direction is present:
            since = mood.time
    return PresentState(present, since)
