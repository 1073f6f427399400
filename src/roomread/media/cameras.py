"""Cameras and network streams to frames: always the latest, never a queue."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from time import monotonic, sleep

import av
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from roomread.errors import MediaError
from roomread.media.latest_frame import LatestFrame
from roomread.media.opening import Opening, open_video
from roomread.media.upright import upright
from roomread.readings import Frame

# A network stream that says nothing for so long is gone, s.
TIMEOUT = 10.0

# What a device is asked for, one after the other. FFmpeg's own wish for Macs is 29.97 frames a
# second, which their cameras refuse.
_WISHES: dict[str, tuple[dict[str, str], ...]] = {
    "avfoundation": ({"framerate": "30"}, {"framerate": "15"}, {})
}
# Between two looks at a device that has no picture yet, s.
_PAUSE = 0.005

Opened = AbstractContextManager[tuple[InputContainer, VideoStream]]


def open_camera(number: int, name: str) -> Opened:
    """Opens the camera with a number, 0 for the first.

    Raises:
        MediaError: there is no such camera, or it may not be used, or is in use.
    """
    device, format_name = _device(number, name)
    return _open(device, format_name, name)


@contextmanager
def _open(device: str, format_name: str, name: str) -> Iterator[tuple[InputContainer, VideoStream]]:
    wishes = _WISHES.get(format_name, ({},))
    with ExitStack() as stack:
        for options in wishes:
            video = open_video(device, name, Opening(format_name, options))
            try:
                opened = stack.enter_context(video)
            except MediaError:
                if options is wishes[-1]:
                    raise
            else:
                break
        yield opened


def _device(number: int, name: str) -> tuple[str, str]:
    """FFmpeg's name of a camera and of the system's way to it."""
    if sys.platform == "linux":
        path = Path(f"/dev/video{number}")
        if not path.exists():
            found = sorted(p.name.removeprefix("video") for p in Path("/dev").glob("video*"))
            there = f"cameras here: {', '.join(found)}" if found else "no camera is connected"
            raise MediaError(f"{name}: there is none", hint=there)
        return str(path), "v4l2"
    if sys.platform == "darwin":
        return str(number), "avfoundation"
    devices = [d for d in av.enumerate_input_devices("dshow") if "video" in d.media_types]
    if number >= len(devices):
        raise MediaError(f"{name}: there is none", hint=f"{len(devices)} cameras are connected")
    return f"video={devices[number].name}", "dshow"


class LiveReader:
    """Reads an opened live source in a thread of its own and hands over its latest frame.

    Args:
        opened: the container and its video track; closed by the thread.
        name: for `Frame.source` and messages.
        every: seconds from one frame to the next; None for all.
        clock: seconds, for `Frame.time`: live frames are timed by their arrival.
    """

    def __init__(
        self,
        opened: tuple[InputContainer, VideoStream],
        name: str,
        *,
        every: float | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._container, self._stream = opened
        self._name, self._every, self._clock = name, every, clock
        self._mailbox: LatestFrame[Frame] = LatestFrame()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read, name=f"read {name}", daemon=True)
        self._thread.start()

    @property
    def dropped(self) -> int:
        """Frames that were replaced by newer ones before anybody took them."""
        return self._mailbox.dropped

    def frames(self) -> Iterator[Frame]:
        """Each time the latest frame, until the source ends.

        Raises:
            MediaError: the stream stopped, or has been silent for too long.
        """
        while True:
            try:
                # Some cameras need seconds for their first frame.
                frame = self._mailbox.take(2 * TIMEOUT + (self._every or 0.0))
            except TimeoutError as error:
                raise MediaError(
                    f"{self._name}: sends no pictures", hint="is it switched on and reachable?"
                ) from error
            if frame is None:
                return
            yield frame

    def close(self) -> None:
        """Stops the thread; waits a moment for it."""
        self._stop.set()
        self._mailbox.close()
        self._thread.join(timeout=2 * TIMEOUT)

    def _read(self) -> None:
        start, due, index, last = self._clock(), 0.0, 0, 0.0
        reason = "ended"
        try:
            for picture in self._pictures():
                if self._stop.is_set():
                    return
                last = self._clock() - start
                if self._every is None or last >= due:
                    self._mailbox.put(
                        Frame(upright(picture, self._stream), last, index, self._name)
                    )
                    due = last + (self._every or 0.0)
                index += 1
        except (av.FFmpegError, OSError) as error:
            reason = f"stopped ({str(error).splitlines()[0]})"
        finally:
            self._mailbox.close(
                MediaError(
                    f"{self._name}: the stream {reason} after {last:.1f} s",
                    hint="what came before was analysed; start again when it is back",
                )
            )

    def _pictures(self) -> Iterator[VideoFrame]:
        """What the device sends; macOS' says at once where it has nothing yet, which is no end."""
        came = monotonic()
        while True:
            try:
                for picture in self._container.decode(self._stream):
                    came = monotonic()
                    yield picture
            except BlockingIOError:
                if self._stop.is_set() or monotonic() - came > 2 * TIMEOUT:
                    raise
                sleep(_PAUSE)
            else:
                return
