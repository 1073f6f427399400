"""The interface of all writers of readings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from roomread.readings import Frame, Reading


class Sink(Protocol):
    """Interface of an object that writes readings frame by frame."""

    def add(self, frame: Frame, readings: Sequence[Reading]) -> None:
        """Add the readings of a frame, which are empty if the frame shows no face."""

    def close(self) -> None:
        """Write buffered data and finish the file."""
