from __future__ import annotations

import asyncio
import subprocess
import sys
from contextlib import suppress

import pytest

from roomread.entry import heap

# Fills a heap with small byte strings and frees all but the last, which keeps glibc from returning
# the memory.
FRAGMENTED = """
import asyncio
from contextlib import suppress
from roomread.entry.heap import resident, return_memory_periodically
before = resident()

async def run():
    task = asyncio.create_task(return_memory_periodically(0.2))
    await asyncio.sleep(0)
    held = [bytes(1000 + n % 7) for n in range(100_000)]
    full, last = resident(), held[-1]
    held.clear()
    await asyncio.sleep(1)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    print(full - before, resident() - before)

asyncio.run(run())
"""


@pytest.mark.skipif(heap._trim() is None, reason="needs glibc")
def test_memory_that_was_freed_is_returned_to_the_operating_system() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FRAGMENTED], capture_output=True, text=True, check=True, timeout=60
    )
    full, left = map(int, done.stdout.split())
    assert full > 80_000_000
    assert left < 20_000_000


def test_memory_is_not_trimmed_without_glibc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heap, "_trim", lambda: None)
    asyncio.run(asyncio.wait_for(heap.return_memory_periodically(), 1))


def test_small_growth_of_memory_does_not_trigger_trimming(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = iter([100, 10_000_000, 90, 16_000_050, 16_000_150, 120, 200])
    trimmed: list[int] = []
    monkeypatch.setattr(heap, "_trim", lambda: trimmed.append)
    monkeypatch.setattr(heap, "resident", lambda: next(sizes))
    with suppress(StopIteration, RuntimeError):
        asyncio.run(heap.return_memory_periodically(0))
    assert trimmed == [0]
