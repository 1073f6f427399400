"""Write the eye activity of each person in a video as JSON lines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import IO

from roomread.readings import Frame, Reading

# Seconds between two lines of one person.
_STEP = 1.0


class EyeActivitySink:
    """Sink that writes one object per second for each person observed for 30 s or longer.

    Its fields are `source`, `time` (s), `track_id`, `seat`, `eyes_closed` (the share of the last
    minute with closed eyes, 0..1) and `blinks_per_minute` (null where frames are more than 0.15 s
    apart).

    Args:
        file: The text file.
    """

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._source: str | None = None
        self._due: dict[int, float] = {}

    def add(self, frame: Frame, readings: Sequence[Reading]) -> None:
        """Write a line for each person of the frame, at most one per second and person."""
        if frame.source != self._source:
            # Track ids and times restart with each source.
            self._source, self._due = frame.source, {}
        for reading in readings:
            eyes, key = reading.eyes, reading.person_key
            if eyes is None or key is None or frame.time < self._due.get(key, 0.0):
                continue
            self._due[key] = frame.time + _STEP
            line = {
                "source": frame.source,
                "time": round(frame.time, 3),
                "track_id": reading.track_id,
                "seat": reading.seat,
                "eyes_closed": eyes.closed_share,
                "blinks_per_minute": eyes.blinks_per_minute,
            }
            self._file.write(json.dumps(line) + "\n")
            self._file.flush()

    def close(self) -> None:
        """Flush the file; its lines are already written."""
        self._file.flush()
