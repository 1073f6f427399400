"""Aggregate the readings of a video to the mean scores of each person in each second."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from roomread.readings import Expression, Reading

# The second of the video, `Reading.person_key`, and the mean scores, float64 [7].
Row = tuple[int, int, NDArray[np.float64]]


class Timeline:
    """In-memory aggregate of readings, with one row for each person and second."""

    def __init__(self) -> None:
        self._sums: defaultdict[tuple[int, int], NDArray[np.float64]] = defaultdict(
            lambda: np.zeros(len(Expression) + 1)
        )

    def add(self, reading: Reading) -> None:
        """Add a reading, unless it has no scores, or has neither a seat nor a track."""
        key = reading.person_key
        if reading.scores is not None and key is not None:
            sums = self._sums[int(reading.time), key]
            sums[:-1] += reading.scores.probabilities
            sums[-1] += 1

    def rows(self) -> list[Row]:
        """Return the rows, sorted by second and person."""
        return [(*key, sums[:-1] / sums[-1]) for key, sums in sorted(self._sums.items())]

    def write(self, path: Path) -> None:
        """Write the rows, with scores rounded to four decimals, to a file for `read_rows`."""
        rows = [[*row[:2], row[2].round(4).tolist()] for row in self.rows()]
        path.write_text(json.dumps(rows), encoding="ascii")


def read_rows(path: Path) -> list[Row]:
    """Return the rows of a file that `Timeline.write` wrote, or [] if the file does not exist."""
    if not path.exists():
        return []
    rows = json.loads(path.read_text(encoding="ascii"))
    return [(second, person, np.array(scores)) for second, person, scores in rows]
