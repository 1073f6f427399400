from __future__ import annotations

import importlib.util
import json
import socket
import time
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("paho", reason="needs the mqtt extra")

from alert_receiver import ALERT
from certificates import localhost_certificate, server_context
from mqtt_broker import broker
from roomread.errors import MissingExtraError, RoomreadError
from roomread.services.alerts import DeliveryError
from roomread.services.alerts.endpoints import parse_endpoint
from roomread.services.alerts.mqtt import MqttTopic

EVENT = replace(ALERT, ended=90.0)


def topic(url: str, *, timeout: float = 10.0) -> MqttTopic:
    return MqttTopic(parse_endpoint(url), private=False, timeout=timeout)


def test_event_is_published_to_the_topic_as_json() -> None:
    with broker() as made:
        topic(f"mqtt://ada:pass%40word@127.0.0.1:{made.port}/school/room%204").deliver(EVENT)
        topic(f"mqtt://127.0.0.1:{made.port}/alerts").deliver(EVENT)
    assert [name for name, _ in made.published] == ["school/room 4", "alerts"]
    assert json.loads(made.published[0][1]) == EVENT.to_dict()
    assert made.users == [("ada", "pass@word"), ("", "")]


# paho-mqtt leaves the socket of a failed handshake to the garbage collector.
@pytest.mark.filterwarnings("ignore:.*SSLSocket:pytest.PytestUnraisableExceptionWarning")
def test_certificate_of_the_broker_is_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = localhost_certificate(tmp_path)
    with broker(server_context(certificate)) as made:
        with pytest.raises(DeliveryError, match="SSLCertVerificationError"):
            topic(f"mqtts://localhost:{made.port}/alerts").deliver(EVENT)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        topic(f"mqtts://localhost:{made.port}/alerts").deliver(EVENT)
    assert [name for name, _ in made.published] == ["alerts"]


def test_error_for_a_user_refused_by_the_broker_does_not_contain_the_password() -> None:
    with broker() as made:
        made.refuses.append(5)
        with pytest.raises(DeliveryError, match="refused the connection: Not authorized") as caught:
            topic(f"mqtt://ada:secret@127.0.0.1:{made.port}/x").deliver(EVENT)
    assert "secret" not in str(caught.value)
    assert made.published == []


def test_delivery_to_a_broker_that_does_not_acknowledge_fails_after_the_timeout() -> None:
    with broker() as made:
        made.silent = True
        begun = time.monotonic()
        with pytest.raises(DeliveryError, match="no response in time"):
            topic(f"mqtt://127.0.0.1:{made.port}/x", timeout=0.3).deliver(EVENT)
    assert time.monotonic() - begun < 5


def test_address_without_a_broker_is_a_temporary_failure() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(DeliveryError, match="no response") as caught:
        topic(f"mqtt://127.0.0.1:{port}/x").deliver(EVENT)
    assert not caught.value.final


@pytest.mark.parametrize("path", ["", "/", "/school/%23", "/+/alerts"])
def test_mqtt_url_without_a_topic_is_refused(path: str) -> None:
    with pytest.raises(RoomreadError, match="does not name a topic") as caught:
        topic(f"mqtts://ada:secret@broker.example{path}")
    assert "secret" not in str(caught.value)


def test_error_without_the_mqtt_package_names_the_missing_extra(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(MissingExtraError, match="extra 'mqtt'"):
        topic("mqtts://broker.example/x")
