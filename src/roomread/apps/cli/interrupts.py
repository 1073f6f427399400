"""Ctrl-C, and a service manager's stop, as one that is not lost."""

from __future__ import annotations

import signal
import threading
from types import FrameType

_asked = threading.Event()


def install() -> None:
    """Makes both raise `KeyboardInterrupt`: what was computed is kept."""
    signal.signal(signal.SIGTERM, _stop)
    # A shell has its background programs ignore Ctrl-C.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _stop)


def check() -> None:
    """To be called now and then by what takes long.

    Raises:
        KeyboardInterrupt: one was raised before, in an object's finaliser, where Python drops it.
    """
    if _asked.is_set():
        raise KeyboardInterrupt


def _stop(_number: int, _frame: FrameType | None) -> None:
    _asked.set()
    raise KeyboardInterrupt
