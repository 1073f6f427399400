"""Capture the picture that a screen of this computer shows."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from time import monotonic
from typing import TYPE_CHECKING, Any

import numpy as np

from roomread.errors import MediaError, MissingExtraError
from roomread.readings import Frame

if TYPE_CHECKING:
    # mss is an extra.
    from mss import MSS

# Left, top, width and height of a region of a screen, px.
Part = tuple[int, int, int, int]

_SCREEN = re.compile(r"screen:(\d*)")
# Seconds between two frames if no interval is given, because a screen has no frame rate of its own.
_ALL = 0.1


def screen_number(spec: str) -> int | None:
    """Return the screen's number in a source such as `screen:2`; None for any other source.

    Args:
        spec: The source as the user named it; `screen:` means screen 1.
    """
    found = _SCREEN.fullmatch(spec)
    return int(found[1] or 1) if found is not None else None


class ScreenReader:
    """A reader that captures a frame of a screen each time a frame is requested.

    Args:
        number: The number of the screen, from 1.
        name: The name in `Frame.source` and in messages.
        part: The region of the screen to read; None for the whole screen.
        every: Seconds from one frame to the next; None for ten frames a second.

    Attributes:
        dropped: Always 0, because each frame is read only on request.

    Raises:
        MissingExtraError: The extra `screen` is not installed.
        MediaError: There is no such screen, the region is not inside it, or the system does not
            allow this program to read it.
    """

    dropped = 0

    def __init__(
        self, number: int, name: str, *, part: Part | None = None, every: float | None = None
    ) -> None:
        self._name, self._every = name, every or _ALL
        self._stop = threading.Event()
        with _capture(name) as screens:
            self._area = _area_of(screens.monitors[1:], number, name, part)
            _grab(screens, self._area, name)

    def frames(self) -> Iterator[Frame]:
        """Yield frames of the screen until the reader is closed.

        Raises:
            MediaError: The screen can no longer be read.
        """
        start, due, index = monotonic(), 0.0, 0
        # X11 and Windows tie a capture to the thread that made it.
        with _capture(self._name) as screens:
            while not self._stop.wait(max(start + due - monotonic(), 0.0)):
                now = monotonic() - start
                yield Frame(_grab(screens, self._area, self._name), now, index, self._name)
                due, index = max(due + self._every, now), index + 1

    def close(self) -> None:
        """Stop yielding frames."""
        self._stop.set()


def _capture(name: str) -> MSS:
    try:
        from mss import MSS  # noqa: PLC0415 (an extra)
        from mss.exception import ScreenShotError  # noqa: PLC0415
    except ImportError as error:
        raise MissingExtraError("reading a screen", extra="screen") from error
    try:
        return MSS()
    except ScreenShotError as error:
        raise _failed(name, error) from error


def _grab(screens: MSS, area: dict[str, int], name: str) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Return the picture in an area of the screen, uint8 [H, W, 3] RGB."""
    from mss.exception import ScreenShotError  # noqa: PLC0415 (an extra)

    try:
        shot = screens.grab(area)
    except ScreenShotError as error:
        raise _failed(name, error) from error
    pixels = np.frombuffer(shot.bgra, dtype=np.uint8).reshape(shot.height, shot.width, 4)
    return np.ascontiguousarray(pixels[:, :, 2::-1])


def _failed(name: str, error: Exception) -> MediaError:
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    return MediaError(
        f"{name}: cannot be read ({reason})",
        hint="allow this program to record the screen; under Wayland, share the window in the app",
    )


def _area_of(
    monitors: list[dict[str, int]], number: int, name: str, part: Part | None
) -> dict[str, int]:
    """Return the area of a screen to capture, in the coordinates that all screens share."""
    if not 1 <= number <= len(monitors):
        raise MediaError(f"{name}: no such screen", hint=f"{len(monitors)} screens are connected")
    monitor = monitors[number - 1]
    wide, high = monitor["width"], monitor["height"]
    left, top, width, height = part or (0, 0, wide, high)
    inside = left >= 0 and top >= 0 and left + width <= wide and top + height <= high
    if not inside or width < 1 or height < 1:
        raise MediaError(
            f"{name}: the region {left},{top},{width},{height} is not inside the screen",
            hint=f"give x,y,width,height inside its {wide} x {high} px",
        )
    place = {"left": monitor["left"] + left, "top": monitor["top"] + top}
    return place | {"width": width, "height": height}
