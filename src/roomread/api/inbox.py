"""The latest frame of a connection, awaited by an asyncio task."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TypeVar

from roomread.media import LatestFrame

T = TypeVar("T")


class Inbox(LatestFrame[T]):
    """A container of the latest item, for which one asyncio task can wait."""

    async def next(self) -> T | None:
        """Wait for the latest item and return it; None once the inbox is closed and empty.

        Raises:
            Exception: The error given to `close`, once the last item is taken.
        """
        loop = asyncio.get_running_loop()
        while True:
            changed = asyncio.Event()
            settled, item = self.take_or_call(partial(loop.call_soon_threadsafe, changed.set))
            if settled:
                return item
            try:
                await changed.wait()
            finally:
                # A cancelled task's event loop may be closed when the next item comes.
                self.forget_call()
