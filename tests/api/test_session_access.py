from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import cast

import pytest

pytest.importorskip("fastapi", reason="needs the app extra")

from roomread.api.context import ServiceContext
from roomread.api.session_access import figures_in_turn, find_session, in_turn
from roomread.errors import BusyError, SessionNotFoundError
from roomread.services.accounts import Principal
from roomread.services.capacity import ConcurrencyLimiter
from roomread.testing.fakes import temporary_store

ANNA, BEN = (Principal(f"user:{name}", frozenset()) for name in ("anna", "ben"))


def test_session_of_another_user_is_not_found() -> None:
    with temporary_store() as store:
        context = cast("ServiceContext", SimpleNamespace(store=store))
        made = store.owned_by(ANNA.id).create("Algebra 7b")
        own, session = find_session(context, ANNA, made.id)
        assert session == own.session(made.id) == made
        for principal, session_id in ((BEN, made.id), (ANNA, "00000000"), (ANNA, made.id[:4])):
            with pytest.raises(SessionNotFoundError):
                find_session(context, principal, session_id)


@pytest.mark.parametrize(
    ("in_its_turn", "limiter"),
    [(in_turn, "session_limiter"), (figures_in_turn, "figures_limiter")],
)
def test_session_work_runs_in_another_thread_and_is_refused_if_too_many_requests_wait(
    in_its_turn: Callable[[ServiceContext, Callable[[], int]], object], limiter: str
) -> None:
    slots = {
        name: ConcurrencyLimiter(running=1, waiting=waiting, what=name)
        for name, waiting in (("session_limiter", 1), ("figures_limiter", 1))
    }
    context = cast("ServiceContext", SimpleNamespace(**slots))

    async def run() -> None:
        here = threading.get_ident()
        assert await in_its_turn(context, threading.get_ident) != here  # type: ignore[misc]
        with slots[limiter].slot(), slots[limiter].slot(), pytest.raises(BusyError):
            await in_its_turn(context, threading.get_ident)  # type: ignore[misc]

    asyncio.run(run())
