"""What to say where too much is asked for at once, or what is shared is gone for a moment."""

from __future__ import annotations

from roomread.errors import RoomreadError


class BusyError(RoomreadError):
    """This request is not taken, or was not answered in time.

    Args:
        problem: what is wrong.
        seconds: after which to come again.
    """

    def __init__(self, problem: str, *, seconds: int = 1) -> None:
        when = "a minute" if seconds >= 60 else "a moment"
        super().__init__(problem, hint=f"try again in {when}")
        self.seconds = seconds
