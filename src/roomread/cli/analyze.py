"""`roomread analyze`: read the faces of pictures, folders, videos, cameras and streams."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from roomread.classifier import ExpressionClassifier, open_model
from roomread.cli import interrupts
from roomread.cli.archive import analyze_archive, is_archive
from roomread.cli.output import Format, format_for, open_sink
from roomread.cli.profiles import parse_bindings
from roomread.cli.progress import ProgressBar
from roomread.cli.status import EXIT_FAILED, EXIT_INTERRUPTED, EXIT_SOME_FAILED
from roomread.cluster.archive.tasks import PIECE, Options
from roomread.errors import MediaError, OutputError, RoomreadError, without_credentials
from roomread.faces import CenterFace, FaceDetector, Haar
from roomread.formats.annotated import Annotator, copy_path
from roomread.formats.sink import Sink
from roomread.media import (
    PICTURE_SUFFIXES,
    VIDEO_SUFFIXES,
    HideMethod,
    Part,
    Source,
    existing_name,
    is_file,
    is_folder,
    local_path,
    open_source,
    search_folder,
)
from roomread.pipeline import Analyzer
from roomread.runtime import Device
from roomread.services.purpose import require_reading
from roomread.settings.compute import ComputeEngine


class DetectorName(StrEnum):
    """The available face detectors."""

    DEFAULT = "default"
    HAAR = "haar"


def parse_seconds(text: str) -> float:
    """Parse a duration such as "0.5", "0.5s" or "500ms" into seconds.

    Raises:
        typer.BadParameter: the text has another form, or is not positive.
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*(ms|s)?\s*", text)
    seconds = float(match[1]) / (1000 if match[2] == "ms" else 1) if match else 0.0
    if seconds <= 0:
        raise typer.BadParameter(f"'{text}' is not a time over 0, such as 0.5s or 500ms")
    return seconds


def parse_part(text: str) -> Part:
    """Return the left, top, width and height of "100,50,1280,720", px.

    Raises:
        typer.BadParameter: the text has another form.
    """
    match = re.fullmatch(r"\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*", text)
    if match is None:
        raise typer.BadParameter(f"'{text}' is not x,y,width,height, such as 100,50,1280,720")
    left, top, width, height = (int(number) for number in match.groups())
    return left, top, width, height


@dataclass(frozen=True, slots=True)
class _Item:
    """One input and the path of its annotated copy."""

    spec: str | bytes
    annotated: Path | None

    @property
    def file(self) -> Path | None:
        """The path of the input if it is a file, else None."""
        if isinstance(self.spec, bytes):
            return None
        path = local_path(self.spec) or Path(self.spec)
        return path if is_file(path) else None


def command(  # noqa: PLR0913 (each is an option of the command)
    inputs: Annotated[
        list[str],
        typer.Argument(
            help="Pictures, folders, videos, a camera's number, URLs, screen:, or - for standard "
            "input."
        ),
    ],
    *,
    form: Annotated[
        Format | None,
        typer.Option(
            "--format", help="The output format; by default that of the suffix of -o, or a table."
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option("-o", "--output", help="Write to this file; an archive's folder ends with /."),
    ] = None,
    annotated: Annotated[
        Path | None,
        typer.Option(help="Write a copy with boxes and labels; a folder for several inputs."),
    ] = None,
    blur: Annotated[
        HideMethod | None,
        typer.Option(help="Hide every face that is found in the annotated copy."),
    ] = None,
    every: Annotated[
        str | None, typer.Option(help="Time between two analysed frames: 0.5s, 500ms.")
    ] = None,
    detector: Annotated[DetectorName, typer.Option(help="Face detector.")] = (DetectorName.DEFAULT),
    min_face: Annotated[
        float | None, typer.Option(min=1, help="Smallest face to read, in pixels.")
    ] = None,
    model: Annotated[str, typer.Option(help="A bundled model's name, or a file.")] = "compact",
    device: Annotated[Device, typer.Option(help="Device that the nets run on.")] = Device.CPU,
    profiles: Annotated[
        str | None,
        typer.Option(
            help="Taught people and states, separated by commas: asha,confused. In a video of "
            "several people, asha@3 says that asha is track 3."
        ),
    ] = None,
    engine: Annotated[
        ComputeEngine | None,
        typer.Option(help="Read an archive of videos into a folder of Parquet: here, or on Ray."),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Number of workers, with --engine ray.")
    ] = None,
    piece: Annotated[
        str,
        typer.Option(help="Length of the pieces of an archive's longer videos."),
    ] = f"{PIECE:g}s",
    stream: Annotated[
        int | None,
        typer.Option(
            min=0, help="Index of the video track to read, of all tracks; by default the largest."
        ),
    ] = None,
    crop: Annotated[
        str | None,
        typer.Option(metavar="X,Y,W,H", help="The part of the screen to read, in pixels."),
    ] = None,
    myself: Annotated[
        bool,
        typer.Option("--myself", help="The inputs show you: read only the largest face of each."),
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress on stderr.")] = False,
) -> None:
    """Find the faces in pictures and videos and read their expressions."""
    seconds = parse_seconds(every) if every is not None else None
    archive = engine is not None or is_archive(output)
    if archive and myself:
        raise OutputError("--myself does not work with archives", hint="read them one by one")
    require_reading(oneself=myself)
    if archive:
        _check_archive(annotated=annotated, profiles=profiles, form=form)
        # Create the detector first, so that an invalid one is refused before workers start.
        _detector(detector, min_face, device)
        options = Options(
            model=model,
            digest=open_model(model).digest,
            haar=detector is DetectorName.HAAR,
            min_face=min_face,
            every=seconds,
            piece=parse_seconds(piece),
            device=device,
        )
        engine = engine or ComputeEngine.LOCAL
        status = analyze_archive(
            inputs, output, options, engine=engine, workers=workers, quiet=quiet
        )
        raise typer.Exit(status)
    if blur is not None and annotated is None:
        raise OutputError("--blur hides faces in a copy", hint="name it: --annotated OUT")
    if blur is not None and myself:
        # Only the faces that are read are hidden.
        raise OutputError("--myself leaves others unread, so --blur would not hide them")
    items, left_out = _items(inputs, annotated)
    path = Path(output) if output is not None else None
    if path is not None:
        _check_output(path, items)
    uses = parse_bindings(profiles) if profiles is not None else []
    analyzer = Analyzer(
        detector=_detector(detector, min_face, device),
        classifier=ExpressionClassifier(open_model(model, device=device)),
        profiles=uses,
    )
    states = [use.profile.name for use in uses if use.profile.is_state]
    with (
        ProgressBar(len(items), quiet=quiet) as progress,
        open_sink(form or format_for(path), path, sys.stdout, states=states) as sink,
    ):
        for line in left_out:
            progress.say(line)
        unused = {use.profile.name for use in uses} - set(states)
        part = parse_part(crop) if crop is not None else None
        run = _AnalysisRun(analyzer, sink, progress, seconds, stream, part, blur, unused, myself)
        for item in items:
            run.analyze(item)
            if run.interrupted:
                break
        run.tell_unused()
    if run.status:
        raise typer.Exit(run.status)


def _check_archive(*, annotated: Path | None, profiles: str | None, form: Format | None) -> None:
    """Refuse options that archives do not support."""
    for option, given in (("--annotated", annotated), ("--profiles", profiles)):
        if given is not None:
            raise OutputError(
                f"{option} does not work with archives", hint="read the videos one by one"
            )
    if form not in (None, Format.PARQUET):
        raise OutputError("an archive's readings are always Parquet", hint="leave out --format")


def _check_output(output: Path, items: Sequence[_Item]) -> None:
    """Refuse an output that is an input, or looks like a picture or video."""
    if output.suffix.lower() in PICTURE_SUFFIXES | VIDEO_SUFFIXES:
        problem = f"{output}: readings are not written as a picture or video"
        raise OutputError(
            problem, hint=f"--annotated {output} draws them; -o readings.csv lists them"
        )
    if any(item.file is not None and _same(output, item.file) for item in items):
        raise OutputError(f"{output}: is an input", hint="name another file")
    if any(item.annotated is not None and output == item.annotated for item in items):
        raise OutputError(f"{output}: is also the annotated copy", hint="name another file")


def _same(a: Path, b: Path) -> bool:
    return a.exists() and a.samefile(b)


def _detector(name: DetectorName, min_face: float | None, device: Device) -> FaceDetector:
    if min_face is not None and not math.isfinite(min_face):
        raise typer.BadParameter(f"{min_face} is not a size in px", param_hint="--min-face")
    if name is DetectorName.HAAR:
        return Haar() if min_face is None else Haar(min_face=min_face)
    return CenterFace(min_face=min_face, device=device)


def _items(inputs: Sequence[str], annotated: Path | None) -> tuple[list[_Item], list[str]]:
    """Return the inputs; print a line for each folder with files that are left out."""
    found: list[tuple[str | bytes, Path | None]] = []
    left_out = []
    for typed in inputs:
        name = existing_name(typed)
        if name == "-":
            found.append((sys.stdin.buffer.read(), None))
        elif not name:
            raise MediaError("an input has no name", hint="check for an empty shell variable")
        elif is_folder(name):
            root = Path(name)
            media = search_folder(root)
            note = media.describe_left_out()
            if not media.files:
                raise MediaError(f"{name}: has no picture or video", hint=note)
            if note:
                left_out.append(f"roomread: {name}: {note}")
            found += [(str(path), root) for path in media.files]
        else:
            found.append((name, None))
    if annotated is None:
        return [_Item(spec, None) for spec, _ in found], left_out
    several = len(found) > 1 or is_folder(annotated) or any(root for _, root in found)
    items = [
        _Item(spec, _copy_for(spec, root, annotated) if several else annotated)
        for spec, root in found
    ]
    _check_copies(items)
    return items, left_out


def _check_copies(items: Sequence[_Item]) -> None:
    """Refuse two inputs whose annotated copies would have the same path."""
    owners: dict[Path | None, str | bytes] = {}
    for item in items:
        if owners.setdefault(item.annotated, item.spec) != item.spec:
            problem = f"{item.annotated}: would be the annotated copy of two inputs"
            raise OutputError(problem, hint="annotate them one by one")


def _copy_for(spec: str | bytes, root: Path | None, folder: Path) -> Path:
    if isinstance(spec, bytes):
        return folder / "stdin.png"
    path = copy_path(folder, Path(without_credentials(spec)), root)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


@dataclass(slots=True)
class _AnalysisRun:
    """The state of one call of the command."""

    analyzer: Analyzer
    sink: Sink
    progress: ProgressBar
    every: float | None
    stream: int | None
    part: Part | None
    blur: HideMethod | None
    unused: set[str]
    largest_only: bool = False
    frames: int = 0
    errors: list[RoomreadError] = field(default_factory=list)
    interrupted: bool = False

    @property
    def status(self) -> int:
        """The exit status so far."""
        if self.interrupted and not self.frames:
            return EXIT_INTERRUPTED
        if self.errors:
            return EXIT_SOME_FAILED if self.frames else EXIT_FAILED
        return 0

    def analyze(self, item: _Item) -> None:
        """Read one input to its end; report an error without stopping the others."""
        try:
            with open_source(
                item.spec, every=self.every, stream=self.stream, part=self.part
            ) as source:
                self.progress.tell_choice(source)
                self._read(source, item)
        except RoomreadError as error:
            self.errors.append(error)
            self.progress.say(f"roomread: {error}")
        except KeyboardInterrupt:
            self.interrupted = True

    def tell_unused(self) -> None:
        """Report people's profiles that were not used."""
        for name in sorted(self.unused):
            self.progress.say(
                f"roomread: the profile '{name}' was not used: it is for the only face of a frame, "
                f"or for a track that you name (--profiles {name}@1)"
            )

    def _read(self, source: Source, item: _Item) -> None:
        annotator = (
            Annotator(item.annotated, source, sound_from=item.file, hide=self.blur)
            if item.annotated is not None
            else nullcontext()
        )
        failure: MediaError | None = None
        with annotator as copy, self.progress.source(source) as bar, interrupts.held() as stop:
            # Catch it inside the block, so that the results and the copy up to there are kept.
            try:
                for moment in self.analyzer.stream(source):
                    frame, readings = moment.frame, moment.readings
                    if self.largest_only:
                        readings = readings[:1]
                    self.sink.add(frame, readings)
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
