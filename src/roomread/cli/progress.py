"""Show the progress of an analysis as a bar, if stderr is a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from roomread.cli.printing import print_on
from roomread.errors import one_line
from roomread.media import Source
from roomread.readings import Frame, Reading


class ProgressBar:
    """A progress bar for the number of inputs, and another for the time in the current video.

    Args:
        inputs: number of inputs.
        quiet: whether to show no bars, as if stderr were not a terminal.
    """

    def __init__(self, inputs: int, *, quiet: bool) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._shown = self._console.is_terminal and not quiet
        self._bars = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=self._console,
            disable=not self._shown,
            transient=True,
        )
        self._inputs = self._bars.add_task("inputs", total=inputs, visible=inputs > 1)

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def say(self, line: str) -> None:
        """Print a line above the bars, without wrapping and with line breaks in names escaped."""
        print_on(self._console, line)

    def tell_choice(self, source: Source) -> None:
        """Print which of several video tracks or pictures of a file is read."""
        hint = " (--stream chooses another)" if source.stream is not None else ""
        for note in source.notes:
            self.say(f"roomread: {note}{hint}")

    @contextmanager
    def source(self, source: Source) -> Iterator[SourceBar]:
        """Show the bar of one input while it is being read."""
        task = self._bars.add_task(
            one_line(source.name), total=source.duration, visible=not source.is_picture
        )
        try:
            yield SourceBar(self._bars, task, source)
        finally:
            self._bars.remove_task(task)
            self._bars.advance(self._inputs)


class SourceBar:
    """The progress bar of one input."""

    def __init__(self, bars: Progress, task: TaskID, source: Source) -> None:
        self._bars, self._task, self._source = bars, task, source

    def advance(self, frame: Frame, readings: Sequence[Reading]) -> None:
        """Show the progress of the input; for a live input, also its latest readings."""
        text = one_line(self._source.name)
        if self._source.live:
            faces = ", ".join(_short(reading) for reading in readings) or "no face"
            text = f"{text} {frame.time:.0f} s, {self._source.dropped} dropped: {faces}"
        self._bars.update(self._task, completed=frame.time, description=text)

    def show(self, time: float, note: str) -> None:
        """Show that the input has been read up to `time`, s, with a note after its name."""
        text = one_line(self._source.name)
        if self._source.live:
            text = f"{text} {time:.0f} s, {self._source.dropped} dropped"
        self._bars.update(self._task, completed=time, description=f"{text}: {note}")


def _short(reading: Reading) -> str:
    label = reading.expression.display_name if reading.expression is not None else "?"
    return f"#{reading.person_key} {label}"
