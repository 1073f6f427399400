"""The interface of everything that finds and follows the faces of a video."""

from __future__ import annotations

from typing import Protocol

from roomread.readings import Frame, Track


class Tracker(Protocol):
    """Finds the faces of one video's frames and gives each person's face one id.

    One instance serves one video. It need not be thread-safe.
    """

    def update(self, frame: Frame) -> list[Track]:
        """Return the faces of the next frame, largest first.

        Args:
            frame: a frame at or after the time of the one before.

        Returns:
            One track for each visible face. `Track.id` counts from 1, is the same for a face from
            one frame to the next, and is never given to another face. No track continues across a
            discontinuity (`Frame.discontinuity`).

        Raises:
            MediaError: The frame's picture is not uint8 [H, W, 3].
            ValueError: The frame's time is before that of an earlier frame.
        """
        ...
