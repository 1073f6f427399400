from __future__ import annotations

import asyncio
import threading
import time

import pytest

from roomread.entry import retention
from roomread.entry.retention import apply_retention
from roomread.errors import DatabaseError
from roomread.store import Session, Store
from roomread.testing import temporary_store


def test_deletion_of_expired_sessions_is_repeated_even_after_a_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls, third = list[float | None](), threading.Event()

    def fail_first(_store: Store, *, days: float | None) -> list[Session]:
        calls.append(days)
        if len(calls) == 1:
            raise DatabaseError("sessions.db: is locked")
        if len(calls) == 3:
            third.set()
        return []

    monkeypatch.setattr(retention, "delete_expired", fail_first)

    async def run(store: Store) -> None:
        stopping = asyncio.Event()
        task = asyncio.create_task(apply_retention(store, 30, stopping, period=0.01))
        assert await asyncio.to_thread(third.wait, 30)
        stopping.set()
        await task

    with temporary_store() as store:
        asyncio.run(run(store))
    assert set(calls) == {30}


def test_deletion_that_has_begun_is_finished_before_the_task_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun, ended = threading.Event(), list[bool]()

    def delete_slowly(_store: Store, *, days: float | None) -> list[Session]:  # noqa: ARG001
        begun.set()
        time.sleep(0.2)
        ended.append(True)
        return []

    monkeypatch.setattr(retention, "delete_expired", delete_slowly)

    async def run(store: Store) -> None:
        stopping = asyncio.Event()
        task = asyncio.create_task(apply_retention(store, None, stopping))
        assert await asyncio.to_thread(begun.wait, 30)
        stopping.set()
        await task
        assert ended

    with temporary_store() as store:
        asyncio.run(run(store))
