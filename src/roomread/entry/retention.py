"""Delete expired sessions while the service runs."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from anyio import to_thread

from roomread.api.logs import audit, log
from roomread.errors import RoomreadError
from roomread.services.retention import delete_expired
from roomread.store import Store

# Seconds between two deletions.
_PERIOD = 3600.0


async def apply_retention(
    store: Store, days: float | None, stopping: asyncio.Event, *, period: float = _PERIOD
) -> None:
    """Delete the sessions whose retention period is over, at the start and then regularly.

    A deletion that has begun is finished before this function returns, so that the store can then
    be closed.

    Args:
        store: The store of the service.
        days: The operator's retention period, days; None to apply only the periods that users set.
        stopping: An event that ends this task when it is set.
        period: Seconds between two deletions.
    """
    while not stopping.is_set():
        try:
            deleted = await to_thread.run_sync(lambda: delete_expired(store, days=days))
        except RoomreadError as error:
            log("expired sessions could not be deleted", error=type(error).__name__)
        else:
            if deleted:
                audit("expired sessions deleted", sessions=[session.id for session in deleted])
        with suppress(TimeoutError):
            async with asyncio.timeout(period):
                await stopping.wait()
