"""Preview a camera, a stream or a screen of this computer before it is recorded."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from PIL import Image

from roomread.errors import MediaError, RoomreadError
from roomread.media import Source, draw_readings, open_source
from roomread.pipeline import Analyzer
from roomread.readings import Frame
from roomread.services.pictures import encode
from roomread.services.watch import LiveWatch

# Seconds between two frames, as in a recording.
_EVERY = 0.5
# Time without a call of `look` after which a preview ends, s.
_FORGOTTEN = 15.0
# The maximum size of a preview's picture, px, and the quality of the JPEG.
_SIZE, _QUALITY = (960, 720), 80


class Preview:
    """A thread that reads a live source, and keeps its last picture with the readings drawn.

    The picture is kept in memory only. The preview ends when `close` is called, when the source
    fails, or when `look` was not called for 15 s.

    Args:
        source: The index of a camera, a URL, or `screen:`; see `roomread.media.open_source`.
        analyzer: The analyzer that reads the frames.
        clock: A function that returns seconds on a monotonic clock.

    Attributes:
        source: The source as it was given.
        watch: The object that reads the frames and has the latest readings.
        error: The error that ended the preview early; None if there is no error.
    """

    def __init__(
        self, source: str, analyzer: Analyzer, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.source = source
        self.watch = LiveWatch(analyzer)
        self.error: RoomreadError | None = None
        self._clock, self._asked = clock, clock()
        self._picture = b""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="preview", daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        """Whether the source is still being read."""
        return self._thread.is_alive()

    def look(self) -> bytes:
        """Return the last picture as a JPEG, and keep the preview running.

        The result is empty before the first picture.
        """
        self._asked = self._clock()
        return self._picture

    def close(self, *, patience: float = 5.0) -> None:
        """End the preview; wait until the source is closed, or for at most `patience` seconds."""
        self._stop.set()
        self._thread.join(patience)

    def _run(self) -> None:
        try:
            with open_source(self.source, every=_EVERY) as opened:
                self._watch(opened)
        except RoomreadError as error:
            self.error = error

    def _watch(self, opened: Source) -> None:
        if not opened.live:
            raise MediaError(
                f"{opened.name}: is a file, not a camera or a stream", hint="open it as a recording"
            )
        for frame in opened:
            if self._stop.is_set() or self._clock() - self._asked > _FORGOTTEN:
                return
            self._picture = self._drawn(frame)

    def _drawn(self, frame: Frame) -> bytes:
        readings = self.watch.push(frame.image, frame.time)
        picture = Image.fromarray(draw_readings(frame.image, readings))
        picture.thumbnail(_SIZE)
        return encode(picture, "JPEG", quality=_QUALITY)
