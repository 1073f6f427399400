from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from alert_receiver import FakeTarget
from roomread.room import Alert
from roomread.services.alerts import AlertEvent, AlertSender, Backoff, DeliveryError
from roomread.services.alerts.sender import MAX_WAITING
from threads import running_threads

FAST = Backoff(first=0.01, longest=0.02, give_up=30.0)


class SilentTarget(FakeTarget):
    """A target that does not respond until `released` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.released = threading.Event()

    def deliver(self, event: AlertEvent) -> None:
        self.released.wait(30)
        super().deliver(event)


def always(error: DeliveryError) -> Iterator[DeliveryError]:
    while True:
        yield error


def alerts(*numbers: int) -> list[Alert]:
    return [Alert(n, float(n), "room happy above 50% for 5 s", 0.6, 1.0, 5) for n in numbers]


def eventually(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.005)


def outcomes(sender: AlertSender) -> list[int]:
    return [sender.counts()["webhook", name] for name in ("delivered", "retried", "dropped")]


def test_events_are_sent_in_their_order_and_again_after_a_failure() -> None:
    target = FakeTarget(iter([DeliveryError("busy"), DeliveryError("busy")]))
    sender = AlertSender([target], backoff=FAST)
    sender.of_session("abc")(alerts(1, 2, 3))
    eventually(lambda: len(target.accepted) == 3)
    assert target.accepted == ["abc-1-raised", "abc-2-raised", "abc-3-raised"]
    assert sender.close(patience=10) == []
    assert outcomes(sender) == [3, 2, 0]


def test_refused_event_is_dropped_at_once_and_the_next_event_is_sent() -> None:
    target = FakeTarget(iter([DeliveryError("the response has status 404", final=True)]))
    sender = AlertSender([target], backoff=Backoff(first=30))
    sender.of_session("abc")(alerts(1, 2))
    eventually(lambda: target.accepted == ["abc-2-raised"])
    (loss,) = sender.close(patience=10)
    assert loss == "1 alert was not delivered to https://example.org: the response has status 404"
    assert outcomes(sender) == [1, 0, 1]


def test_event_is_dropped_when_it_is_too_old() -> None:
    target = FakeTarget(always(DeliveryError("no response")))
    sender = AlertSender([target], backoff=Backoff(first=0.01, longest=0.02, give_up=0.1))
    sender.of_session("abc")(alerts(1))
    eventually(lambda: outcomes(sender)[2] == 1)
    assert outcomes(sender)[1] >= 3
    sender.close(patience=10)


def test_unresponsive_target_does_not_delay_the_recording_and_has_a_bounded_queue() -> None:
    target = SilentTarget()
    sender = AlertSender([target], backoff=FAST)
    send = sender.of_session("abc")
    threads = running_threads("alerts to")
    begun = time.monotonic()
    for number in range(2 * MAX_WAITING):
        send(alerts(number))
    assert time.monotonic() - begun < 5
    assert len(running_threads("alerts to") - threads) == 1
    # One event is being sent, and the newest ones are waiting.
    assert outcomes(sender)[2] in (MAX_WAITING - 1, MAX_WAITING)
    target.released.set()
    last = f"abc-{2 * MAX_WAITING - 1}-raised"
    eventually(lambda: target.accepted[-1:] == [last])
    sender.close(patience=10)


def test_closing_the_sender_does_not_wait_for_an_unresponsive_target() -> None:
    target = SilentTarget()
    sender = AlertSender([target], backoff=FAST)
    sender.of_session("abc")(alerts(1, 2))
    begun = time.monotonic()
    (loss,) = sender.close(patience=0.1)
    assert time.monotonic() - begun < 5
    assert loss.startswith("2 alerts were not delivered")
    target.released.set()


def test_closing_the_sender_skips_the_pauses_between_retries() -> None:
    target = FakeTarget(iter([DeliveryError("busy")]))
    sender = AlertSender([target], backoff=Backoff(first=60))
    sender.of_session("abc")(alerts(1, 2))
    eventually(lambda: outcomes(sender)[1] == 1)
    assert sender.close(patience=10) == []
    assert target.accepted == ["abc-1-raised", "abc-2-raised"]


@pytest.mark.parametrize("targets", [[], [FakeTarget()]])
def test_sender_without_alerts_starts_no_thread(targets: list[FakeTarget]) -> None:
    threads = running_threads("alerts to")
    sender = AlertSender(targets)
    sender.of_session("abc")([])
    assert not running_threads("alerts to") - threads
    assert sender.close(patience=1) == []
