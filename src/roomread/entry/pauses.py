"""Shorten the pauses that the work of one thread causes in other threads of the service."""

from __future__ import annotations

import gc
import sys

# Seconds for which a computing thread may hold Python's global lock while others wait for it.
# Handling a message takes the lock about twenty times, so that with Python's default of 5 ms it
# would take 100 ms while another thread renders a page.
_SWITCH_SECONDS = 0.0005


def shorten_pauses() -> None:
    """Let waiting threads run sooner, and exclude all existing objects from garbage collection.

    A full collection visits every object while all threads wait. The objects of the libraries and
    nets that are already loaded exist until the process ends; visiting them would take 0.1 s in
    each collection.
    """
    sys.setswitchinterval(_SWITCH_SECONDS)
    gc.collect()
    gc.freeze()
