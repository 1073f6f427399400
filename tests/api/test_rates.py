from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from roomread.api.rates import Rate


def test_rate_allows_a_burst_and_then_its_number_per_second() -> None:
    rate = Rate(per_second=2.0, burst=3)
    assert [rate.take("a", 0.0) for _ in range(4)] == [0, 0, 0, 1]
    assert rate.take("b", 0.0) == 0
    assert rate.take("a", 0.5) == 0
    assert rate.take("a", 0.5) == 1
    assert rate.take("a", 1e9) == 0


@given(st.lists(st.floats(0, 10), min_size=1, max_size=200))
def test_a_rate_is_never_exceeded(times: list[float]) -> None:
    rate = Rate(per_second=5.0, burst=4)
    taken = sum(rate.take("a", time) == 0 for time in sorted(times))
    assert taken <= 4 + 5 * (max(times) - min(times)) + 1e-6
