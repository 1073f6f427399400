"""Rooms that a process acquires, holds and releases."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from alert_receiver import FakeTarget
from classes import frame as class_frame
from roomread.errors import BusyError, DatabaseError, SessionHeldError
from roomread.readings import Expression
from roomread.room import Alert, RoomMood
from roomread.services.alerts import AlertSender
from roomread.services.rooms import RoomNotFoundError, RoomOverError, Rooms
from roomread.store import Leases, OwnerStore, RoomRecord, RoomStore, Store
from roomread.store.pieces import Piece


@asynccontextmanager
async def rooms_of(
    store: Store, leases: Leases, *, alerts: AlertSender | None = None
) -> AsyncIterator[Rooms]:
    """Yield the started rooms of one process, and shut them down at the end."""
    rooms = Rooms(store, leases, max_seats=50, alerts=alerts)
    rooms.start()
    try:
        yield rooms
    finally:
        await rooms.shut_down()


def test_paused_room_is_still_paused_after_a_restart(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'roomread.db'}")
    anna, leases = store.owned_by("user:anna"), store.leases()
    session = anna.create("Algebra 7b")
    anna.rooms.add(session.id, "K7QXM3PD", faces=False)

    async def hold() -> tuple[bool, bool]:
        """Return whether the room is paused at first, and after its state is changed."""
        async with rooms_of(store, leases) as rooms:
            held = await rooms.hold(session.id)
            before = held.room.paused
            await held.pause(on=not before)
            after = held.room.paused
        return before, after

    held = [asyncio.run(hold()) for _ in range(3)]
    store.close()
    assert held == [(False, True), (True, False), (False, True)]


def test_shutdown_waits_until_rooms_no_longer_use_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(f"sqlite:///{tmp_path / 'roomread.db'}")
    anna, leases = store.owned_by("user:anna"), store.leases()
    session = anna.create("Algebra 7b")
    anna.rooms.add(session.id, "K7QXM3PD", faces=True)
    release, released = leases.release, list[str]()

    def release_slowly(key: str) -> None:
        time.sleep(0.3)
        release(key)
        released.append(key)

    monkeypatch.setattr(leases, "release", release_slowly)

    async def hold() -> None:
        async with rooms_of(store, leases) as rooms:
            await rooms.hold(session.id)
        assert released == [f"session:{session.id}"]

    asyncio.run(hold())
    store.close()


def test_process_that_takes_over_a_room_continues_the_active_alerts_of_the_room(
    tmp_path: Path,
) -> None:
    store = Store(f"sqlite:///{tmp_path / 'roomread.db'}")
    anna, leases = store.owned_by("user:anna"), store.leases()
    rule = "room coverage below 50% for 10 s"
    session = anna.create("Algebra 7b", rules=rule)
    anna.rooms.add(session.id, "K7QXM3PD", faces=True)
    alert = Alert(1, 9.0, rule, 0.2, 1.0, 10)
    moods = [RoomMood(float(time), 30, 6) for time in range(30)]
    anna.append(session.id, [Piece(1, 0.0, moods=moods, alerts=[alert])])

    async def hold() -> list[Alert]:
        async with rooms_of(store, leases) as rooms:
            return (await rooms.hold(session.id)).alerts

    assert asyncio.run(hold()) == [alert]
    store.close()


def test_alert_sent_for_a_room_has_its_value_rounded_for_display(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'roomread.db'}")
    anna, leases, target = store.owned_by("user:anna"), store.leases(), FakeTarget()
    session = anna.create("Algebra 7b", rules="room happy above 50% for 5 s")
    anna.rooms.add(session.id, "K7QXM3PD", faces=True)
    sender = AlertSender([target])
    shown = dict.fromkeys(range(4), Expression.HAPPY) | dict.fromkeys(range(4, 7), Expression.SAD)

    async def lesson() -> None:
        async with rooms_of(store, leases, alerts=sender) as rooms:
            held = await rooms.hold(session.id)
            for step in range(40):
                at = 1000 + step / 2
                held._pipeline.push_readings(at, class_frame(at, shown))

    asyncio.run(lesson())
    store.close()
    assert sender.close(patience=10) == []
    assert target.accepted == [f"{session.id}-1-raised"]
    assert target.states == ["room: happy 50% on average over 5 s"]


def test_oldest_idle_room_of_an_owner_is_released_when_the_owner_has_too_many_rooms(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("roomread.services.rooms._MOST_HELD", 2)
    store = Store(f"sqlite:///{tmp_path / 'roomread.db'}")
    leases = store.leases()

    def new_room(owner: str, number: int) -> str:
        owned = store.owned_by(owner)
        session = owned.create("Algebra 7b")
        owned.rooms.add(session.id, f"K7QXM3P{number}", faces=False)
        return session.id

    made = [new_room("user:anna", number) for number in range(2, 6)]
    others = new_room("user:ben", 6)

    async def hold() -> None:
        async with rooms_of(store, leases) as rooms:
            watched = await rooms.hold(made[0])
            await watched.subscribe()
            idle = await rooms.hold(made[1])
            ben = await rooms.hold(others)
            last = await rooms.hold(made[2])
            assert [each.closed.is_set() for each in (watched, idle, ben, last)] == [
                *(False, True, False, False)
            ]
            await last.subscribe()
            with pytest.raises(BusyError, match="close one of them"):
                await rooms.hold(made[3])

    asyncio.run(hold())
    # The released room is still open, so that it can be held again.
    assert store.rooms.with_code("K7QXM3P3") is not None
    store.close()


def test_room_acquired_again_during_its_release_keeps_its_lease(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(f"sqlite:///{tmp_path / 'roomread.db'}")
    anna, leases = store.owned_by("user:anna"), store.leases()
    session = anna.create("Algebra 7b")
    anna.rooms.add(session.id, "K7QXM3PD", faces=False)
    release, asked = leases.release, threading.Event()

    def release_slowly(key: str) -> None:
        asked.set()
        time.sleep(0.3)
        release(key)

    monkeypatch.setattr(leases, "release", release_slowly)

    async def hold() -> None:
        async with rooms_of(store, leases) as rooms:
            first = await rooms.hold(session.id)
            await first.let_go()
            await asyncio.to_thread(asked.wait, 10)
            again = await asyncio.gather(*(rooms.hold(session.id) for _ in range(3)))
            assert all(each is again[0] for each in again)
            assert again[0] is not first
            await asyncio.sleep(0.5)
            assert leases.keeps(f"session:{session.id}")

    asyncio.run(hold())
    store.close()


def test_record_of_a_room_is_read_once_while_the_process_holds_the_lease(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(f"sqlite:///{tmp_path / 'roomread.db'}")
    anna, leases = store.owned_by("user:anna"), store.leases()
    session = anna.create("Algebra 7b")
    anna.rooms.add(session.id, "K7QXM3PD", faces=False)
    get, leased = RoomStore.get, list[bool]()

    def get_leased(rooms: RoomStore, session_id: str) -> RoomRecord | None:
        leased.append(leases.keeps(f"session:{session_id}"))
        return get(rooms, session_id)

    monkeypatch.setattr(RoomStore, "get", get_leased)

    async def hold() -> None:
        async with rooms_of(store, leases) as rooms:
            await rooms.hold(session.id)

    asyncio.run(hold())
    store.close()
    assert leased == [True]


def test_lease_is_released_when_a_room_cannot_be_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(f"sqlite:///{tmp_path / 'roomread.db'}")
    anna, leases = store.owned_by("user:anna"), store.leases()
    closed, failing = anna.create("Algebra 7b"), anna.create("Algebra 7c")
    anna.rooms.add(closed.id, "K7QXM3PD", faces=False)
    anna.rooms.replace_code(closed.id, None)
    anna.rooms.add(failing.id, "H4JMN2PQ", faces=False)

    def fail(*_: object) -> None:
        raise DatabaseError("the database is locked")

    monkeypatch.setattr(OwnerStore, "session", fail)

    async def hold() -> None:
        async with rooms_of(store, leases) as rooms:
            for room_id, error in (
                (closed.id, RoomOverError),
                (failing.id, DatabaseError),
                ("00000000", RoomNotFoundError),
            ):
                with pytest.raises(error):
                    await rooms.hold(room_id)
                assert not leases.keeps(f"session:{room_id}")

    asyncio.run(hold())
    store.close()


def test_idle_room_is_kept_when_another_process_holds_the_requested_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("roomread.services.rooms._MOST_HELD", 1)
    store, other = (Store(f"sqlite:///{tmp_path / 'roomread.db'}") for _ in range(2))
    anna, leases = store.owned_by("user:anna"), store.leases()
    idle, elsewhere = anna.create("Algebra 7b"), anna.create("Algebra 7c")
    anna.rooms.add(idle.id, "K7QXM3PD", faces=False)
    anna.rooms.add(elsewhere.id, "H4JMN2PQ", faces=False)
    other.leases("http://other").acquire(f"session:{elsewhere.id}")

    async def hold() -> None:
        async with rooms_of(store, leases) as rooms:
            held = await rooms.hold(idle.id)
            with pytest.raises(SessionHeldError) as refused:
                await rooms.hold(elsewhere.id)
            assert refused.value.address == "http://other"
            assert not held.closed.is_set()

    asyncio.run(hold())
    for each in (store, other):
        each.close()
