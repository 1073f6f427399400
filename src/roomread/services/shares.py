"""Share the resources of one process, so that no principal can use all of them."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

from roomread.errors import BusyError


class ByteBudget:
    """A limit on the number of bytes that are held at once; several threads may use one budget.

    Args:
        in_all: The number of bytes that all holders may hold together.
        share: The fraction of `in_all` that one holder may hold, 0..1.
    """

    def __init__(self, in_all: int, *, share: float = 0.5) -> None:
        self._in_all, self._share = in_all, int(in_all * share)
        self._held: Counter[str] = Counter()
        self._lock = threading.Lock()

    @property
    def taken(self) -> int:
        """The number of bytes that are held."""
        return self._held.total()

    def take(self, holder: str, size: int) -> bool:
        """Reserve bytes for a holder; reserve nothing and return False if too few are left."""
        with self._lock:
            if self._held.total() + size > self._in_all or self._held[holder] + size > self._share:
                return False
            self._held[holder] += size
            return True

    def give_back(self, holder: str, size: int) -> None:
        """Release bytes that a holder reserved by `take`."""
        with self._lock:
            self._held[holder] -= size
            if not self._held[holder]:
                del self._held[holder]


class SharedSlots:
    """A limit on the number of slots that are held at once, in total and by each holder.

    Args:
        in_all: Number of slots.
        share: The fraction of the slots that one holder may take, 0..1; at least one slot.
        what: The name of the things that need a slot, in the plural, for messages.
    """

    def __init__(self, in_all: int, *, share: float, what: str) -> None:
        self._in_all, self._share, self._what = in_all, max(int(in_all * share), 1), what
        self._held: Counter[str] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def slot(self, holder: str) -> Iterator[None]:
        """Hold a slot during the `with` block.

        Raises:
            BusyError: The holder has the maximum number of slots, or no slot is free.
        """
        with self._lock:
            if self._held[holder] >= self._share:
                problem = f"this sender has {self._share} {self._what}, which is the maximum"
                raise BusyError(problem, seconds=2)
            if self._held.total() >= self._in_all:
                problem = f"the service has {self._in_all} {self._what}, which is the maximum"
                raise BusyError(problem, seconds=2)
            self._held[holder] += 1
        try:
            yield
        finally:
            with self._lock:
                self._held[holder] -= 1
                if not self._held[holder]:
                    del self._held[holder]


class FairSlots:
    """Slots that are held for a long time, and can be taken from the holder with the most slots.

    One holder may take all slots as long as no other holder needs a slot. If no slot is free, the
    oldest slot of the holder with the most slots is given to a holder with at least two slots
    fewer, so that no holder can keep others out. All methods may be called by any thread.

    Args:
        count: Number of slots.
        what: The name of the things that need a slot, in the plural, for messages.
    """

    def __init__(self, count: int, *, what: str) -> None:
        self.count, self._what = count, what
        # The slots, oldest first, each with its holder and the function that ends its work.
        self._slots: OrderedDict[object, tuple[str, Callable[[], None]]] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def taken(self) -> int:
        """The number of slots that are held."""
        return len(self._slots)

    @contextmanager
    def slot(self, holder: str, end: Callable[[], None]) -> Iterator[None]:
        """Hold a slot during the `with` block.

        Args:
            holder: The principal that takes the slot.
            end: A function that is called, by any thread, when the slot is taken away; it must not
                block.

        Raises:
            BusyError: All slots are taken, and no other holder has at least two slots more than
                this holder.
        """
        slot = object()
        with self._lock:
            ended = self._make_room(holder)
            self._slots[slot] = holder, end
        if ended is not None:
            ended()
        try:
            yield
        finally:
            with self._lock:
                self._slots.pop(slot, None)

    def _make_room(self, holder: str) -> Callable[[], None] | None:
        """If all slots are taken, free the oldest slot of the holder with the most slots.

        Returns:
            The function that ends the work in the freed slot; None if a slot was free.

        Raises:
            BusyError: No other holder has at least two slots more than this holder.
        """
        if len(self._slots) < self.count:
            return None
        held = Counter(each for each, _ in self._slots.values())
        most, number = held.most_common(1)[0]
        if number <= held[holder] + 1:
            raise BusyError(f"all {self.count} {self._what} are taken", seconds=5)
        oldest = next(slot for slot, (each, _) in self._slots.items() if each == most)
        return self._slots.pop(oldest)[1]


class WeightedTurns:
    """A limit on the total weight of the work that runs at once; waiting holders take turns.

    Use it within one event loop only.

    Args:
        capacity: The maximum total weight.
        share: The maximum total weight of one holder. Heavier work counts with this weight.
    """

    def __init__(self, capacity: int, *, share: int) -> None:
        self._capacity, self._share = capacity, share
        self._running: Counter[str] = Counter()
        self._waiting: OrderedDict[str, deque[tuple[int, asyncio.Future[None]]]] = OrderedDict()

    @asynccontextmanager
    async def turn(self, holder: str, weight: int, *, patience: float) -> AsyncIterator[None]:
        """Wait until the work may run, and count its weight during the `with` block.

        Args:
            holder: The principal whose work it is.
            weight: The weight of the work.
            patience: The maximum time to wait, seconds.

        Raises:
            BusyError: The turn did not come in time.
        """
        weight = min(weight, self._share)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(holder, deque()).append((weight, turn))
        self._grant()
        try:
            try:
                await asyncio.wait_for(asyncio.shield(turn), patience)
            except TimeoutError:
                raise BusyError(
                    "too many requests of other users are being processed", seconds=5
                ) from None
            yield
        finally:
            self._leave(holder, weight, turn)

    def _leave(self, holder: str, weight: int, turn: asyncio.Future[None]) -> None:
        if turn.done():
            self._running[holder] -= weight
            if not self._running[holder]:
                del self._running[holder]
        else:
            queue = self._waiting[holder]
            queue.remove((weight, turn))
            if not queue:
                del self._waiting[holder]
        self._grant()

    def _grant(self) -> None:
        """Start the waiting work that fits into the capacity, one holder after another."""
        granted = True
        while granted:
            granted = False
            for holder, queue in list(self._waiting.items()):
                weight, turn = queue[0]
                own = self._running[holder]
                if self._running.total() + weight > self._capacity or own + weight > self._share:
                    continue
                self._running[holder] += weight
                turn.set_result(None)
                queue.popleft()
                self._waiting.move_to_end(holder)
                if not queue:
                    del self._waiting[holder]
                granted = True
