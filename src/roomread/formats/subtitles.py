"""Write expressions over time as subtitles: WebVTT (W3C) and SubRip (SRT)."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import IO

from roomread.formats.label_runs import LabelRun, LabelRuns
from roomread.readings import Frame, Reading

# Maximum number of faces that a cue lists one by one; for more, it counts the expressions.
_NAMED = 4


@dataclass(frozen=True, slots=True)
class Cue:
    """One subtitle.

    Attributes:
        start: Seconds from the start of the source.
        end: Seconds from the start of the source, greater than `start`.
        text: The text, on one line.
    """

    start: float
    end: float
    text: str


class SubtitleSink:
    """Sink that writes a subtitle (cue) for each span of time in which no expression changes.

    A cue lists the expression of each face if there are at most four; otherwise it counts the faces
    with each expression.

    Args:
        file: The text file, which is written when the sink is closed.
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
        _write(self._file, cues(self._runs.close()), comma=self._comma)


class MetadataSink:
    """Sink that writes a WebVTT metadata track: cues that contain JSON, for programs.

    `SubtitleSink` writes cues with the same start and end times. The JSON is a list with an object
    for each face: `face` (the number of the person), `label` (the expression, "unsure" or
    "unreadable") and the fields of the readings, summarised by `SpanMeans` over the time during
    which the label stays the same.

    Args:
        file: The text file, which is written when the sink is closed.
    """

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._runs = LabelRuns()

    def add(self, frame: Frame, readings: Sequence[Reading]) -> None:
        """Add the readings of one frame."""
        self._runs.add(frame, readings)

    def close(self) -> None:
        """Write the file."""
        _write(self._file, cues(self._runs.close(), text=_json), comma=False)


def _write(file: IO[str], written: Iterable[Cue], *, comma: bool) -> None:
    if not comma:
        file.write("WEBVTT\n\n")
    mark = "," if comma else "."
    for number, cue in enumerate(written, start=1):
        times = " --> ".join(_clock(time, mark) for time in (cue.start, cue.end))
        file.write(f"{number}\n{times}\n{cue.text}\n\n")


def _clock(seconds: float, mark: str) -> str:
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{rest // 1000:02d}{mark}{rest % 1000:03d}"


def cues(
    runs: Iterable[LabelRun], *, text: Callable[[Sequence[LabelRun]], str] | None = None
) -> Iterator[Cue]:
    """Yield the cues of all runs in chronological order; times without a face have no cue.

    Args:
        runs: The label runs of all people.
        text: A function that formats the runs of a cue as one line; None to list their labels.
    """
    write = text or _labels
    begins, ends = defaultdict(list), defaultdict(list)
    for run in runs:
        start, end = round(run.start, 3), round(run.end, 3)
        # A run shorter than a millisecond has no cue.
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
            yield Cue(edge, following, write(list(shown.values())))


def _labels(shown: Sequence[LabelRun]) -> str:
    if len(shown) == 1:
        return shown[0].label
    if len(shown) <= _NAMED:
        ordered = sorted(shown, key=lambda run: run.person)
        return ", ".join(f"{run.person}: {run.label}" for run in ordered)
    counts = Counter(run.label for run in shown)
    return ", ".join(f"{count} {label}" for label, count in counts.most_common())


def _json(shown: Sequence[LabelRun]) -> str:
    ordered = sorted(shown, key=lambda run: run.person)
    faces = [{"face": run.person, "label": run.label, **run.fields} for run in ordered]
    # WebVTT does not allow "-->" in the text of a cue.
    return json.dumps(faces).replace(">", "\\u003e")
