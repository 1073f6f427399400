"""Create, find, hold and close the rooms that students join with a code."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from random import SystemRandom
from weakref import WeakValueDictionary

from anyio import CapacityLimiter, to_thread

from roomread.errors import BusyError, RoomreadError, SessionError, SessionHeldError
from roomread.formats.figures import session_figures
from roomread.joining import OpenRoom, format_code, new_code, parse_code
from roomread.joining.hardest import HardMinute, hardest_minutes
from roomread.pipeline import Analyzer
from roomread.readings import Reading
from roomread.room import DEFAULT_RULES, Alert, RoomMood
from roomread.services import purpose
from roomread.services.alerts import AlertSender
from roomread.services.held_room import HeldRoom
from roomread.services.ingest import ROOM_SOURCE
from roomread.services.recording import audit_session, net_of
from roomread.store import Leases, OwnerStore, Recorder, RoomRecord, Session, Store
from roomread.store.leases import session_resource

# Number of threads that write the moments of rooms, and of threads that write less urgent data.
_WRITERS = 4
# Maximum number of rooms of one owner that one process holds. Each room computes its mood twice a
# second, even without students, until it has been idle for half an hour.
_MOST_HELD = 20
# Number of random codes that are tried. With n open rooms, a code is in use with probability
# n / 4e11.
_TRIES = 5


class RoomNotFoundError(SessionError):
    """The owner has no such room, or no open room has the code."""


class RoomOverError(SessionError):
    """The requested room is closed."""


def create_room(
    store: OwnerStore,
    analyzer: Analyzer,
    name: str,
    *,
    faces: bool = False,
    notice: str = "",
    rules: str | None = None,
) -> RoomRecord:
    """Create an open room, and the session into which it is recorded.

    Args:
        store: The sessions of the owner.
        analyzer: The analyzer whose net the students' browsers run.
        name: The title, which students see.
        faces: Whether students may let their own browser read their face.
        notice: How the people were informed that their expressions are read.
        rules: The alert rules, one per line; None for the default rules.

    Raises:
        PurposeError: The purpose of this installation does not allow reading faces in a class.
        SessionError: The name is empty.
        RulesError: The rules are invalid.
        BusyError: No unused code was found.
    """
    activity = purpose.Activity.RECORD_CLASS if faces else purpose.Activity.SELF_REPORT
    use = purpose.require(activity)
    session = store.create(
        name,
        source=ROOM_SOURCE,
        model=net_of(analyzer) if faces else "",
        threshold=analyzer.classifier.threshold,
        rules=rules if rules is not None else DEFAULT_RULES,
        purpose=use.purpose or "",
        region=use.region or "",
        notice=notice,
    )
    for _ in range(_TRIES):
        if store.rooms.add(session.id, new_code(), faces=faces):
            audit_session(session)
            return find_room(store, session.id)
    store.delete(session.id)
    raise BusyError("no unused room code was found")


def find_room(store: OwnerStore, room_id: str) -> RoomRecord:
    """Return a room of an owner.

    Raises:
        RoomNotFoundError: The owner has no such room.
    """
    record = store.rooms.get(room_id)
    if record is None:
        raise RoomNotFoundError(f"there is no room '{room_id}'")
    return record


def replace_code(store: OwnerStore, room_id: str) -> RoomRecord:
    """Replace the code of an open room; students who have joined stay.

    Raises:
        RoomNotFoundError: The owner has no such room.
        RoomOverError: The room is closed.
        BusyError: No unused code was found.
    """
    if find_room(store, room_id).code is None:
        raise RoomOverError(f"room {room_id} is closed")
    for _ in range(_TRIES):
        if store.rooms.replace_code(room_id, new_code()):
            return find_room(store, room_id)
    raise BusyError("no unused room code was found")


def hardest_of(store: OwnerStore, session: Session) -> list[HardMinute]:
    """Return the hardest minutes, at most three, by low valence and many reports of being lost."""
    return hardest_minutes(session_figures(store, session).moods, store.reports(session.id))


def shown_code(record: RoomRecord) -> str | None:
    """Return the code of a room, such as "K7QX-M3PD"; None if the room is closed."""
    return format_code(record.code) if record.code is not None else None


class Rooms:
    """The rooms that this process holds; it holds a room by the lease of the room's session.

    Call its asynchronous methods in the event loop's thread only.

    Args:
        store: The store of the service.
        leases: The leases of this process, which the caller renews.
        max_seats: The maximum number of students in one room.
        clock: A function that returns seconds of a monotonic clock.
        alerts: The sender of alerts to other programs; None to send no alerts.
    """

    def __init__(
        self,
        store: Store,
        leases: Leases,
        *,
        max_seats: int,
        clock: Callable[[], float] = time.monotonic,
        alerts: AlertSender | None = None,
    ) -> None:
        self._alerts = alerts
        self._store, self._leases, self._max_seats, self._clock = store, leases, max_seats, clock
        self._held: dict[str, HeldRoom] = {}
        # The garbage collector removes a lock once no task holds it or waits for it.
        self._opening: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._writers: tuple[CapacityLimiter, CapacityLimiter] | None = None

    def start(self) -> None:
        """Store the running event loop, in which the rooms run; call this method in that loop."""
        self._loop = asyncio.get_running_loop()

    async def with_code(self, text: str) -> RoomRecord:
        """Return the open room that has a code, whichever process holds the room.

        Args:
            text: The code as a person typed it.

        Raises:
            RoomNotFoundError: No open room has this code.
        """
        code = parse_code(text)
        record = None
        if code is not None:
            record = await to_thread.run_sync(lambda: self._store.rooms.with_code(code))
        if record is None:
            raise RoomNotFoundError("no open room has this code")
        return record

    async def hold(self, room_id: str) -> HeldRoom:
        """Return a room that this process holds, and acquire it first if no process holds it.

        Raises:
            RoomNotFoundError: There is no such room.
            RoomOverError: The room is closed.
            SessionHeldError: Another process holds the room.
            BusyError: The owner has too many rooms in use.
        """
        held = self._held.get(room_id)
        if held is not None and not held.closed.is_set():
            return held
        async with self._opening.setdefault(room_id, asyncio.Lock()):
            held = self._held.get(room_id)
            if held is None or held.closed.is_set():
                held = await self._open(room_id)
            return held

    async def _open(self, room_id: str) -> HeldRoom:
        if self._writers is None:
            self._writers = CapacityLimiter(_WRITERS), CapacityLimiter(_WRITERS)
        writers, resource = self._writers, session_resource(room_id)
        ending = self._tasks.get(room_id)
        if ending is not None:
            # The room is being released. Its task releases the lease before it ends.
            await asyncio.wait([ending])
        lease = await to_thread.run_sync(lambda: self._leases.acquire(resource))
        if lease is not None:
            problem = f"another process of this service holds room {room_id}"
            raise SessionHeldError(problem, address=lease.address)
        try:
            # Read the record under the lease, when no other process can change it.
            record = await to_thread.run_sync(lambda: self._open_record(room_id))
            await self._make_room_for(record.owner)
            held = await to_thread.run_sync(lambda: self._take_up(record, writers))
        except RoomreadError:
            await to_thread.run_sync(lambda: self._leases.release(resource))
            raise
        self._held[room_id] = held
        task = asyncio.create_task(self._run(held))
        self._tasks[room_id] = task
        task.add_done_callback(lambda _: self._tasks.pop(room_id))
        return held

    def _open_record(self, room_id: str) -> RoomRecord:
        record = self._store.rooms.get(room_id)
        if record is None:
            raise RoomNotFoundError(f"there is no room '{room_id}'")
        if record.code is None:
            raise RoomOverError(f"room {room_id} is closed")
        return record

    async def _make_room_for(self, owner: str) -> None:
        """Release the oldest idle room of an owner who has the maximum number of rooms.

        Raises:
            BusyError: All rooms of the owner are in use.
        """
        held = [each for each in self._held.values() if each.record.owner == owner]
        if len(held) < _MOST_HELD:
            return
        idle = next((each for each in held if each.is_idle), None)
        if idle is None:
            raise BusyError(f"{_MOST_HELD} of your rooms are in use: close one of them", seconds=5)
        del self._held[idle.session.id]
        await idle.let_go()

    def _take_up(
        self, record: RoomRecord, writers: tuple[CapacityLimiter, CapacityLimiter]
    ) -> HeldRoom:
        owned = self._store.owned_by(record.owner)
        session = owned.session(record.session_id)
        now = self._clock()
        room = OpenRoom(
            max_seats=self._max_seats,
            first_seat=record.next_seat,
            opened_at=now,
            threshold=session.threshold,
            random=SystemRandom(),
            paused=record.paused,
        )
        return HeldRoom(
            self._store,
            owned,
            record,
            session,
            room,
            # Do not wait for a slow database, which would delay the next event of the room.
            Recorder(owned, session, patience=0.0),
            *writers,
            self._clock,
            self._alerts,
        )

    async def _run(self, held: HeldRoom) -> None:
        room_id = held.session.id
        try:
            await held.run()
        finally:
            if self._held.get(room_id) is held:
                del self._held[room_id]
        # Release the lease after `run`, whose last write needs it.
        await to_thread.run_sync(lambda: self._leases.release(session_resource(room_id)))

    async def close(self, store: OwnerStore, room_id: str) -> None:
        """Close a room for good, and end its session; closing it again is a no-op.

        Raises:
            RoomNotFoundError: The owner has no such room.
            SessionHeldError: Another process holds the room.
            SessionError: The remaining data could not be written.
        """
        record = await to_thread.run_sync(lambda: find_room(store, room_id))
        if record.code is not None:
            await (await self.hold(room_id)).close()

    async def shut_down(self) -> None:
        """Release all rooms, so that another process can hold them; their sessions continue."""
        for held in list(self._held.values()):
            await held.let_go()
        # Wait for the tasks: cancelling them would leave threads that still use the store.
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def show_screen(
        self, session: Session, readings: Sequence[Reading]
    ) -> tuple[RoomMood | None, list[Alert]]:
        """Add the faces of a shared screen to a room; may be called from any thread.

        Args:
            session: The session of the room.
            readings: The faces of the newest frame.

        Returns:
            The latest mood of the room, rounded for display, and the active alerts.

        Raises:
            SessionHeldError: Another process holds the room.
            RoomreadError: The room is closed, or this process cannot acquire it.
        """
        if self._loop is None:
            raise BusyError("the service is starting")
        taken = asyncio.run_coroutine_threadsafe(self._show(session.id, readings), self._loop)
        return taken.result(timeout=10)

    async def _show(
        self, room_id: str, readings: Sequence[Reading]
    ) -> tuple[RoomMood | None, list[Alert]]:
        held = await self.hold(room_id)
        held.show_screen(readings)
        return held.mood, held.alerts
