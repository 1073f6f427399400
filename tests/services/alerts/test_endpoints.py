from __future__ import annotations

import socket

import pytest

from roomread.errors import RoomreadError
from roomread.services.alerts import DeliveryError
from roomread.services.alerts.endpoints import parse_endpoint, resolve


def test_alert_url_is_parsed_and_its_secrets_are_not_shown() -> None:
    found = parse_endpoint("mqtts://ada:pass%40word@broker.example:8884/school/room")
    assert (found.host, found.port, found.encrypted) == ("broker.example", 8884, True)
    assert (found.user, found.password) == ("ada", "pass@word")
    assert found.name == "mqtts://broker.example:8884"
    assert "pass" not in repr(found)
    assert "school" not in repr(found)


def test_endpoint_name_omits_the_default_port() -> None:
    assert parse_endpoint("https://[2001:db8::1]/x?token=1").name == "https://[2001:db8::1]"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "not a URL of a webhook"),
        ("ftp://example.org/x", "not a URL of a webhook"),
        ("https:///x", "not a URL of a webhook"),
        ("mqtts://broker.example/secret/#", "contains a #"),
        ("https://example.org:many/x", "cannot be parsed"),
        ("http://example.org/secret", "http://example.org would receive alerts unencrypted"),
        ("http://192.168.1.4/x", "unencrypted"),
        ("http://2130706433/x", "unencrypted"),
        ("mqtt://broker.example/x", "unencrypted"),
    ],
)
def test_invalid_and_unencrypted_urls_are_refused(url: str, said: str) -> None:
    with pytest.raises(RoomreadError) as caught:
        parse_endpoint(url)
    assert said in caught.value.problem
    assert "secret" not in str(caught.value)


def lead_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    def found(_host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        family = socket.AF_INET
        return [(family, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", found)


@pytest.mark.parametrize(
    "address",
    ["10.0.0.5", "192.168.1.4", "169.254.169.254", "127.0.0.1", "::1", "fe80::1%eth0",
     "::ffff:10.0.0.5", "fd00::1", "192.0.2.1", "224.0.0.1"],
)  # fmt: skip
def test_host_name_with_a_private_address_is_refused_for_a_shared_service(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    lead_to(monkeypatch, address)
    endpoint = parse_endpoint("https://receiver.example/x")
    with pytest.raises(DeliveryError, match="private network") as caught:
        resolve(endpoint, private=False)
    assert caught.value.final


def test_shared_service_uses_only_public_addresses_of_a_host_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lead_to(monkeypatch, "10.0.0.5", "93.184.215.14")
    endpoint = parse_endpoint("https://receiver.example/x")
    assert resolve(endpoint, private=False) == "93.184.215.14"
    assert resolve(endpoint, private=True) == "10.0.0.5"


def test_loopback_address_is_allowed_for_a_shared_service() -> None:
    assert resolve(parse_endpoint("http://127.0.0.1:9/x"), private=False) == "127.0.0.1"


def test_localhost_that_resolves_to_another_computer_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lead_to(monkeypatch, "93.184.215.14")
    with pytest.raises(DeliveryError):
        resolve(parse_endpoint("http://localhost/x"), private=True)


def test_unresolved_host_name_is_a_temporary_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(DeliveryError, match="cannot be resolved") as caught:
        resolve(parse_endpoint("https://receiver.example/x"), private=True)
    assert not caught.value.final
