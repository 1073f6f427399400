"""Handle Ctrl-C and SIGTERM without losing a signal or interrupting a frame."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

# Seconds after which a signal that Python dropped in a finaliser is sent again.
_AGAIN_AFTER = 0.05


@dataclass(slots=True)
class Stop:
    """A flag that is set when the user or a service manager asks the program to stop."""

    asked: bool = False


_held: list[Stop] = []


def install() -> None:
    """Make Ctrl-C and SIGTERM raise `KeyboardInterrupt`, so that the results so far are kept."""
    signal.signal(signal.SIGTERM, _stop)
    # Keep ignoring Ctrl-C if a shell runs the program in the background.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _stop)
    sys.unraisablehook = _repeating(sys.unraisablehook)


@contextmanager
def held() -> Iterator[Stop]:
    """Set a flag at the first signal in the `with` block; raise `KeyboardInterrupt` at the second.

    An exception could interrupt code at any point and leave the state of a library or a lock
    inconsistent. Loops check the flag instead.
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
    """Return a hook that sends a signal again if Python dropped `KeyboardInterrupt` in a finaliser.

    Args:
        otherwise: The hook for all other dropped exceptions.
    """
    main = threading.get_ident()

    def hook(dropped: sys.UnraisableHookArgs) -> None:
        if not isinstance(dropped.exc_value, KeyboardInterrupt):
            return otherwise(dropped)
        # If a library restored Python's own handler, the exception does not name the signal.
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
        # Send the signal to the thread, which may be sleeping and is woken only by a signal.
        signal.pthread_kill(thread, number)
