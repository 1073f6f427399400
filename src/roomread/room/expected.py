"""Determine how many people a room is expected to show."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from roomread.room.mood import RoomMood

# Minimum share and number of moments in which people must be present together to be expected, so
# that a poster that is briefly mistaken for a face has no effect.
_LEAST_SHARE = 0.02
_LEAST_MOMENTS = 3


def expected_people(moods: Sequence[RoomMood], class_size: int | None = None) -> int | None:
    """Return how many people are expected in the room, including those absent for a time.

    Args:
        moods: The moods of the lesson.
        class_size: The size of the class as its teacher gave it; None if it is not known.

    Returns:
        The class size. If it is not known, the largest number of people who were present together
        in at least 2 % of the moods, and in at least three moods; None if no person was seen.
    """
    if class_size:
        return class_size
    if not moods:
        return None
    present = np.sort([mood.present for mood in moods])[::-1]
    moments = min(max(_LEAST_MOMENTS, round(_LEAST_SHARE * len(present))), len(present))
    return int(present[moments - 1]) or None
