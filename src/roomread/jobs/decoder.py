"""Decode uploaded pictures in processes that can be killed."""

from __future__ import annotations

import queue
import sys
import threading
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from roomread.errors import MediaError
from roomread.jobs.worker_process import WorkerProcess
from roomread.readings import Frame

# Number of pictures after which a process is replaced, in case its decoders leak memory.
_LIFE = 10_000
# Time limit for the start of a process on a busy computer, s. It is not part of a picture's time.
_START_SECONDS = 60.0


class DecodedPicture(NamedTuple):
    """A decoded picture.

    Attributes:
        image: upright RGB, uint8 [H, W, 3], read-only.
        notes: sentences about content of the file that was not read, such as further pictures.
    """

    image: NDArray[np.uint8]
    notes: tuple[str, ...] = ()


class Decoder:
    """A decoder of untrusted pictures that uses separate processes. It is thread-safe.

    Args:
        max_pixels: largest width times height, checked before decoding.
        seconds: time limit for one picture.
        memory_mb: memory limit for decoding, MB; enforced on Linux.
        processes: number of processes; when all of them are busy, further calls wait.
    """

    def __init__(
        self,
        *,
        max_pixels: int = 50_000_000,
        seconds: float = 10.0,
        memory_mb: int = 1500,
        processes: int = 2,
    ) -> None:
        program = [sys.executable, "-m", "roomread.jobs.decoder_worker"]
        self._command = [*program, str(max_pixels), str(memory_mb)]
        self._seconds, self._processes = seconds, processes
        self._closed = False
        self._free: queue.LifoQueue[tuple[WorkerProcess, int] | None] = queue.LifoQueue()
        self._running: set[WorkerProcess] = set()
        self._lock = threading.Lock()
        for _ in range(processes):
            # Processes are started when they are first needed.
            self._free.put(None)

    def frame(self, content: bytes, name: str, *, index: int = 0, time: float = 0.0) -> Frame:
        """Decode a picture, and return it as a frame.

        Args:
            content: the encoded picture.
            name: the picture's name in messages.
            index: the picture's position in its source.
            time: the picture's time in its source, s.

        Raises:
            MediaError: see `decode`.
        """
        decoded = self.decode(content, name)
        return Frame(decoded.image, time, index, name, notes=decoded.notes)

    def decode(self, content: bytes, name: str) -> DecodedPicture:
        """Decode a picture in a separate process.

        Args:
            content: the encoded picture.
            name: the picture's name in messages.

        Raises:
            MediaError: the content is damaged, is not a picture, is too large, or took too long to
                decode.
        """
        child, life = self._take()
        kept = False
        message = None
        try:
            if life == _LIFE and child.receive(_START_SECONDS) is None:
                raise MediaError(f"{name}: no decoder could be started", hint="try again later")
            child.send({"name": name}, content)
            message = child.receive(self._seconds)
            kept = message is not None and life > 1
        finally:
            if not kept:
                self._end(child)
            self._free.put((child, life - 1) if kept else None)
        if message is None:
            why = f"took over {self._seconds:g} s" if child.timed_out else "crashed the decoder"
            raise MediaError(f"{name}: {why}", hint="save it again as JPEG or PNG")
        head, pixels = message
        if "problem" in head:
            raise MediaError(head["problem"], hint=head["hint"])
        image = np.frombuffer(pixels, dtype=np.uint8).reshape(head["shape"])
        return DecodedPicture(image, tuple(head["notes"]))

    def close(self) -> None:
        """End the processes; running and later calls of `decode` raise a MediaError."""
        self._closed = True
        with self._lock:
            for child in self._running:
                child.kill()
        # A thread whose process was killed puts an entry back too, so this waits for all of them.
        for free in [self._free.get() for _ in range(self._processes)]:
            if free is not None:
                self._end(free[0])
        for _ in range(self._processes):
            self._free.put(None)

    def _take(self) -> tuple[WorkerProcess, int]:
        free = self._free.get()
        if free is not None:
            return free
        if self._closed:
            self._free.put(None)
            raise MediaError("the decoder was closed", hint="restart the service")
        try:
            child = WorkerProcess(self._command)
        except BaseException:
            self._free.put(None)
            raise
        with self._lock:
            self._running.add(child)
        return child, _LIFE

    def _end(self, child: WorkerProcess) -> None:
        with self._lock:
            self._running.discard(child)
        child.close()
