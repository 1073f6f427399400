"""Send alerts to other programs in the background, with retries, without delaying a recording."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from roomread.errors import RoomreadError
from roomread.room import Alert
from roomread.services.alerts.event import AlertEvent, room_events

_LOG = logging.getLogger("roomread.service")
# Maximum number of events that wait for one target. When it is reached, the oldest is dropped.
MAX_WAITING = 256
# The outcomes that are counted. An event counts as retried for each failed attempt after which it
# is sent again.
OUTCOMES = ("delivered", "retried", "dropped")


class DeliveryError(RoomreadError):
    """A target did not accept an event.

    Attributes:
        final: Whether sending the same event again would fail too.
    """

    def __init__(self, problem: str, *, final: bool = False) -> None:
        super().__init__(problem)
        self.final = final


class AlertTarget(Protocol):
    """A program that receives alerts.

    Attributes:
        kind: "webhook" or "mqtt".
        name: The scheme and host of its URL, for messages.
    """

    @property
    def kind(self) -> str: ...  # noqa: D102 (documented above)

    @property
    def name(self) -> str: ...  # noqa: D102

    def deliver(self, event: AlertEvent) -> None:
        """Send an event, and wait for a limited time until the target accepts it.

        Raises:
            DeliveryError: The target did not accept the event.
        """


@dataclass(frozen=True, slots=True)
class Backoff:
    """The schedule of retries after a failure.

    Attributes:
        first: The pause after the first failure, s. Each further pause is twice as long.
        longest: The maximum pause, s.
        give_up: The age after which an event is dropped, s.
    """

    first: float = 1.0
    longest: float = 60.0
    give_up: float = 600.0


class AlertSender:
    """A sender that delivers the alerts of all sessions of one process to several targets.

    Each target has one thread and a queue of limited length, so that an unresponsive target delays
    neither recordings nor other targets. Each target receives its events in order.

    Args:
        targets: The programs that receive alerts; may be empty.
        backoff: The schedule of retries after a failure.
    """

    def __init__(
        self, targets: Sequence[AlertTarget] = (), *, backoff: Backoff | None = None
    ) -> None:
        self._couriers = [_Courier(target, backoff or Backoff()) for target in targets]

    def of_session(self, session_id: str) -> Callable[[Sequence[Alert]], None]:
        """Return a function that sends one session's alerts, and never blocks or raises."""

        def send(alerts: Sequence[Alert]) -> None:
            if alerts and self._couriers:
                for event in room_events(session_id, alerts):
                    for courier in self._couriers:
                        courier.offer(event)

        return send

    def counts(self) -> dict[tuple[str, str], int]:
        """Return the number of events for each pair of target kind and outcome; see `OUTCOMES`."""
        total: Counter[tuple[str, str]] = Counter()
        for courier in self._couriers:
            for outcome in OUTCOMES:
                total[courier.kind, outcome] += courier.counts[outcome]
        return dict(total)

    def close(self, *, patience: float) -> list[str]:
        """Send the waiting events without further pauses, and end the threads.

        Args:
            patience: The maximum time to wait for all targets together, s.

        Returns:
            One line for each target to which events were not delivered.
        """
        for courier in self._couriers:
            courier.begin_closing()
        until = time.monotonic() + patience
        for courier in self._couriers:
            courier.wait(until - time.monotonic())
        return [line for courier in self._couriers if (line := courier.loss())]


class _Courier:
    """The queue of one target, and the thread that sends its events.

    The thread starts with the first event.
    """

    def __init__(self, target: AlertTarget, backoff: Backoff) -> None:
        self.kind = target.kind
        self.counts: Counter[str] = Counter()
        self._target, self._backoff = target, backoff
        self._waiting: deque[tuple[float, AlertEvent]] = deque()
        self._changed = threading.Condition()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._reason = ""

    def offer(self, event: AlertEvent) -> None:
        """Add an event to the queue."""
        with self._changed:
            if len(self._waiting) >= MAX_WAITING:
                self._waiting.popleft()
                self._drop("too many alerts are waiting")
            self._waiting.append((time.monotonic(), event))
            self._changed.notify()
            if self._thread is None:
                name = f"alerts to {self._target.name}"
                self._thread = threading.Thread(target=self._run, name=name, daemon=True)
                self._thread.start()

    def begin_closing(self) -> None:
        """Skip the pauses between attempts, and end the thread once the queue is empty."""
        with self._changed:
            self._closing.set()
            self._changed.notify()

    def wait(self, seconds: float) -> None:
        """Wait until the queue is empty; drop the events that are not sent in time.

        Args:
            seconds: The maximum time to wait.
        """
        if self._thread is None:
            return
        self._thread.join(max(seconds, 0.0))
        if self._thread.is_alive():
            with self._changed:
                # Besides the waiting events, one more event is still being sent.
                for _ in range(len(self._waiting) + 1):
                    self._drop("no response before Roomread stopped")
                self._waiting.clear()

    def loss(self) -> str:
        """Return the number of lost events and the last reason as text; empty without losses."""
        dropped = self.counts["dropped"]
        if not dropped:
            return ""
        alerts = "1 alert was" if dropped == 1 else f"{dropped} alerts were"
        return f"{alerts} not delivered to {self._target.name}: {self._reason}"

    def _run(self) -> None:
        while (entry := self._next()) is not None:
            self._deliver(*entry)

    def _next(self) -> tuple[float, AlertEvent] | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closing.is_set())
            return self._waiting.popleft() if self._waiting else None

    def _deliver(self, since: float, event: AlertEvent) -> None:
        pause = self._backoff.first
        while True:
            try:
                self._target.deliver(event)
            except DeliveryError as error:
                too_old = time.monotonic() + pause - since > self._backoff.give_up
                if error.final or too_old or self._closing.is_set():
                    self._drop(error.problem)
                    return
            else:
                self._count("delivered")
                return
            self._count("retried")
            self._closing.wait(pause)
            pause = min(2 * pause, self._backoff.longest)

    def _count(self, outcome: str) -> None:
        with self._changed:
            self.counts[outcome] += 1

    def _drop(self, reason: str) -> None:
        self._count("dropped")
        self._reason = reason
        fields = {"target": self._target.name, "reason": reason}
        _LOG.info("an alert was not delivered", extra={"fields": fields})
