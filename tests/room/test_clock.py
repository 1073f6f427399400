from __future__ import annotations

import pytest

from roomread.room.clock import clock


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0:00"),
        (59.4, "0:59"),
        (59.6, "1:00"),
        (90, "1:30"),
        (3599.6, "1:00:00"),
        (3723, "1:02:03"),
        (90_000, "25:00:00"),
    ],
)
def test_time_is_formatted_with_hours_only_from_one_hour_on(seconds: float, text: str) -> None:
    assert clock(seconds) == text
