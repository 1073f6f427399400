"""What to say where nets that are shared have no time, or are gone for a moment."""

from __future__ import annotations

from roomread.errors import RoomreadError


class NetsBusyError(RoomreadError):
    """The shared nets do not take this request, or did not answer it in time.

    Args:
        problem: what is wrong.
        seconds: after which to come again.
    """

    def __init__(self, problem: str, *, seconds: int = 1) -> None:
        super().__init__(problem, hint="try again in a moment")
        self.seconds = seconds
