from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from anyio import CapacityLimiter

from roomread.errors import DatabaseError
from roomread.joining import OpenRoom
from roomread.services.held_room import IDLE_SECONDS, HeldRoom, RoomClose
from roomread.services.ingest import ROOM_AND_SCREEN_SOURCE
from roomread.store import Mark, OwnerStore, Recorder, RoomStore, State, Store


class Clock:
    """A clock whose time the test sets."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


class FakeLink:
    """A connection of a student that records the messages sent to it."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.code: RoomClose | None = None

    async def send(self, message: dict[str, Any]) -> None:
        self.sent.append(message)

    async def close(self, code: RoomClose) -> None:
        self.code = code


CLOCK = Clock()


def in_room(store: Store, use: Callable[[HeldRoom], Awaitable[None]], clock: Clock = CLOCK) -> str:
    """Hold a new room while `use` runs on an event loop, and return the id of its session."""
    anna = store.owned_by("user:anna")
    session = anna.create("Algebra 7b", source="students")
    anna.rooms.add(session.id, "K7QXM3PD", faces=True)
    record = store.rooms.get(session.id)
    assert record is not None

    async def hold() -> None:
        room = OpenRoom(max_seats=100, opened_at=clock())
        recorder = Recorder(anna, session, patience=0.0)
        limits = CapacityLimiter(1), CapacityLimiter(1)
        held = HeldRoom(store, anna, record, session, room, recorder, *limits, clock)
        await use(held)
        if not held.closed.is_set():
            await held.let_go()

    asyncio.run(hold())
    return session.id


def test_teachers_board_that_reads_too_slowly_misses_the_oldest_events(store: Store) -> None:
    async def use(held: HeldRoom) -> None:
        slow, gone = await held.subscribe(), await held.subscribe()
        held.unsubscribe(gone)
        for number in range(3):
            held.publish({"number": number})
        assert [json.loads(slow.get_nowait())["number"] for _ in range(2)] == [1, 2]
        assert slow.empty()
        assert gone.qsize() == 1

    in_room(store, use)


def test_first_event_for_a_teachers_board_has_the_history_and_whether_the_room_is_paused(
    store: Store,
) -> None:
    async def use(held: HeldRoom) -> None:
        await held.pause(on=True)
        event = json.loads((await held.subscribe()).get_nowait())
        assert event["paused"] is True
        assert event["history"] == {"points": [], "marks": [], "changes": []}

    in_room(store, use)


def test_event_for_a_teachers_board_has_the_number_of_marks_without_loading_the_marks(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def use(held: HeldRoom) -> None:
        board = await held.subscribe()
        held.owned.mark(held.session.id, [Mark(1.0, "slides"), Mark(2.0, "group work")])

        def fail(*_: object) -> None:
            raise AssertionError

        monkeypatch.setattr(OwnerStore, "marks", fail)
        await held._step()
        await held._finish_storing()
        await held._step()
        events = [json.loads(board.get_nowait()) for _ in range(2)]
        assert events[-1]["marks"] == 2

    in_room(store, use)


def test_room_is_not_paused_if_the_pause_cannot_be_stored(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def use(held: HeldRoom) -> None:
        def fail(*_: object, **__: object) -> None:
            raise DatabaseError("the database is locked")

        monkeypatch.setattr(RoomStore, "set_paused", fail)
        with pytest.raises(DatabaseError):
            await held.pause(on=True)
        assert not held.room.paused

    in_room(store, use)


def test_seat_numbers_are_reserved_in_blocks_of_fifty(store: Store) -> None:
    async def use(held: HeldRoom) -> None:
        reserved = []
        for connection in range(51):
            held.room.join(CLOCK(), connection, faces=False, resume=None)
            await held.reserve()
            kept = store.rooms.get(held.session.id)
            assert kept is not None
            reserved.append(kept.next_seat)
        assert reserved == [52] * 50 + [102]

    in_room(store, use)


def test_each_connection_gets_a_new_id(store: Store) -> None:
    async def use(held: HeldRoom) -> None:
        assert [held.new_connection() for _ in range(3)] == [1, 2, 3]

    in_room(store, use)


def test_closing_a_room_notifies_students_ends_the_session_and_frees_the_room_code(
    store: Store,
) -> None:
    link = FakeLink()

    async def use(held: HeldRoom) -> None:
        held.links[held.new_connection()] = link
        board = await held.subscribe()
        board.get_nowait()
        await held.close()
        assert json.loads(board.get_nowait()) == {"over": True}

    session_id = in_room(store, use)
    assert (link.sent, link.code) == ([{"k": "over"}], RoomClose.OVER)
    assert store.rooms.with_code("K7QXM3PD") is None
    assert store.owned_by("user:anna").session(session_id).state() is State.ENDED


def test_room_released_by_a_process_keeps_its_code_and_session_for_another_process(
    store: Store,
) -> None:
    link = FakeLink()

    async def use(held: HeldRoom) -> None:
        held.links[held.new_connection()] = link
        await held.let_go()

    session_id = in_room(store, use)
    assert (link.sent, link.code) == ([], RoomClose.ELSEWHERE)
    assert store.rooms.with_code("K7QXM3PD") is not None
    assert store.owned_by("user:anna").session(session_id).state() is State.RECORDING


def test_room_without_students_and_teachers_boards_is_closed_after_half_an_hour(
    store: Store,
) -> None:
    clock = Clock()

    async def use(held: HeldRoom) -> None:
        board = await held.subscribe()
        clock.now += 2 * IDLE_SECONDS
        await held._step()
        held.unsubscribe(board)
        clock.now += IDLE_SECONDS
        await held._step()
        assert not held.closed.is_set()
        clock.now += 1
        await held._step()
        assert held.closed.is_set()

    in_room(store, use, clock)
    assert store.rooms.with_code("K7QXM3PD") is None


def test_source_of_the_session_includes_the_shared_screen(store: Store) -> None:
    async def use(held: HeldRoom) -> None:
        held.show_screen([])
        await held.let_go()

    session_id = in_room(store, use)
    assert store.owned_by("user:anna").session(session_id).source == ROOM_AND_SCREEN_SOURCE


def test_button_counts_since_the_last_stored_sample_are_stored_when_the_room_closes(
    store: Store,
) -> None:
    async def use(held: HeldRoom) -> None:
        for connection in range(6):
            held.room.join(CLOCK(), connection, faces=False, resume=None)
        await held.close()

    session_id = in_room(store, use)
    (sample,) = store.owned_by("user:anna").reports(session_id)
    assert (sample.people, sample.presses) == (6, 0)


class StuckLink(FakeLink):
    """A connection of a student that accepts no messages."""

    async def send(self, message: dict[str, Any]) -> None:
        await asyncio.sleep(3600)
        await super().send(message)

    async def close(self, code: RoomClose) -> None:
        await asyncio.sleep(3600)
        await super().close(code)


def test_stuck_student_connection_delays_neither_pausing_nor_closing_the_room(store: Store) -> None:
    stuck, other = StuckLink(), FakeLink()

    async def use(held: HeldRoom) -> None:
        held.links |= {1: stuck, 2: other}
        async with asyncio.timeout(5):
            await held.pause(on=True)
            assert other.sent == [{"k": "room", "paused": True}]
            await held.close()
        assert other.code is RoomClose.OVER
        assert len(asyncio.all_tasks()) == 1

    in_room(store, use)
