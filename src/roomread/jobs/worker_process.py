"""Start worker processes and exchange messages with them over pipes.

Untrusted media are decoded in worker processes, so that a decoder that crashes, hangs or exhausts
memory does not affect other requests. Messages are JSON and bytes, so that a compromised decoder
cannot send code back.
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
from typing import IO, Any, NoReturn

Message = tuple[dict[str, Any], bytes]
# Size of a pipe's buffer on Linux, bytes. With the default of 64 KB, pictures need many writes.
_PIPE = 1 << 20
# Header of a message: the sizes of the JSON head and of the payload, bytes.
_SIZES = struct.Struct(">IQ")


def send(file: IO[bytes], head: dict[str, Any], payload: bytes | memoryview = b"") -> None:
    """Write one message.

    Args:
        file: The pipe to write to.
        head: The values of the message, which must be serializable as JSON.
        payload: The bytes of the message, such as the pixels of a picture.

    Raises:
        OSError: The other process has closed the pipe.
    """
    text = json.dumps(head).encode()
    file.write(_SIZES.pack(len(text), len(payload)) + text)
    file.write(payload)
    file.flush()


def receive(file: IO[bytes]) -> Message | None:
    """Read one message; return None if the other process ended before the message was complete."""
    sizes = file.read(_SIZES.size)
    if len(sizes) < _SIZES.size:
        return None
    length, size = _SIZES.unpack(sizes)
    text, payload = file.read(length), file.read(size)
    if len(text) < length or len(payload) < size:
        return None
    return json.loads(text), payload


def answer(outlet: IO[bytes], head: dict[str, Any], payload: bytes | memoryview = b"") -> None:
    """Send the parent process a message; exit immediately and silently if that process has ended.

    Call this in the worker process. The arguments are those of `send`.
    """
    try:
        send(outlet, head, payload)
    except OSError:
        leave()


def leave() -> NoReturn:
    """Exit without a message, because the parent process has ended and cannot read one."""
    os._exit(1)


class WorkerProcess:
    """A worker process, as its parent process controls it. Only `kill` is thread-safe.

    Args:
        command: The program, which exchanges messages on its standard input and output.

    Attributes:
        timed_out: Whether the process was killed because it took too long.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self.timed_out = False
        self._process = subprocess.Popen(  # noqa: S603 (our own programs)
            list(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, pipesize=_PIPE
        )

    def send(self, head: dict[str, Any], payload: bytes = b"") -> None:
        """Send a message; a no-op if the worker process has ended."""
        with contextlib.suppress(OSError, ValueError):
            send(_pipe(self._process.stdin), head, payload)

    def receive(self, timeout: float) -> Message | None:
        """Return the next message, or None if the worker process has ended or was killed.

        Args:
            timeout: The maximum time to wait, s; then the worker process is killed.
        """
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
        """Kill the worker process; any thread may call this."""
        self._process.kill()

    def close(self) -> None:
        """Kill the worker process and close its pipes."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            # Closing a pipe flushes its buffer, which fails if the process has ended.
            with contextlib.suppress(OSError):
                _pipe(pipe).close()

    def _give_up(self) -> None:
        self.timed_out = True
        self._process.kill()


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise TypeError("the worker process was started without pipes")
    return pipe


def take_pipes() -> tuple[IO[bytes], IO[bytes]]:
    """Return the pipes from and to the parent process, in a worker process.

    Standard output is redirected to standard error, so that text printed by libraries does not mix
    with the messages.
    """
    # Ignore Ctrl-C, which reaches all processes of a terminal; the parent ends its workers itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    inlet, outlet = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    return inlet, outlet


def lower_priority(by: int) -> None:
    """Lower the priority of this worker process, so that the service runs first.

    Args:
        by: The increment of the niceness (`os.nice`); ignored on Windows.
    """
    if sys.platform != "win32":
        os.nice(by)


def limit_memory(megabytes: int) -> None:
    """Limit the memory of this worker process; a no-op except on Linux.

    Args:
        megabytes: The memory that the process may use in addition to its present memory, MB.
    """
    if sys.platform != "linux":
        return
    import resource  # noqa: PLC0415 (not on Windows)

    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    most = pages * resource.getpagesize() + megabytes * 1_000_000
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    # A core dump would contain the picture.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
