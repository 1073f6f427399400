"""Write expressions over time as subtitles: WebVTT (W3C) and SubRip (SRT)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import IO

from roomread.formats.label_runs import LabelRun, LabelRuns
from roomread.readings import Frame, Reading

# Most faces that a cue names one by one; of more it counts the expressions.
_NAMED = 4


@dataclass(frozen=True, slots=True)
class Cue:
    """One subtitle.

    Attributes:
        start: Seconds from the start of the source.
        end: Seconds; over `start`.
        text: The text, on one line.
    """

    start: float
    end: float
    text: str


class SubtitleSink:
    """Write a cue for each span in which no person's expression changes.

    A cue names the expression of each of up to four faces; of more faces it gives the number of
    each expression.

    Args:
        file: Opened for text; it is written when the sink is closed.
        comma: Whether to write SubRip, which has a comma in its times, rather than WebVTT.
    """

    def __init__(self, file: IO[str], *, comma: bool = False) -> None:
        self._file, self._comma = file, comma
        self._runs = LabelRuns()

    def add(self, frame: Frame, readings: Sequence[Reading]) -> None:
        """Add the readings of one frame."""
        self._runs.add(frame, readings)

    def close(self) -> None:
        """Write the file."""
        if not self._comma:
            self._file.write("WEBVTT\n\n")
        for number, cue in enumerate(cues(self._runs.close()), start=1):
            times = " --> ".join(self._clock(time) for time in (cue.start, cue.end))
            self._file.write(f"{number}\n{times}\n{cue.text}\n\n")

    def _clock(self, seconds: float) -> str:
        milliseconds = round(seconds * 1000)
        minutes, rest = divmod(milliseconds, 60_000)
        hours, minutes = divmod(minutes, 60)
        mark = "," if self._comma else "."
        return f"{hours:02d}:{minutes:02d}:{rest // 1000:02d}{mark}{rest % 1000:03d}"


def cues(runs: Iterable[LabelRun]) -> Iterator[Cue]:
    """Yield the cues of all runs, by time; there is none while no face is seen."""
    begins, ends = defaultdict(list), defaultdict(list)
    for run in runs:
        start, end = round(run.start, 3), round(run.end, 3)
        # A run of under a millisecond has no cue.
        if start < end:
            begins[start].append(run)
            ends[end].append(run)
    shown: dict[int, LabelRun] = {}
    edges = sorted({*begins, *ends})
    for edge, following in pairwise(edges):
        for run in ends[edge]:
            shown.pop(run.person, None)
        shown |= {run.person: run for run in begins[edge]}
        if shown:
            yield Cue(edge, following, _text(list(shown.values())))


def _text(shown: Sequence[LabelRun]) -> str:
    if len(shown) == 1:
        return shown[0].label
    if len(shown) <= _NAMED:
        ordered = sorted(shown, key=lambda run: run.person)
        return ", ".join(f"{run.person}: {run.label}" for run in ordered)
    counts = Counter(run.label for run in shown)
    return ", ".join(f"{count} {label}" for label, count in counts.most_common())
