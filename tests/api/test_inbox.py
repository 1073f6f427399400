from __future__ import annotations

import asyncio
import threading

import pytest

from roomread.api.inbox import Inbox


def test_waiting_task_receives_an_item_put_by_a_thread() -> None:
    inbox: Inbox[str] = Inbox()

    async def read() -> str | None:
        waiting = asyncio.create_task(inbox.next())
        # Let the task begin to wait before the thread starts.
        await asyncio.sleep(0)
        threading.Thread(target=inbox.put, args=("late",)).start()
        return await waiting

    assert asyncio.run(asyncio.wait_for(read(), 30)) == "late"


def test_next_drops_older_items_and_returns_none_after_the_inbox_is_closed() -> None:
    inbox: Inbox[int] = Inbox()

    async def read() -> list[int | None]:
        inbox.put(1)
        inbox.put(2)
        first = await inbox.next()
        inbox.close()
        return [first, await inbox.next()]

    assert asyncio.run(read()) == [2, None]
    assert inbox.dropped == 1


def test_item_put_after_a_cancelled_wait_is_kept() -> None:
    inbox: Inbox[int] = Inbox()

    async def give_up() -> None:
        waiting = asyncio.create_task(inbox.next())
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    asyncio.run(give_up())
    inbox.put(1)
    assert inbox.take(0) == 1
