"""Format times for display."""

from __future__ import annotations


def clock(seconds: float) -> str:
    """Format a time in seconds as m:ss or h:mm:ss, such as 1:30 or 1:02:03."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
