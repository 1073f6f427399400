from __future__ import annotations

import base64
import socket
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from alert_receiver import ALERT, SECRET, is_genuine, receiving
from certificates import localhost_certificate, server_context
from roomread.errors import RoomreadError
from roomread.services.alerts import DeliveryError
from roomread.services.alerts.endpoints import parse_endpoint
from roomread.services.alerts.webhook import Webhook, parse_secret, sign


def webhook(url: str, *, timeout: float = 10.0, clock: Callable[[], float] = time.time) -> Webhook:
    key = parse_secret(SECRET)
    return Webhook(parse_endpoint(url), key, private=False, timeout=timeout, clock=clock)


def test_signature_equals_the_example_of_the_specification() -> None:
    # The example of https://github.com/standard-webhooks/standard-webhooks, computed by its
    # library for Python.
    key = parse_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    body = b'{"test": 2432232314}'
    signed = sign(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_request_is_signed_and_has_the_event_as_its_body() -> None:
    with receiving() as receiver:
        webhook(receiver.url).deliver(ALERT)
    ((headers, body),) = receiver.requests
    assert body == ALERT.to_json()
    assert headers[":path"] == "/alerts?room=4"
    assert headers["content-type"] == "application/json"
    assert headers["webhook-id"] == "abc-1-raised"
    assert is_genuine(headers, body, SECRET)


def test_receiver_detects_altered_requests() -> None:
    with receiving() as receiver:
        webhook(receiver.url).deliver(ALERT)
    ((headers, body),) = receiver.requests
    assert not is_genuine(headers, body.replace(b"40%", b"10%"), SECRET)
    assert not is_genuine(headers, body, base64.b64encode(bytes(32)).decode())
    newer = str(int(headers["webhook-timestamp"]) + 1)
    assert not is_genuine(headers | {"webhook-timestamp": newer}, body, SECRET)


def test_receiver_refuses_a_request_that_was_signed_more_than_five_minutes_ago() -> None:
    with receiving() as receiver:
        for ago in (290, 310):
            webhook(receiver.url, clock=partial(float, time.time() - ago)).deliver(ALERT)
    assert [is_genuine(*request, SECRET) for request in receiver.requests] == [True, False]


@pytest.mark.parametrize(
    ("status", "final"), [(500, False), (503, False), (429, False), (404, True), (302, True)]
)
def test_response_status_determines_whether_the_event_is_sent_again(
    status: int, *, final: bool
) -> None:
    refused = pytest.raises(DeliveryError, match=f"status {status}")
    with receiving([status]) as receiver, refused as caught:
        webhook(receiver.url).deliver(ALERT)
    assert caught.value.final is final
    # A redirect is not followed.
    assert len(receiver.requests) == 1


def test_certificate_of_the_receiver_is_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = localhost_certificate(tmp_path)
    with receiving(context=server_context(certificate)) as receiver:
        with pytest.raises(DeliveryError, match="SSLCertVerificationError"):
            webhook(receiver.url).deliver(ALERT)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        webhook(receiver.url).deliver(ALERT)
    assert len(receiver.requests) == 1


def test_refused_connection_is_a_temporary_failure() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(DeliveryError, match="no response") as caught:
        webhook(f"http://127.0.0.1:{port}/x").deliver(ALERT)
    assert not caught.value.final


def test_delivery_to_an_unresponsive_server_fails_after_the_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        begun = time.monotonic()
        with pytest.raises(DeliveryError, match="no response"):
            webhook(f"http://127.0.0.1:{silent.getsockname()[1]}/x", timeout=0.2).deliver(ALERT)
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize(
    ("secret", "said"),
    [("", "needs a secret"), ("not base64!", "not base64"), ("c2hvcnQ=", "not 24 to 64 bytes")],
)
def test_missing_or_weak_secret_is_an_error_that_does_not_show_the_secret(
    secret: str, said: str
) -> None:
    with pytest.raises(RoomreadError, match=said) as caught:
        parse_secret(secret)
    assert "openssl rand" in caught.value.hint
    assert not secret or secret not in str(caught.value)


def test_user_and_password_in_the_url_are_refused() -> None:
    with pytest.raises(RoomreadError, match="cannot contain a user") as caught:
        webhook("https://ada:lovelace@example.org/x")
    assert "lovelace" not in str(caught.value)
