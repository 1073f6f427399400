from __future__ import annotations

import asyncio
import threading

import pytest

from roomread.media import LatestFrame


def test_newer_item_replaces_the_one_before_and_is_counted() -> None:
    latest: LatestFrame[int] = LatestFrame()
    for n in range(5):
        latest.put(n)
    assert latest.take(1) == 4
    assert latest.dropped == 4


def test_reader_waits_for_the_writer() -> None:
    latest: LatestFrame[str] = LatestFrame()
    threading.Thread(target=latest.put, args=("late",)).start()
    assert latest.take(10) == "late"
    assert latest.dropped == 0


def test_closed_place_gives_its_last_item_and_then_none() -> None:
    latest: LatestFrame[int] = LatestFrame()
    latest.put(1)
    latest.close()
    assert latest.take(0) == 1
    assert latest.take(0) is None


def test_error_of_the_writer_reaches_the_reader_after_the_last_item() -> None:
    latest: LatestFrame[int] = LatestFrame()
    latest.put(1)
    latest.close(OSError("unplugged"))
    latest.close(OSError("later"))
    assert latest.take(0) == 1
    with pytest.raises(OSError, match="unplugged"):
        latest.take(0)


def test_waiting_too_long_is_a_timeout() -> None:
    with pytest.raises(TimeoutError):
        LatestFrame[int]().take(0.01)


def test_task_awaits_what_a_thread_puts() -> None:
    latest: LatestFrame[str] = LatestFrame()

    async def read() -> str | None:
        waiting = asyncio.create_task(latest.next())
        # The task is at its wait before the thread begins.
        await asyncio.sleep(0)
        threading.Thread(target=latest.put, args=("late",)).start()
        return await waiting

    assert asyncio.run(asyncio.wait_for(read(), 30)) == "late"


def test_task_gets_the_newest_item_then_the_end() -> None:
    latest: LatestFrame[int] = LatestFrame()

    async def read() -> list[int | None]:
        latest.put(1)
        latest.put(2)
        first = await latest.next()
        latest.close()
        return [first, await latest.next()]

    assert asyncio.run(read()) == [2, None]
    assert latest.dropped == 1


def test_item_after_a_cancelled_task_finds_no_closed_loop() -> None:
    latest: LatestFrame[int] = LatestFrame()

    async def give_up() -> None:
        waiting = asyncio.create_task(latest.next())
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    asyncio.run(give_up())
    latest.put(1)
    assert latest.take(0) == 1
