"""Read cameras and network streams: each iteration yields the latest frame and drops older ones."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING

from roomread.errors import MediaError
from roomread.media.clocks import has_jumped, longest_pause
from roomread.media.latest_frame import LatestFrame
from roomread.media.opening import Opening, open_video
from roomread.media.upright import Geometry, GeometryReader, render
from roomread.pyav import av
from roomread.readings import Frame

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

    Opened = AbstractContextManager[tuple[InputContainer, VideoStream]]

# Seconds without data after which a network stream counts as lost.
TIMEOUT = 10.0

# Option sets that are tried on a device in this order. FFmpeg's default rate on macOS, 29.97 frames
# a second, is rejected by the cameras of Macs.
_WISHES: dict[str, tuple[dict[str, str], ...]] = {
    "avfoundation": ({"framerate": "30"}, {"framerate": "15"}, {})
}
# Seconds between two attempts to read a device that has no picture yet.
_PAUSE = 0.005


def open_camera(number: int, name: str) -> Opened:
    """Open the camera with the given index, 0 for the first.

    Raises:
        MediaError: the camera does not exist, is in use, or access to it is denied.
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
    """Return FFmpeg's names for a camera and for the input format that reads it."""
    if sys.platform == "linux":
        path = Path(f"/dev/video{number}")
        if not path.exists():
            found = sorted(p.name.removeprefix("video") for p in Path("/dev").glob("video*"))
            there = f"cameras here: {', '.join(found)}" if found else "no camera is connected"
            raise MediaError(f"{name}: no such camera", hint=there)
        return str(path), "v4l2"
    if sys.platform == "darwin":
        return str(number), "avfoundation"
    devices = [d for d in av.enumerate_input_devices("dshow") if "video" in d.media_types]
    if number >= len(devices):
        raise MediaError(f"{name}: no such camera", hint=f"{len(devices)} cameras are connected")
    return f"video={devices[number].name}", "dshow"


class LiveReader:
    """A reader that passes on the latest frame of an opened live source.

    It runs in a thread of its own. If the source's clock jumps, or the size or orientation of its
    pictures changes, the next frame that is passed on is marked as a discontinuity.

    Args:
        opened: the opened container and its video track.
        name: the name in `Frame.source` and in messages.
        every: seconds between two frames; None for all frames.
        clock: a function that returns the current time, s. The time of a frame is its arrival,
            counted from the start of the reader.
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
        self._latest: LatestFrame[Frame] = LatestFrame()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read, name=f"read {name}", daemon=True)
        self._thread.start()

    @property
    def dropped(self) -> int:
        """The number of frames that newer frames replaced before they were read."""
        return self._latest.dropped

    def frames(self) -> Iterator[Frame]:
        """Yield the latest frame at each step, until the reader is closed.

        Raises:
            MediaError: the source ended or failed, or sent no frame for over 20 s.
        """
        while True:
            try:
                # Some cameras need seconds for their first frame.
                frame = self._latest.take(2 * TIMEOUT + (self._every or 0.0))
            except TimeoutError as error:
                raise MediaError(
                    f"{self._name}: the source sends no pictures",
                    hint="check that it is switched on and reachable",
                ) from error
            if frame is None:
                return
            yield frame

    def close(self) -> None:
        """Stop the thread, and wait at most 20 s until it has ended."""
        self._stop.set()
        self._latest.close()
        self._thread.join(timeout=2 * TIMEOUT)

    def _read(self) -> None:
        start, due, index, last = self._clock(), 0.0, 0, 0.0
        cause, breaks = "", _Breaks(self._stream)
        try:
            for picture in self._pictures():
                if self._stop.is_set():
                    return
                last = self._clock() - start
                geometry = breaks.see(picture)
                if self._every is None or last >= due:
                    image, broken = render(picture, geometry), breaks.take()
                    frame = Frame(image, last, index, self._name, discontinuity=broken)
                    self._latest.put(frame, replacing=_with_break)
                    due = last + (self._every or 0.0)
                index += 1
        except (av.FFmpegError, OSError) as error:
            cause = str(error).splitlines()[0]
        finally:
            end = f"the stream ended after {last:.1f} s"
            if cause:
                end = f"the stream stopped after {last:.1f} s: {cause}"
            self._latest.close(
                MediaError(
                    f"{self._name}: {end}",
                    hint="the frames before that were analysed; start again when it is back",
                )
            )

    def _pictures(self) -> Iterator[VideoFrame]:
        """Yield the device's frames; retry on macOS, where reading fails until the first frame."""
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


class _Breaks:
    """A detector of discontinuities between the frames of a live source."""

    def __init__(self, stream: VideoStream) -> None:
        self._broken = False
        self._pause = longest_pause(stream)
        self._geometries = GeometryReader(stream)
        self._geometry: Geometry | None = None
        self._shown: float | None = None

    def see(self, picture: VideoFrame) -> Geometry:
        """Process the next frame and return its geometry."""
        geometry, shown = self._geometries.read(picture), picture.time
        self._broken |= self._geometry is not None and geometry != self._geometry
        self._geometry = geometry
        if shown is not None:
            self._broken |= self._shown is not None and has_jumped(self._shown, shown, self._pause)
            self._shown = shown
        return geometry

    def take(self) -> bool:
        """Return whether there was a discontinuity since the last call."""
        broken, self._broken = self._broken, False
        return broken


def _with_break(unseen: Frame, frame: Frame) -> Frame:
    """Return `frame`, marked as a discontinuity if `frame` or the replaced `unseen` is marked."""
    return replace(frame, discontinuity=frame.discontinuity or unseen.discontinuity)
