"""Return freed memory from the C library to the operating system."""

from __future__ import annotations

import asyncio
import ctypes
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path

from anyio import to_thread

# Seconds between two checks of the memory of this process.
_PERIOD = 5.0
# Growth of this process after which memory is returned, bytes. Returning it takes some
# milliseconds, during which other threads cannot allocate memory.
_GROWTH = 16_000_000
_STATUS = Path("/proc/self/statm")


async def return_memory_periodically(period: float = _PERIOD) -> None:
    """Return freed memory whenever this process has grown, until the task is cancelled.

    After large requests glibc keeps memory that was freed in the middle of its heaps, and each
    thread may have a heap of its own. Without glibc this function returns at once.

    Args:
        period: Seconds between two checks.
    """
    trim = _trim()
    if trim is None:
        return
    lowest = resident()
    while True:
        await asyncio.sleep(period)
        now = resident()
        if now > lowest + _GROWTH:
            await to_thread.run_sync(trim, 0)
            now = lowest = resident()
        lowest = min(lowest, now)


def resident() -> int:
    """Return the resident memory of this process, bytes; 0 on systems other than Linux."""
    try:
        return int(_STATUS.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


@cache
def _trim() -> Callable[[int], int] | None:
    """Return glibc's `malloc_trim`; None where the C library has no such function."""
    if not _STATUS.exists():
        return None
    # Only glibc has this function.
    trim: Callable[[int], int] | None = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return trim
