"""Find sessions, and limit concurrent database work, for all routes of sessions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from roomread.api.context import ServiceContext
from roomread.services.accounts import Principal
from roomread.store import OwnerStore, Session

T = TypeVar("T")


def find_session(
    context: ServiceContext, principal: Principal, session_id: str
) -> tuple[OwnerStore, Session]:
    """Return a session of the principal, and the principal's store.

    Raises:
        SessionNotFoundError: The principal has no such session.
    """
    store = context.store.owned_by(principal.id)
    return store, store.session(session_id)


async def figures_in_turn(context: ServiceContext, work: Callable[[], T]) -> T:
    """Run work that reads a whole session in a thread when a slot for such work is free.

    Raises:
        BusyError: Too many requests are waiting already.
    """
    with context.figures_limiter.slot():
        return await context.figures_limiter.run(work)


async def in_turn(context: ServiceContext, work: Callable[[], T]) -> T:
    """Run database work in a thread when a slot is free, and return its result.

    Raises:
        BusyError: Too many requests are waiting already.
    """
    with context.session_limiter.slot():
        return await context.session_limiter.run(work)
