"""Ctrl-C, and a service manager's stop: neither lost, nor in the midst of a frame."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

# Seconds; by then the finaliser that dropped a stop is over.
_AGAIN_AFTER = 0.05


@dataclass(slots=True)
class Stop:
    """Whether one was asked for."""

    asked: bool = False


_held: list[Stop] = []


def install() -> None:
    """Makes both raise `KeyboardInterrupt`: what was computed is kept."""
    signal.signal(signal.SIGTERM, _stop)
    # A shell has its background programs ignore Ctrl-C.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _stop)
    sys.unraisablehook = _repeating(sys.unraisablehook)


@contextmanager
def held() -> Iterator[Stop]:
    """Within, a first stop only says that it was asked for; a second one is raised at once.

    What is raised comes between any two steps of ours, of a library or of Python's own locks, and
    may leave them half done: for loops that can see for themselves.
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
    """Python prints and drops what is raised in a finaliser; a stop comes again instead."""
    main = threading.get_ident()

    def hook(dropped: sys.UnraisableHookArgs) -> None:
        if not isinstance(dropped.exc_value, KeyboardInterrupt):
            return otherwise(dropped)
        # Libraries put Python's own handler for Ctrl-C back, which names no signal.
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
        # It may be asleep, and only a signal of its own wakes it.
        signal.pthread_kill(thread, number)
