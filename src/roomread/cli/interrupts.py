"""Handle Ctrl-C and SIGTERM so that neither is lost or interrupts a frame."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

# Seconds after which the finaliser that dropped a signal has ended.
_AGAIN_AFTER = 0.05


@dataclass(slots=True)
class Stop:
    """Whether the user or a service manager asked to stop."""

    asked: bool = False


_held: list[Stop] = []


def install() -> None:
    """Make both signals raise `KeyboardInterrupt`, so that what was computed is kept."""
    signal.signal(signal.SIGTERM, _stop)
    # A program that a shell runs in the background ignores Ctrl-C.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _stop)
    sys.unraisablehook = _repeating(sys.unraisablehook)


@contextmanager
def held() -> Iterator[Stop]:
    """Within the block, only set a flag at the first signal; raise at the second.

    An exception may come between any two steps of our code, a library or a lock, and leave them
    half done. Loops that can check the flag need none.
    """
    stop = Stop()
    _held.append(stop)
    try:
        yield stop
    finally:
        _held.remove(stop)


def _stop(number: int, _frame: FrameType | None) -> None:
    if _held and not _held[-1].asked:
        _held[-1].asked = True
        return
    raise KeyboardInterrupt(number)


def _repeating(
    otherwise: Callable[[sys.UnraisableHookArgs], None],
) -> Callable[[sys.UnraisableHookArgs], None]:
    """Return a hook that sends a signal again that Python dropped in a finaliser."""
    main = threading.get_ident()

    def hook(dropped: sys.UnraisableHookArgs) -> None:
        if not isinstance(dropped.exc_value, KeyboardInterrupt):
            return otherwise(dropped)
        # Libraries restore Python's own handler for Ctrl-C, which names no signal.
        (number,) = dropped.exc_value.args or (signal.SIGINT,)
        again = threading.Timer(_AGAIN_AFTER, _send, [number, main])
        again.daemon = True
        again.start()
        return None

    return hook


def _send(number: int, thread: int) -> None:
    if sys.platform == "win32":
        signal.raise_signal(number)
    else:
        # The thread may sleep, and only a signal sent to it wakes it.
        signal.pthread_kill(thread, number)
