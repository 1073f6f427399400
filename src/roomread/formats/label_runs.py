"""Find the times during which a person shows one expression, for subtitles and annotations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from roomread.errors import OutputError
from roomread.formats.span_means import SpanMeans
from roomread.readings import Frame, Reading

# A run ends if its person is not seen for longer than this, s.
_MAX_GAP = 1.0
# The interval between frames that is assumed until a second frame is added, s.
_SINGLE_FRAME = 0.04


@dataclass(frozen=True, slots=True)
class LabelRun:
    """A span of time in which one person's label, such as "happy", stays the same.

    Attributes:
        person: `Reading.person_key`, or, if that is None, the position among the faces of a frame,
            from 1.
        label: `Reading.label`: the expression's name, "unsure" or "unreadable".
        start: Seconds from the start of the source.
        end: Seconds from the start of the source, greater than `start`.
        fields: The fields of the readings, summarised over the span by `SpanMeans.fields`.
    """

    person: int
    label: str
    start: float
    end: float
    fields: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)


class LabelRuns:
    """A collector that receives readings frame by frame, and finds the label runs of all people.

    A run ends at the first frame that shows the person with another label. If the person is not
    seen for a second, the run ends one frame interval after the last frame that shows the person.
    """

    def __init__(self) -> None:
        self._source: str | None = None
        self._open: dict[int, _OpenRun] = {}
        self._runs: list[LabelRun] = []
        self._last: float | None = None
        self._step = _SINGLE_FRAME

    def add(self, frame: Frame, readings: Sequence[Reading]) -> None:
        """Add the readings of one frame; times must increase.

        Raises:
            OutputError: The frame comes from another source than the frames before.
        """
        if self._source is None:
            self._source = frame.source
        elif frame.source != self._source:
            problem = f"'{self._source}' and '{frame.source}' have separate timelines"
            raise OutputError(problem, hint="write each input to a file of its own")
        if self._last is not None and frame.time > self._last:
            self._step = min(frame.time - self._last, _MAX_GAP)
        for position, reading in enumerate(readings, start=1):
            key = reading.person_key if reading.person_key is not None else position
            self._see(key, reading, frame.time)
        self._last = frame.time

    def close(self) -> list[LabelRun]:
        """End the open runs, and return all runs sorted by their start."""
        for key, run in self._open.items():
            self._finish(key, run, run.seen + self._step)
        self._open.clear()
        return sorted(self._runs, key=lambda run: (run.start, run.person))

    def _see(self, key: int, reading: Reading, time: float) -> None:
        label = reading.label
        run = self._open.get(key)
        if run is not None and time - run.seen > _MAX_GAP:
            self._finish(key, run, run.seen + self._step)
            run = None
        elif run is not None and run.label != label:
            self._finish(key, run, time)
            run = None
        if run is None:
            run = self._open[key] = _OpenRun(label, time, time)
        run.seen = time
        run.means.add(reading)

    def _finish(self, key: int, run: _OpenRun, end: float) -> None:
        self._runs.append(LabelRun(key, run.label, run.start, end, run.means.fields()))


@dataclass(slots=True)
class _OpenRun:
    label: str
    start: float
    seen: float
    means: SpanMeans = field(default_factory=SpanMeans)
