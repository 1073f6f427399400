"""Programs of ours in processes of their own, talked to by their pipes.

What strangers send is decoded there: a decoder that crashes, hangs or eats memory takes nothing
with it. Messages are JSON and bytes, so that a decoder that was taken over cannot hand back code.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

Message = tuple[dict[str, Any], bytes]
# Bytes of a pipe, on Linux: with the usual 64 KB a picture is handed over in forty turns.
_PIPE = 1 << 20
# Bytes of the JSON head, bytes of the payload.
_SIZES = struct.Struct(">IQ")


def send(file: IO[bytes], head: dict[str, Any], payload: bytes | memoryview = b"") -> None:
    """Writes one message.

    Raises:
        OSError: nobody reads any more.
    """
    text = json.dumps(head).encode()
    file.write(_SIZES.pack(len(text), len(payload)) + text)
    file.write(payload)
    file.flush()


def receive(file: IO[bytes]) -> Message | None:
    """Reads one message; None where the other side has ended, in the midst of one too."""
    sizes = file.read(_SIZES.size)
    if len(sizes) < _SIZES.size:
        return None
    length, size = _SIZES.unpack(sizes)
    text, payload = file.read(length), file.read(size)
    if len(text) < length or len(payload) < size:
        return None
    return json.loads(text), payload


class WorkerProcess:
    """A running program, as its parent sees it. Not to be used by several threads at once.

    Args:
        command: the program, which takes and gives messages on its standard input and output.

    Attributes:
        timed_out: whether it was killed for taking too long.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self.timed_out = False
        self._process = subprocess.Popen(  # noqa: S603 (our own programs)
            list(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, pipesize=_PIPE
        )

    def send(self, head: dict[str, Any], payload: bytes = b"") -> None:
        """Hands it a message; one that has ended does not mind."""
        with contextlib.suppress(OSError, ValueError):
            send(_pipe(self._process.stdin), head, payload)

    def receive(self, timeout: float) -> Message | None:
        """Its next message; None where it ended, or was killed after `timeout` seconds."""
        watch = threading.Timer(timeout, self._give_up)
        watch.start()
        try:
            message = receive(_pipe(self._process.stdout))
        except (OSError, ValueError):
            message = None
        finally:
            watch.cancel()
        return None if self.timed_out else message

    def kill(self) -> None:
        """Ends it at once, from any thread."""
        self._process.kill()

    def close(self) -> None:
        """Ends it and lets go of its pipes."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            # What was not written yet goes to nobody.
            with contextlib.suppress(OSError):
                _pipe(pipe).close()

    def _give_up(self) -> None:
        self.timed_out = True
        self._process.kill()


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise TypeError("the child has no such pipe")
    return pipe


def take_pipes() -> tuple[IO[bytes], IO[bytes]]:
    """In a child: its parent's messages and the way back; what libraries print goes to stderr."""
    # Ctrl-C reaches every process of a terminal; the parent decides when its children end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    inlet, outlet = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    return inlet, outlet


def limit_memory(megabytes: int) -> None:
    """In a child: at most so much more memory than now. Linux only; elsewhere there is no limit."""
    if sys.platform != "linux":
        return
    import resource  # noqa: PLC0415 (not on Windows)

    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    most = pages * resource.getpagesize() + megabytes * 1_000_000
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    # A crash of a decoder leaves no copy of its memory, which holds the picture.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
