"""`roomread analyze`: read the faces of pictures, folders, videos, cameras and streams."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from roomread.classifier import Head
from roomread.cli import interrupts
from roomread.cli.archive import analyze_archive, is_archive
from roomread.cli.inputs import Item, check_output, find_inputs
from roomread.cli.options import (
    EVERY,
    Crop,
    DetectorName,
    DeviceName,
    HeadName,
    MinFace,
    ModelName,
    NetOptions,
    Quiet,
    SourceOptions,
    Stream,
    TrackerName,
    parse_seconds,
)
from roomread.cli.output import Format, choose_format, open_eye_sink, open_sink
from roomread.cli.profiles import parse_bindings
from roomread.cli.progress import ProgressBar
from roomread.cli.status import EXIT_FAILED, EXIT_INTERRUPTED, EXIT_SOME_FAILED
from roomread.cluster.archive.tasks import PIECE
from roomread.errors import MediaError, OutputError, RoomreadError
from roomread.faces.choices import DEFAULT as DEFAULT_DETECTOR
from roomread.formats.annotated import Annotator
from roomread.formats.sink import Sink
from roomread.media import HideMethod, Source
from roomread.pipeline import Analyzer
from roomread.plugins import PluginKind, plugin_names
from roomread.runtime import Device
from roomread.services.purpose import require_reading
from roomread.settings.compute import ComputeEngine
from roomread.tracking.choices import DEFAULT as DEFAULT_TRACKER

Inputs = Annotated[
    list[str],
    typer.Argument(
        help="Pictures, folders, videos, a camera's number, URLs, screen:, or - for standard input."
    ),
]
Form = Annotated[
    str | None,
    typer.Option(
        "--format",
        help=f"The output format: {', '.join(Format)}, or a plug-in's name (see `roomread "
        "plugins`). By default the suffix of -o determines it; without -o it is table.",
        autocompletion=lambda: [*Format, *plugin_names(PluginKind.FORMAT)],
    ),
]
Output = Annotated[
    str | None,
    typer.Option(
        "-o",
        "--output",
        help="The file to write, or for an archive the folder, ending with /.",
    ),
]
AnnotatedCopy = Annotated[
    Path | None,
    typer.Option(help="Write a copy with boxes and labels; a folder for several inputs."),
]
Blur = Annotated[
    HideMethod | None,
    typer.Option(help="Hide every detected face in the annotated copy."),
]
Eyes = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="For each person in a video, write the fraction of time with closed eyes and the "
        "blinks a minute to this file, as JSON lines.",
    ),
]
Profiles = Annotated[
    str | None,
    typer.Option(
        help="Taught people and states, separated by commas: asha,confused. In a video of "
        "several people, asha@3 says that asha is track 3."
    ),
]
Engine = Annotated[
    ComputeEngine | None,
    typer.Option(help="Where to read an archive of videos: on this machine, or on a Ray cluster."),
]
Workers = Annotated[int | None, typer.Option(min=1, help="Number of workers, with --engine ray.")]
Piece = Annotated[
    str, typer.Option(help="Length of the pieces into which longer videos of an archive are split.")
]
Myself = Annotated[
    bool,
    typer.Option("--myself", help="Read only the largest face of each frame, which must be yours."),
]


def command(  # noqa: PLR0913 (each is an option of the command)
    inputs: Inputs,
    *,
    form: Form = None,
    output: Output = None,
    annotated: AnnotatedCopy = None,
    blur: Blur = None,
    every: Annotated[str | None, EVERY] = None,
    detector: DetectorName = DEFAULT_DETECTOR,
    tracker: TrackerName = DEFAULT_TRACKER,
    min_face: MinFace = None,
    model: ModelName = "compact",
    head: HeadName = Head.TAGGERS,
    device: DeviceName = Device.CPU,
    eyes: Eyes = None,
    profiles: Profiles = None,
    engine: Engine = None,
    workers: Workers = None,
    piece: Piece = f"{PIECE:g}s",
    stream: Stream = None,
    crop: Crop = None,
    myself: Myself = False,
    quiet: Quiet = False,
) -> None:
    """Find the faces in pictures and videos and read their expressions."""
    sources = SourceOptions.parse(every, stream, crop)
    nets = NetOptions(model, device, min_face, detector, head, tracker)
    require_reading(oneself=myself)
    if engine is not None or is_archive(output):
        _check_archive(myself=myself, annotated=annotated, eyes=eyes, profiles=profiles, form=form)
        options = nets.for_archive(every=sources.every, piece=parse_seconds(piece))
        engine = engine or ComputeEngine.LOCAL
        status = analyze_archive(
            inputs, output, options, engine=engine, workers=workers, quiet=quiet
        )
        raise typer.Exit(status)
    _check_blur(blur, annotated, myself=myself)
    items, left_out = find_inputs(inputs, annotated)
    path = Path(output) if output is not None else None
    if path is not None:
        check_output(path, items)
    if eyes is not None:
        check_output(eyes, items)
    uses = parse_bindings(profiles) if profiles is not None else []
    written = choose_format(form, path)
    # Blinks last 0.1 to 0.4 s, which needs every frame.
    analyzer = nets.make_analyzer(uses, read_every_frame=eyes is not None)
    states = [use.profile.name for use in uses if use.profile.is_state]
    unused = {use.profile.name for use in uses} - set(states)
    with (
        ProgressBar(len(items), quiet=quiet) as progress,
        open_sink(written, path, sys.stdout, states=states) as sink,
        open_eye_sink(eyes) as eye_sinks,
    ):
        for line in left_out:
            progress.say(line)
        sinks = [sink, *eye_sinks]
        run = _AnalysisRun(analyzer, sources, sinks, progress, blur, unused, largest_only=myself)
        run.analyze(items)
    if run.status:
        raise typer.Exit(run.status)


def _check_archive(
    *,
    myself: bool,
    annotated: Path | None,
    eyes: Path | None,
    profiles: str | None,
    form: str | None,
) -> None:
    """Refuse options that archives do not support."""
    given = {
        "--myself": myself,
        "--annotated": annotated,
        "--eyes": eyes,
        "--profiles": profiles,
    }
    for option, value in given.items():
        if value is not None and value is not False:
            raise OutputError(
                f"{option} does not work with archives",
                hint=f"leave out {option}, or analyze each video on its own with -o FILE",
            )
    if form not in (None, Format.PARQUET):
        raise OutputError(
            f"the readings of an archive can be written only as Parquet, not as {form}",
            hint="leave out --format",
        )


def _check_blur(blur: HideMethod | None, annotated: Path | None, *, myself: bool) -> None:
    """Refuse `--blur` without an annotated copy, and with `--myself`, which skips other faces."""
    if blur is not None and annotated is None:
        raise OutputError(
            "--blur hides faces in the annotated copy, and no copy was requested",
            hint="add --annotated OUT",
        )
    if blur is not None and myself:
        # Only the faces that are read are hidden.
        raise OutputError(
            "--blur cannot be combined with --myself, which would leave other faces visible",
            hint="leave out one of them",
        )


@dataclass(slots=True)
class _AnalysisRun:
    """One run of `roomread analyze` over its inputs, and its results so far."""

    analyzer: Analyzer
    sources: SourceOptions
    sinks: Sequence[Sink]
    progress: ProgressBar
    blur: HideMethod | None
    unused: set[str]
    largest_only: bool
    frames: int = 0
    errors: list[RoomreadError] = field(default_factory=list)
    interrupted: bool = False

    @property
    def status(self) -> int:
        """The exit status for the inputs read so far."""
        if self.interrupted and not self.frames:
            return EXIT_INTERRUPTED
        if self.errors:
            return EXIT_SOME_FAILED if self.frames else EXIT_FAILED
        return 0

    def analyze(self, items: Sequence[Item]) -> None:
        """Read the inputs until the end or Ctrl-C, then report profiles that were not used."""
        for item in items:
            self._analyze(item)
            if self.interrupted:
                break
        for name in sorted(self.unused):
            self.progress.say(
                f"roomread: the profile '{name}' was not used: without a track id it applies only "
                f"to frames with one face (name a track: --profiles {name}@1)"
            )

    def _analyze(self, item: Item) -> None:
        """Read one input to its end, and print an error instead of raising it."""
        try:
            with self.sources.open(item.spec) as source:
                self.progress.tell_choice(source)
                self._read(source, item)
        except RoomreadError as error:
            self.errors.append(error)
            self.progress.say(f"roomread: {error}")
        except KeyboardInterrupt:
            self.interrupted = True

    def _read(self, source: Source, item: Item) -> None:
        annotator = (
            Annotator(item.annotated, source, sound_from=item.file, hide=self.blur)
            if item.annotated is not None
            else nullcontext()
        )
        failure: MediaError | None = None
        with annotator as copy, self.progress.source(source) as bar, interrupts.held() as stop:
            # Catch errors inside the block, so that the results and the copy so far are kept.
            try:
                for moment in self.analyzer.stream(source):
                    frame, readings = moment.frame, moment.readings
                    if self.largest_only:
                        readings = readings[:1]
                    for sink in self.sinks:
                        sink.add(frame, readings)
                    if copy is not None:
                        copy.write(frame, readings)
                    bar.advance(frame, readings)
                    self.unused -= {reading.person for reading in readings}
                    self.frames += 1
                    if stop.asked:
                        break
            except KeyboardInterrupt:
                stop.asked = True
            except MediaError as error:
                failure = error
            self.interrupted |= stop.asked
            if copy is not None and (self.interrupted or failure is not None):
                copy.cut_short()
        if failure is not None:
            raise failure
