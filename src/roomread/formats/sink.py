"""The interface of the writers of readings, frame by frame."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from roomread.readings import Frame, Reading


class Sink(Protocol):
    """Takes the readings of one frame after another."""

    def add(self, frame: Frame, readings: Sequence[Reading]) -> None:
        """Take one frame's readings; an empty list where the frame shows no face."""

    def close(self) -> None:
        """Write what is still held."""
