"""The interface of all writers of readings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from roomread.readings import Frame, Reading


class Sink(Protocol):
    """Accept the readings of one frame after another."""

    def add(self, frame: Frame, readings: Sequence[Reading]) -> None:
        """Add the readings of a frame; an empty list if the frame shows no face."""

    def close(self) -> None:
        """Write buffered data and finish the file."""
