from __future__ import annotations

from roomread.settings.addresses import is_loopback, network_of


def test_only_loopback_names_and_addresses_are_loopback() -> None:
    assert all(map(is_loopback, ["localhost", "127.0.0.1", "127.8.8.8", "::1", "[::1]"]))
    others = ["0.0.0.0", "::", "192.168.1.2", "example.org", "", "localhost.evil.example"]  # noqa: S104
    assert not any(map(is_loopback, others))


def test_addresses_of_one_ipv6_network_are_counted_together() -> None:
    assert (
        network_of("2001:db8:0:1::7") == network_of("2001:db8:0:1:ffff::9") == "2001:db8:0:1::/64"
    )
    assert network_of("2001:db8:0:2::7") != network_of("2001:db8:0:1::7")


def test_each_ipv4_address_is_counted_separately_in_every_notation() -> None:
    assert network_of("192.0.2.1") == network_of("::ffff:192.0.2.1") == "192.0.2.1"
    assert network_of("192.0.2.2") != network_of("192.0.2.1")


def test_text_that_is_not_an_ip_address_is_counted_unchanged() -> None:
    assert network_of("testclient") == "testclient"
    assert network_of("") == ""
