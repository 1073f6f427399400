"""The interface of trackers, which find and follow the faces of a video."""

from __future__ import annotations

from typing import Protocol

from roomread.readings import Frame, Track


class Tracker(Protocol):
    """A tracker that finds the faces in a video's frames and gives each face a lasting id.

    One instance serves one video. It need not be thread-safe.
    """

    def update(self, frame: Frame) -> list[Track]:
        """Return the faces of the next frame, largest first.

        Args:
            frame: the frame; its time is not earlier than the previous frame's.

        Returns:
            One track for each visible face. `Track.id` counts from 1, is the same for a face from
            one frame to the next, and is never given to another face. No track continues across a
            discontinuity (`Frame.discontinuity`).

        Raises:
            MediaError: The frame's picture is not uint8 [H, W, 3].
            ValueError: The frame's time is before that of an earlier frame.
        """
        ...
