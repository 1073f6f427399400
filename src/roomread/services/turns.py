"""Share the processors of one process fairly: principals with waiting tasks take turns."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict, deque
from collections.abc import Callable
from contextvars import ContextVar

# The id of the principal for which the current task or thread works. The interface sets it when it
# admits a request, and threads started for the request inherit it.
acting_for: ContextVar[str] = ContextVar("acting_for", default="")


class Turn:
    """A turn that a task has, or waits for.

    Args:
        holder: The principal for which the task runs.
        granted: A function that is called once, by any thread, when the task may run; it must not
            block.
    """

    def __init__(self, holder: str, granted: Callable[[], None]) -> None:
        self.holder, self.granted = holder, granted


class FairTurns:
    """A scheduler that grants turns to principals in rotation, however many turns each requests.

    One principal has at most `running` turns at once, and there are more turns in total, so that
    another principal need not wait while one principal uses all of its turns.

    Args:
        running: The maximum number of turns that one principal has at once.
        in_all: The maximum number of turns of all principals together; None for one more than
            `running`.
    """

    def __init__(self, running: int, *, in_all: int | None = None) -> None:
        self._running = running
        self._in_all = running + 1 if in_all is None else in_all
        self._turns: dict[Turn, None] = {}
        self._held: Counter[str] = Counter()
        self._waiting: OrderedDict[str, deque[Turn]] = OrderedDict()
        self._lock = threading.Lock()

    def ask(self, holder: str, granted: Callable[[], None]) -> Turn:
        """Request a turn; `leave` returns the turn or withdraws the request.

        Args:
            holder: The principal for which the task runs.
            granted: A function that is called once, by any thread, when the task may run; it must
                not block.
        """
        turn = Turn(holder, granted)
        with self._lock:
            self._waiting.setdefault(holder, deque()).append(turn)
            came = self._grant()
        _tell(came)
        return turn

    def leave(self, turn: Turn) -> None:
        """Return a turn, or stop waiting for it; calling this again is a no-op."""
        with self._lock:
            if turn in self._turns:
                del self._turns[turn]
                self._held[turn.holder] -= 1
            elif turn in self._waiting.get(turn.holder, ()):
                self._waiting[turn.holder].remove(turn)
                if not self._waiting[turn.holder]:
                    del self._waiting[turn.holder]
            came = self._grant()
        _tell(came)

    def _grant(self) -> list[Turn]:
        """Grant and return the free turns, first to the holders with the fewest turns."""
        came: list[Turn] = []
        while self._waiting and len(self._turns) < self._in_all:
            holder = min(self._waiting, key=lambda each: self._held[each])
            if self._held[holder] >= self._running:
                break
            turn = self._waiting[holder].popleft()
            self._waiting.move_to_end(holder)
            if not self._waiting[holder]:
                del self._waiting[holder]
            self._turns[turn] = None
            self._held[holder] += 1
            came.append(turn)
        self._held = +self._held
        return came


def _tell(turns: list[Turn]) -> None:
    for turn in turns:
        turn.granted()
