from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import HTTPConnection

from roomread.api.problems import RefusedError
from roomread.api.rates import Attempts, Rate


def test_rate_limit_allows_a_burst_and_then_a_fixed_number_per_second() -> None:
    rate = Rate(per_second=2.0, burst=3)
    assert [rate.take("a", 0.0) for _ in range(4)] == [0, 0, 0, 1]
    assert rate.take("b", 0.0) == 0
    assert rate.take("a", 0.5) == 0
    assert rate.take("a", 0.5) == 1
    assert rate.take("a", 1e9) == 0


@given(st.lists(st.floats(0, 10), min_size=1, max_size=200))
def test_accepted_requests_never_exceed_the_rate_limit(times: list[float]) -> None:
    rate = Rate(per_second=5.0, burst=4)
    taken = sum(rate.take("a", time) == 0 for time in sorted(times))
    assert taken <= 4 + 5 * (max(times) - min(times)) + 1e-6


def attempt_from(rate: Rate, address: str) -> None:
    connection = HTTPConnection({"type": "http", "headers": [], "client": (address, 1)})
    with pytest.raises(ValueError, match="wrong"), Attempts(rate, connection):
        raise ValueError("wrong")


def test_failed_attempts_from_one_ipv6_network_share_one_limit() -> None:
    rate = Rate(per_second=1e-9, burst=3)
    for number in range(3):
        attempt_from(rate, f"2001:db8::{number}")
    with pytest.raises(RefusedError):
        attempt_from(rate, "2001:db8::9")
    attempt_from(rate, "2001:db8:0:1::9")
