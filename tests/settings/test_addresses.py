from __future__ import annotations

from roomread.settings.addresses import is_loopback


def test_only_loopback_names_and_addresses_are_loopback() -> None:
    assert all(map(is_loopback, ["localhost", "127.0.0.1", "127.8.8.8", "::1", "[::1]"]))
    others = ["0.0.0.0", "::", "192.168.1.2", "example.org", "", "localhost.evil.example"]  # noqa: S104
    assert not any(map(is_loopback, others))
