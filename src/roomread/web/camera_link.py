"""Decide when to show a visitor's camera and when to reconnect it."""

from __future__ import annotations

from enum import Enum, auto


class ConnectionPhase(Enum):
    """The phase of a camera's connection.

    OFF: the visitor has not pressed START. CONNECTING: a connection is being established.
    PLAYING: pictures arrive. AWAY: the camera is removed from the page, which frees the device.
    READY: a new camera is on the page and will be told to connect.
    """

    OFF = auto()
    CONNECTING = auto()
    PLAYING = auto()
    AWAY = auto()
    READY = auto()


class CameraLink:
    """The state of a visitor's camera, which decides when the page shows and reconnects it.

    A browser reports a connection as lost as soon as a network falters. streamlit-webrtc then
    either closes the connection permanently or, if the camera is to play, reconnects by itself.
    Often it starts two connections at once, or uses the WebRTC answer to an earlier offer, and
    never connects. Therefore a camera that lost its connection is removed from the page, which
    frees the device and cancels half-open connections, and a new camera is added and told to
    connect.

    Args:
        patience: seconds without a picture after which no further attempt to connect is made.
        attempt: time limit of the first attempt, seconds. The limit doubles with each attempt,
            because a slow attempt means a busy computer.
        settle: time that the browser gets to remove a camera from the page, seconds. The browser
            gets twice as long to add a new camera. Both times double with each attempt.

    Attributes:
        lost: whether the attempts to reconnect were given up.
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
        """Whether the camera must be connected; None if its START button decides this."""
        return {ConnectionPhase.OFF: None, ConnectionPhase.READY: False}.get(self._phase, True)

    def update(self, *, signalling: bool, playing: bool, now: float) -> bool:
        """Process the state that the browser reports; return whether the page must be redrawn.

        Args:
            signalling: whether the browser is negotiating a connection, which it begins once it may
                use the camera.
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
        """Change the phase if its time limit has passed; return whether to redraw the page."""
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
        """Replace a camera that did not start by a new one, as after a lost connection."""
        self._until, self.lost, self._tries = now + self._patience, False, 0
        self._enter(ConnectionPhase.AWAY, now)

    def stop(self, now: float) -> None:
        """Remove the camera from the page after the visitor stopped it."""
        self._until, self._tries = None, 0
        self._enter(ConnectionPhase.AWAY, now)

    def _enter(self, phase: ConnectionPhase, now: float) -> None:
        self._phase, self._since, self._offered = phase, now, False
