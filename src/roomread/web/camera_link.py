"""Decide when to show a visitor's camera and when to reconnect it."""

from __future__ import annotations

from enum import Enum, auto


class ConnectionPhase(Enum):
    """The phase of a camera's connection.

    OFF: the camera waits for the visitor's START. CONNECTING: a connection is being made.
    PLAYING: pictures arrive. AWAY: the camera is taken off the page, which frees it. READY: a new
    camera is on the page and about to be asked to connect.
    """

    OFF = auto()
    CONNECTING = auto()
    PLAYING = auto()
    AWAY = auto()
    READY = auto()


class CameraLink:
    """Decide when the page shows the camera, and when to reconnect after a lost connection.

    A browser reports a connection as lost as soon as a network falters. streamlit-webrtc then
    either ends it for good or, if asked to play, starts again by itself: often twice at once, or
    with the answer to an earlier offer, so that nothing ever connects. Therefore a camera whose
    connection ended is removed from the page, which frees the device and cancels half-open
    connections, and a new one is added and told to connect.

    Args:
        patience: seconds without a picture after which no further reconnection is tried.
        attempt: time limit of the first attempt, seconds. It doubles with each attempt, because a
            slow attempt means a busy computer.
        settle: seconds that the browser has to take a camera off the page. It has twice as long to
            put a new one there; both are doubled with each attempt.

    Attributes:
        lost: whether the last connection was given up.
    """

    def __init__(
        self, *, patience: float = 90.0, attempt: float = 15.0, settle: float = 1.0
    ) -> None:
        self.lost = False
        self._patience, self._attempt, self._settle = patience, attempt, settle
        self._until: float | None = None
        self._phase = ConnectionPhase.OFF
        self._since = 0.0
        self._tries = 0
        self._offered = False

    @property
    def wanted(self) -> bool:
        """Whether the visitor wants the camera to run, including while it reconnects."""
        return self._until is not None

    @property
    def shown(self) -> bool:
        """Whether the page shows the camera."""
        return self._phase is not ConnectionPhase.AWAY

    @property
    def desired(self) -> bool | None:
        """Whether the camera on the page is asked to connect; None leaves it to its own button."""
        return {ConnectionPhase.OFF: None, ConnectionPhase.READY: False}.get(self._phase, True)

    def update(self, *, signalling: bool, playing: bool, now: float) -> bool:
        """Process a report of the browser; return whether the page must be drawn again.

        Args:
            signalling: whether the browser is about to connect, as it is once it may use the
                camera.
            playing: whether the browser is connected.
            now: seconds on a monotonic clock.
        """
        before = self._phase
        if playing:
            self._until, self.lost, self._tries = now + self._patience, False, 0
            self._phase = ConnectionPhase.PLAYING
        elif before is ConnectionPhase.OFF and signalling:
            self._until, self.lost, self._tries = now + self._patience, False, 0
            self._enter(ConnectionPhase.CONNECTING, now)
        elif before is ConnectionPhase.PLAYING or (self._offered and not signalling):
            self._enter(ConnectionPhase.AWAY, now)
        self._offered = self._phase is ConnectionPhase.CONNECTING and (self._offered or signalling)
        return self.check(now) or self._phase is not before

    def check(self, now: float) -> bool:
        """Apply time limits; return whether the page must be drawn again."""
        before = self._phase
        if self._until is not None and now > self._until:
            self.stop(now)
            self.lost = True
            return True
        waited = (now - self._since) / 2**self._tries
        if before is ConnectionPhase.AWAY and waited > self._settle:
            self._enter(ConnectionPhase.READY if self.wanted else ConnectionPhase.OFF, now)
        elif before is ConnectionPhase.READY and waited > 2 * self._settle:
            self._enter(ConnectionPhase.CONNECTING, now)
        elif before is ConnectionPhase.CONNECTING and waited > self._attempt:
            self._tries += 1
            self._enter(ConnectionPhase.AWAY, now)
        return self._phase is not before

    def retry(self, now: float) -> None:
        """Connect a new camera after the last one did not start, as after a lost connection."""
        self._until, self.lost, self._tries = now + self._patience, False, 0
        self._enter(ConnectionPhase.AWAY, now)

    def stop(self, now: float) -> None:
        """Remove the camera from the page after the visitor stopped it."""
        self._until, self._tries = None, 0
        self._enter(ConnectionPhase.AWAY, now)

    def _enter(self, phase: ConnectionPhase, now: float) -> None:
        self._phase, self._since, self._offered = phase, now, False
