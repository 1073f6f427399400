"""Return freed memory that the C library holds back to the operating system."""

from __future__ import annotations

import asyncio
import ctypes
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path

from anyio import to_thread

# Seconds between two looks at the memory of this process.
_PERIOD = 5.0
# Growth since the last time after which memory is given back, bytes. It takes some milliseconds,
# in which other threads wait for memory.
_GROWTH = 16_000_000
_STATUS = Path("/proc/self/statm")


async def return_memory_periodically(period: float = _PERIOD) -> None:
    """Return freed memory whenever this process has grown, until the task is cancelled.

    After large requests glibc keeps memory that was freed in the middle of its heaps, of which each
    thread may have its own. Where there is no glibc this returns at once.

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
    """Return glibc's `malloc_trim`; None where the C library has none."""
    if not _STATUS.exists():
        return None
    # Only glibc has it.
    trim: Callable[[int], int] | None = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return trim
