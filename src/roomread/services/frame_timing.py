"""The times of a live source's frames: through new connections, and how late they are read."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

_RATE_SECONDS = 2.0
# Least time from one frame to the next, s.
_LEAST_STEP = 0.001


class FrameTiming:
    """Turn the camera's times into seconds since the first frame, which never run back.

    Args:
        clock: seconds on any clock that does not go back.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._started: float | None = None
        self._last = -_LEAST_STEP
        self._offset: float | None = None
        self._fastest: float | None = None
        self._done: deque[float] = deque()

    def connect(self) -> None:
        """Begin a new connection, whose camera may count its time anew."""
        self._offset = self._fastest = None

    def since_start(self, camera_time: float) -> float:
        """Return the seconds from the first frame to one that has just come.

        Args:
            camera_time: the time of the frame by the clock of the camera, s.
        """
        if self._offset is None:
            now = self._clock()
            self._started = now if self._started is None else self._started
            self._offset = now - self._started - camera_time
        self._last = max(camera_time + self._offset, self._last + _LEAST_STEP)
        return self._last

    def rate(self) -> float:
        """Count a frame that is finished now, and return the frames finished per second."""
        now = self._clock()
        self._done.append(now)
        while now - self._done[0] > _RATE_SECONDS:
            self._done.popleft()
        span = now - self._done[0]
        return (len(self._done) - 1) / span if span > 0 else 0.0

    def age(self, camera_time: float, begun: float) -> float:
        """Return the seconds from a frame to its result, now.

        The clocks of the camera and of this computer differ by an unknown amount. The frame that
        came fastest is taken to have had no delay.

        Args:
            camera_time: the time of the frame by the clock of the camera, s.
            begun: when the frame was taken to be read, s, by the clock of this computer.
        """
        offset = begun - camera_time
        self._fastest = offset if self._fastest is None else min(self._fastest, offset)
        return self._clock() - camera_time - self._fastest
