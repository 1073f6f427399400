from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from alert_receiver import SECRET, receiving
from mqtt_broker import broker
from roomread.errors import RoomreadError
from roomread.room import Alert
from roomread.services.alerts import AlertSender, alert_sender

ALERT = Alert(1, 61.0, "room happy above 50% for 5 s", 0.6, 1.0, 5)


def eventually(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_alert_reaches_a_server_that_failed_at_first() -> None:
    with receiving([500]) as receiver:
        sender = alert_sender([receiver.url], secret=SECRET, private=False)
        sender.of_session("abc")([ALERT])
        eventually(lambda: sender.counts()["webhook", "delivered"] == 1)
        assert sender.close(patience=10) == []
    assert [event["id"] for event in receiver.events] == ["abc-1-raised", "abc-1-raised"]
    assert sender.counts()["webhook", "retried"] == 1


def test_alert_reaches_an_mqtt_topic_without_a_secret() -> None:
    pytest.importorskip("paho", reason="needs the mqtt extra")
    with broker() as made:
        url = f"mqtt://127.0.0.1:{made.port}/school/alerts"
        sender = alert_sender([url], secret="", private=False)
        sender.of_session("abc")([ALERT])
        assert sender.close(patience=10) == []
    assert sender.counts()["mqtt", "delivered"] == 1
    assert [name for name, _ in made.published] == ["school/alerts"]


def test_sender_without_urls_needs_no_secret() -> None:
    assert isinstance(alert_sender([], secret="", private=False), AlertSender)


def test_invalid_url_or_secret_is_reported_before_the_first_alert() -> None:
    with pytest.raises(RoomreadError, match="unencrypted"):
        alert_sender(["http://example.org/x"], secret=SECRET, private=False)
    with pytest.raises(RoomreadError, match="needs a secret"):
        alert_sender(["https://example.org/x"], secret="", private=False)
