"""Parse times such as 1:30 from text."""

from __future__ import annotations

import re

from roomread.errors import SessionError

# Either seconds alone, or [hours:]minutes:seconds with minutes and seconds below 60.
_CLOCK = re.compile(r"(?:\d{1,6}|(?:\d{1,3}:)?[0-5]?\d:[0-5]?\d)(?:\.\d+)?")


def parse_clock(text: str) -> float:
    """Parse a time such as "90", "1:30" or "1:02:03.5" into seconds.

    Raises:
        SessionError: The text is not such a time.
    """
    if _CLOCK.fullmatch(text.strip()) is None:
        raise SessionError(f"'{text}' is not a time", hint="write 90, 1:30 or 1:02:03")
    seconds = 0.0
    for part in text.strip().split(":"):
        seconds = 60 * seconds + float(part)
    return seconds
