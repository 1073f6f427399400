"""Times as people write them."""

from __future__ import annotations


def clock(seconds: float) -> str:
    """Return a time in seconds as people write it: 1:30, 1:02:03."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
