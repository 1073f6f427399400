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

# Seconds between two frames; a preview costs as much as a recording.
_EVERY = 0.5
# A preview that no page has asked for in this time ends, s.
_FORGOTTEN = 15.0
# The largest picture of a preview, px, and the quality of its JPEG.
_SIZE, _QUALITY = (960, 720), 80


class Preview:
    """Watch a live source in a thread, and keep its last picture with the readings drawn.

    The picture stays in memory. The preview ends when `close` is called, when the source fails, or
    when `look` was not called for 15 s.

    Args:
        source: A camera's number, an address, or `screen:`; see `roomread.media.open_source`.
        analyzer: Reads the frames.
        clock: Seconds on a monotonic clock.

    Attributes:
        source: The source as it was given.
        watch: What is read in it.
        error: Why the preview ended early; None if it did not.
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
        """Whether the source is still being watched."""
        return self._thread.is_alive()

    def look(self) -> bytes:
        """Return the last picture as a JPEG, empty until there is one; keep the preview alive."""
        self._asked = self._clock()
        return self._picture

    def close(self, *, patience: float = 5.0) -> None:
        """End the preview, and wait until the source is free or `patience` seconds have passed."""
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
