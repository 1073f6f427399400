from __future__ import annotations

import pytest

from roomread.cli.clock import parse_clock
from roomread.errors import SessionError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        ("90", 90.0),
        ("1:30", 90.0),
        (" 1:02:03.5 ", 3723.5),
        ("100:00:00", 360_000.0),
        ("0.25", 0.25),
    ],
)
def test_time_is_parsed_into_seconds(text: str, seconds: float) -> None:
    assert parse_clock(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "soon", "-5", "1:", ":30", "1:60:00", "1:90", "0:00:60", "1e3", "1.", "nan"]
)
def test_text_that_is_not_a_time_is_refused(text: str) -> None:
    with pytest.raises(SessionError, match="is not a time") as error:
        parse_clock(text)
    assert error.value.hint == "write 90, 1:30 or 1:02:03"
