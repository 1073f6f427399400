"""Print readings as a table for each picture and a summary for each video."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import IO

import numpy as np
from rich import box as borders
from rich.table import Table
from rich.text import Text

from roomread.cli.printing import print_on, table_console
from roomread.readings import Expression, Frame, Reading

# The columns whose texts are wrapped if the terminal is narrow.
_WRAPPED = ("box", "expression", "seen", "mostly")
# The least width at which the names of all expressions are shown in full.
_WIDE = 100


@dataclass(slots=True)
class _PersonSummary:
    """The counts and score sums of one track, which become a row of the video's summary."""

    first: float
    last: float = 0.0
    faces: int = 0
    labels: Counter[Expression] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    scores: list[float] = field(default_factory=lambda: [0.0] * len(Expression))
    read: int = 0

    def add(self, reading: Reading) -> None:
        """Add a reading of the track."""
        self.last = reading.time
        self.faces += 1
        self.states.update(reading.shown_states)
        if reading.expression is not None:
            self.labels[reading.expression] += 1
        if reading.scores is not None:
            self.read += 1
            for e in Expression:
                self.scores[e] += reading.scores[e]


class TableSink:
    """A sink that prints a table of faces for each picture and a table of people for each video."""

    def __init__(self, file: IO[str]) -> None:
        self._console = table_console(file)
        self._source: str | None = None
        self._people: dict[int, _PersonSummary] = {}
        self._frames = 0
        self._faces = 0

    def add(self, frame: Frame, readings: Sequence[Reading]) -> None:
        """Print the table of a picture; collect the readings of a video."""
        if frame.source != self._source:
            self._end_source()
            self._source = frame.source
        self._frames += 1
        self._faces += len(readings)
        keyed = [(key, each) for each in readings if (key := each.person_key) is not None]
        for key, reading in keyed:
            self._people.setdefault(key, _PersonSummary(reading.time)).add(reading)
        if len(keyed) < len(readings):
            noun = "face" if len(readings) == 1 else "faces"
            print_on(self._console, f"{frame.source}: {len(readings)} {noun}", style="bold")
            self._console.print(_faces_table(readings, width=self._console.width))

    def close(self) -> None:
        """Print the last video's summary."""
        self._end_source()

    def _end_source(self) -> None:
        if self._people:
            people = "person" if len(self._people) == 1 else "people"
            frames = "frame" if self._frames == 1 else "frames"
            print_on(
                self._console,
                f"{self._source}: {len(self._people)} {people} in {self._frames} {frames}, "
                "mean scores",
                style="bold",
            )
            self._console.print(_people_table(self._people, width=self._console.width))
        elif self._source is not None and not self._faces:
            print_on(self._console, f"{self._source}: no face")
        self._people, self._frames, self._faces = {}, 0, 0


def _new_table(first: tuple[str, ...], *, width: int) -> Table:
    """Return a table that fits into `width` characters, with a column for each expression."""
    table = Table(
        box=borders.SIMPLE_HEAD,
        # Narrow gaps leave the space to the texts.
        collapse_padding=True,
        pad_edge=False,
    )
    for name in first:
        table.add_column(name, no_wrap=name not in _WRAPPED, overflow="fold")
    for e in Expression:
        # Shorter names leave the space to the numbers.
        name = e.display_name if width >= _WIDE else e.display_name[: len("0.00")]
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _faces_table(readings: Sequence[Reading], *, width: int) -> Table:
    table = _new_table(("", "box", "expression", "sure"), width=width)
    for number, reading in enumerate(readings, start=1):
        left, top, right, bottom = (round(value) for value in reading.box)
        table.add_row(
            str(number),
            f"{left},{top} {right - left}x{bottom - top}",
            _label(reading),
            reading.scores.percent if reading.scores else "",
            *(f"{reading.scores[e]:.2f}" if reading.scores else "" for e in Expression),
        )
    return table


def _label(reading: Reading) -> Text:
    if reading.scores is None:
        return Text(str(reading.quality.reason), style="dim")
    states = "".join(f" + {name}" for name in reading.shown_states)
    if reading.expression is None:
        return Text(f"unsure ({reading.scores.top}?){states}", style="dim")
    red, green, blue = reading.expression.color
    return Text(f"{reading.expression}{states}", style=f"rgb({red},{green},{blue})")


def _people_table(people: dict[int, _PersonSummary], *, width: int) -> Table:
    table = _new_table(("", "seen", "read", "mostly"), width=width)
    for key, person in sorted(people.items()):
        mean = np.array(person.scores) / max(person.read, 1)
        mostly, count = person.labels.most_common(1)[0] if person.labels else (None, 0)
        said = [f"{mostly} {count / person.faces:.0%}"] if mostly is not None else []
        said += [
            f"{name} {seen / person.faces:.0%}" for name, seen in sorted(person.states.items())
        ]
        table.add_row(
            f"#{key}",
            f"{person.first:.1f} to {person.last:.1f} s",
            f"{person.read} of {person.faces}",
            Text(" + ".join(said)),
            *(f"{mean[e]:.2f}" if person.read else "" for e in Expression),
        )
    return table
