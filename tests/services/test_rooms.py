"""Rooms that a process holds, releases and takes up again."""

from __future__ import annotations

import asyncio
from pathlib import Path

from roomread.services.rooms import Rooms
from roomread.store import Store


def test_room_that_was_paused_is_paused_when_it_is_taken_up_again(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'roomread.db'}")
    anna, leases = store.owned_by("user:anna"), store.leases()
    session = anna.create("Algebra 7b")
    anna.rooms.add(session.id, "K7QXM3PD", faces=False)

    async def hold() -> tuple[bool, bool]:
        """Return whether the room is paused when it is taken up, and once it is changed."""
        rooms = Rooms(store, leases, max_seats=50)
        rooms.start()
        held = await rooms.hold(session.id)
        before = held.room.paused
        await held.pause(on=not before)
        after = held.room.paused
        await rooms.shut_down()
        return before, after

    held = [asyncio.run(hold()) for _ in range(3)]
    store.close()
    assert held == [(False, True), (True, False), (False, True)]
