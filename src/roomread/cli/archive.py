"""`roomread analyze -o FOLDER/`: read an archive of videos into a folder of Parquet files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from roomread.cli.printing import print_line, print_on
from roomread.cli.status import EXIT_FAILED, EXIT_INTERRUPTED, EXIT_SOME_FAILED
from roomread.cluster.archive.executor import Executor, LocalExecutor
from roomread.cluster.archive.run import Archive, Step
from roomread.cluster.archive.storage import find_videos, is_address
from roomread.cluster.archive.tasks import Options
from roomread.errors import OutputError, RoomreadError
from roomread.settings.compute import ComputeEngine


def is_archive(output: str | None) -> bool:
    """Return whether an output is a folder: an fsspec address, or a path that ends in a slash."""
    return output is not None and (is_address(output) or output.endswith(("/", "\\")))


def analyze_archive(
    inputs: Sequence[str],
    output: str | None,
    options: Options,
    *,
    engine: ComputeEngine,
    workers: int | None,
    quiet: bool,
) -> int:
    """Read the videos that are not read yet, print failures, and return the exit status.

    Raises:
        RoomreadError: the run cannot start, or its workers have stopped.
    """
    if output is None:
        raise OutputError("an archive needs a folder for its readings", hint="use -o readings/")
    archive = Archive(_here(output), options)
    videos = [video for name in inputs for video in find_videos(_here(name))]
    tally, interrupted = _Tally(), False
    console = Console(stderr=True, highlight=False)
    executor = _executor(engine, workers)
    try:
        with _bar(console, quiet=quiet) as bar:
            task = bar.add_task("pieces", total=None)
            for step in archive.run(videos, executor):
                tally.add(step)
                if step.error:
                    print_on(console, f"roomread: {step.error}")
                bar.update(task, completed=archive.pieces, total=archive.pieces_known or None)
    except KeyboardInterrupt:
        interrupted = True
    finally:
        executor.close()
    named = len({video.source for video in videos})
    said = tally.line(named, copies=len(archive.copies), repeated=executor.repeated)
    print_line(f"{said} in {output}")
    if interrupted:
        typer.echo("interrupted: run the same command again to continue", err=True)
        return EXIT_INTERRUPTED
    return tally.status


def _executor(engine: ComputeEngine, workers: int | None) -> Executor:
    if engine is ComputeEngine.LOCAL:
        if workers not in (None, 1):
            raise RoomreadError(
                "--engine local has only one worker", hint="use --engine ray for more"
            )
        return LocalExecutor()
    from roomread.cluster.archive.on_ray import RayExecutor  # noqa: PLC0415 (takes a moment)

    return RayExecutor(workers=workers)


def _here(name: str) -> str:
    """Return the path of a file URL, or any other input unchanged.

    Raises:
        RoomreadError: The input is "-", standard input.
    """
    if name == "-":
        raise RoomreadError(
            "an archive cannot be read from standard input", hint="name files or folders"
        )
    return name.removeprefix("file://")


def _bar(console: Console, *, quiet: bool) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    shown = console.is_terminal and not quiet
    return Progress(
        *columns, TimeElapsedColumn(), console=console, disable=not shown, transient=True
    )


@dataclass(slots=True)
class _Tally:
    """The number of videos with each result, and of the frames and readings in all videos."""

    read: int = 0
    there: int = 0
    damaged: int = 0
    failed: int = 0
    frames: int = 0
    readings: int = 0

    def add(self, step: Step) -> None:
        """Count the result of one step."""
        if step.report is None:
            self.failed += bool(step.error)
            return
        self.there += step.again
        self.read += not step.again
        self.damaged += bool(step.error)
        self.frames += step.report.frames
        self.readings += step.report.readings

    @property
    def status(self) -> int:
        """The exit status of the command for these results."""
        if self.failed or self.damaged:
            return EXIT_SOME_FAILED if self.frames else EXIT_FAILED
        return 0

    def line(self, named: int, *, copies: int, repeated: int) -> str:
        """Return a summary of the run as one line; `named` is the number of all input videos."""
        counts = {
            "read": self.read,
            "read before": self.there,
            "the same as another": copies,
            "damaged: read as far as it goes": self.damaged,
            "failed": self.failed,
            "not yet read": named - self.read - self.there - self.failed - copies,
        }
        said = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
        again = f"; {repeated} repeated because a worker crashed" if repeated else ""
        videos = f"{named} video{'s' if named != 1 else ''}"
        return f"{videos}: {said}{again}; {self.readings} readings of {self.frames} frames"
