from __future__ import annotations

from roomread.settings.addresses import is_loopback, network_of


def test_localhost_and_loopback_addresses_are_recognised_as_loopback() -> None:
    assert all(map(is_loopback, ["localhost", "127.0.0.1", "127.8.8.8", "::1", "[::1]"]))
    others = ["0.0.0.0", "::", "192.168.1.2", "example.org", "", "localhost.evil.example"]  # noqa: S104
    assert not any(map(is_loopback, others))


def test_network_of_an_ipv6_address_is_its_64_bit_prefix() -> None:
    assert (
        network_of("2001:db8:0:1::7") == network_of("2001:db8:0:1:ffff::9") == "2001:db8:0:1::/64"
    )
    assert network_of("2001:db8:0:2::7") != network_of("2001:db8:0:1::7")


def test_network_of_an_ipv4_address_is_the_address_itself_in_every_notation() -> None:
    assert network_of("192.0.2.1") == network_of("::ffff:192.0.2.1") == "192.0.2.1"
    assert network_of("192.0.2.2") != network_of("192.0.2.1")


def test_network_of_a_text_that_is_not_an_ip_address_is_the_text_itself() -> None:
    assert network_of("testclient") == "testclient"
    assert network_of("") == ""
