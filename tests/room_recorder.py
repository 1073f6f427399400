"""A recorder with its pipeline, for tests that record readings without pictures."""

from __future__ import annotations

import time as clocks
from collections.abc import Callable, Sequence

from roomread.readings import Reading
from roomread.services.recording import session_pipeline
from roomread.store import OwnerStore, Recorder, Session


class RoomRecorder(Recorder):
    """A recorder that accepts readings and computes moods with the pipeline of its session.

    Args:
        store: See `Recorder`.
        session: See `Recorder`.
        every: The approximate time between two frames, s.
        clock: See `Recorder`.
        patience: See `Recorder`.
        writes_by_itself: See `Recorder`.
    """

    def __init__(
        self,
        store: OwnerStore,
        session: Session,
        *,
        every: float = 0.5,
        clock: Callable[[], float] = clocks.monotonic,
        patience: float = 1.0,
        writes_by_itself: bool = True,
    ) -> None:
        super().__init__(
            store, session, clock=clock, patience=patience, writes_by_itself=writes_by_itself
        )
        self.pipeline = session_pipeline(self, every=every)

    def add_readings(self, time: float, readings: Sequence[Reading]) -> None:
        """Record the readings of the next frame."""
        self.add(self.pipeline.push_readings(time, readings))
