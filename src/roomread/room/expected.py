"""Determine how many people a room is expected to show."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from roomread.room.mood import RoomMood

# A number of people counts as reached if it was present in this share of the moments, so that a
# poster that is taken for a face once does not.
_LEAST_SHARE = 0.02
_LEAST_MOMENTS = 3


def expected_people(moods: Sequence[RoomMood], class_size: int | None = None) -> int | None:
    """Return how many people are expected, of whom some may be missing at a time.

    Args:
        moods: The moods of the lesson.
        class_size: The size of the class as its teacher gave it; None if it is not known.

    Returns:
        The class size; without one, the largest number of people who were present together in 2 %
        of the moments or more. None if nobody was seen.
    """
    if class_size:
        return class_size
    if not moods:
        return None
    present = np.sort([mood.present for mood in moods])[::-1]
    moments = min(max(_LEAST_MOMENTS, round(_LEAST_SHARE * len(present))), len(present))
    return int(present[moments - 1]) or None
