"""Compute the times and delays of a live source's frames, even if the source reconnects."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

# Length of the window over which the frame rate is measured, s.
_RATE_SECONDS = 2.0
# Minimum time between two frames, s.
_LEAST_STEP = 0.001
# The time of a frame may be at most this much later, or earlier, than its arrival, s. Beyond these
# limits the camera's clock has jumped, because the sender restarted or its counter wrapped.
_AHEAD, _BEHIND = 5.0, 60.0


class FrameTiming:
    """A converter of a camera's times to increasing seconds since the first frame.

    Args:
        clock: a function that returns seconds on a monotonic clock.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._started: float | None = None
        self._last = -_LEAST_STEP
        self._offset: float | None = None
        self._fastest: float | None = None
        self._done: deque[float] = deque()

    def connect(self) -> None:
        """Start a new connection, in which the camera's time may restart."""
        self._offset = self._fastest = None

    def since_start(self, camera_time: float) -> float:
        """Return the seconds from the first frame to a frame that has just arrived.

        If the camera's clock has jumped, the time is computed as for a new connection.

        Args:
            camera_time: the time of the frame by the clock of the camera, s.
        """
        now = self._clock()
        self._started = now if self._started is None else self._started
        elapsed = now - self._started
        if self._offset is not None:
            late = elapsed - (camera_time + self._offset)
            if not -_AHEAD <= late <= _BEHIND:
                self.connect()
        if self._offset is None:
            self._offset = elapsed - camera_time
        self._last = max(camera_time + self._offset, self._last + _LEAST_STEP)
        return self._last

    def rate(self) -> float:
        """Count a finished frame, and return the number of frames finished per second."""
        now = self._clock()
        self._done.append(now)
        while now - self._done[0] > _RATE_SECONDS:
            self._done.popleft()
        span = now - self._done[0]
        return (len(self._done) - 1) / span if span > 0 else 0.0

    def age(self, camera_time: float, begun: float) -> float:
        """Return the delay from the capture of a frame to the present, seconds.

        The clocks of the camera and of this computer differ by an unknown amount. The frame with
        the shortest delay so far is assumed to have had no delay.

        Args:
            camera_time: the time of the frame by the clock of the camera, s.
            begun: the time at which reading the frame began, by the clock of this computer, s.
        """
        offset = begun - camera_time
        self._fastest = offset if self._fastest is None else min(self._fastest, offset)
        return self._clock() - camera_time - self._fastest
