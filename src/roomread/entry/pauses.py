"""Keep the work of one thread from pausing all others of the service for long."""

from __future__ import annotations

import gc
import sys

# For how long a computing thread may keep Python's lock while others wait for it, s. A message
# needs the lock about twenty times, so that beside a page that is being drawn Python's default of
# 5 ms would make it take 100 ms.
_SWITCH_SECONDS = 0.0005


def shorten_pauses() -> None:
    """Let waiting threads have their turn sooner, and collect garbage among fewer objects.

    A full collection looks at each object while all threads stand still. The objects of the
    libraries and nets that are loaded now stay until the end, so that looking at them again is
    in vain: 0.1 s for each collection.
    """
    sys.setswitchinterval(_SWITCH_SECONDS)
    gc.collect()
    gc.freeze()
