"""`roomread session record`: record a video, a camera or a stream into a session."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from roomread.classifier import ExpressionClassifier, open_model
from roomread.cli import interrupts
from roomread.cli.analyze import parse_part, parse_seconds
from roomread.cli.progress import ProgressBar
from roomread.cli.status import EXIT_SOME_FAILED
from roomread.cli.stores import find_session, own_sessions
from roomread.errors import MediaError, RoomreadError, SessionError
from roomread.faces import CenterFace
from roomread.identity import DlibResNet, FaceEmbedder
from roomread.media import open_source
from roomread.pipeline import Analyzer
from roomread.readings import Frame
from roomread.room import DEFAULT_RULES, parse_rules
from roomread.runtime import Device

if TYPE_CHECKING:
    # Imported for types only, because SQLAlchemy is an extra.
    from roomread.store import Recorder


def command(  # noqa: PLR0913 (each is an option of the command)
    source: Annotated[str, typer.Argument(help="A video, a camera's number, a URL, or screen:.")],
    *,
    name: Annotated[
        str | None, typer.Option(help="The title of the session. By default the source's name.")
    ] = None,
    every: Annotated[
        str, typer.Option(help="Time between two analysed frames: 0.5s, 500ms.")
    ] = "0.5s",
    rules: Annotated[
        Path | None,
        typer.Option(help="A file of rules of attention, one on each line; see `session rules`."),
    ] = None,
    consent: Annotated[
        str,
        typer.Option(
            "--people",
            metavar="CONSENT",
            help="Keep the readings of each person too. CONSENT says who consented, and how.",
        ),
    ] = "",
    notice: Annotated[
        str,
        typer.Option(
            metavar="HOW",
            help='How the people were informed, such as "slide before the lesson"; '
            "see `roomread notice`.",
        ),
    ] = "",
    identity: Annotated[
        bool,
        typer.Option(
            "--identity",
            help="Tell people apart by their faces, so that they keep their seat when tiles "
            "move; --people must cover it. Biometric data: in memory only, until it ends.",
        ),
    ] = False,
    crop: Annotated[
        str | None,
        typer.Option(metavar="X,Y,W,H", help="The part of the screen to read, in pixels."),
    ] = None,
    resume: Annotated[
        str | None, typer.Option(metavar="ID", help="Continue an interrupted session.")
    ] = None,
    min_face: Annotated[
        float | None, typer.Option(min=1, help="Ignore faces smaller than this, in pixels.")
    ] = None,
    model: Annotated[str, typer.Option(help="A bundled model's name, or a file.")] = "compact",
    device: Annotated[Device, typer.Option(help="The device that the nets run on.")] = Device.CPU,
    stream: Annotated[
        int | None,
        typer.Option(
            min=0, help="Index of the video track to read, of all tracks; by default the largest."
        ),
    ] = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Show no progress on standard error.")
    ] = False,
) -> None:
    """Record the mood of a room over time, and with consent its people."""
    from roomread.formats.figures import RunningMoods  # noqa: PLC0415
    from roomread.services.recording import (  # noqa: PLC0415
        new_session,
        record,
        refuse_picture,
        session_pipeline,
    )
    from roomread.store import Recorder  # noqa: PLC0415

    seconds = parse_seconds(every)
    part = parse_part(crop) if crop is not None else None
    text = read_rules(rules) if rules is not None else DEFAULT_RULES
    analyzer = Analyzer(
        detector=CenterFace(min_face=min_face, device=device),
        classifier=ExpressionClassifier(open_model(model, device=device)),
    )
    embedder = _embedder(consent, resume) if identity else None
    with (
        own_sessions() as store,
        open_source(source, every=seconds, stream=stream, part=part) as opened,
        ProgressBar(1, quiet=quiet) as progress,
        progress.source(opened) as bar,
    ):
        refuse_picture(opened, hint="`roomread analyze` takes it")
        progress.tell_choice(opened)
        session = (
            find_session(store, resume)
            if resume is not None
            else new_session(
                store,
                analyzer,
                name or _name(source),
                source=source,
                rules=text,
                consent=consent,
                notice=notice,
                embedder=embedder,
            )
        )
        if identity and not session.keeps_people:
            raise SessionError(f"session {session.id} keeps no people", hint="leave out --identity")
        recorder = Recorder(store, session)
        pipeline = session_pipeline(recorder, analyzer, every=seconds, embedder=embedder)
        moods = RunningMoods(store, session)
        _warn_of_unused_rules(session.rules, seconds, progress)

        def show(frame: Frame) -> None:
            bar.show(frame.time, str(moods.update(pipeline.mood) or "no mood yet"))

        # Print the id first, so that the session can be marked and shown during the recording.
        typer.echo(session.id)
        failure = _record(record(pipeline, opened, recorder), recorder, progress, show)
        _end(recorder, progress)
        if failure is not None:
            progress.say(f"roomread: {failure}")
        elif not store.moods(session.id) and not quiet:
            progress.say("roomread: too short for a mood: three frames are needed")
    if failure is not None:
        raise typer.Exit(EXIT_SOME_FAILED)


def _record(
    frames: Iterator[Frame],
    recorder: Recorder,
    progress: ProgressBar,
    show: Callable[[Frame], None],
) -> MediaError | None:
    """Record frames until their end or Ctrl-C; return the error that ended the source, if any."""
    trouble = ""
    try:
        with interrupts.held() as stop:
            for frame in frames:
                show(frame)
                if recorder.trouble != trouble:
                    trouble = recorder.trouble
                    progress.say(
                        f"roomread: {trouble or 'the database answers again, nothing is lost'}"
                    )
                if stop.asked:
                    break
    except KeyboardInterrupt:
        pass
    except MediaError as error:
        return error
    return None


def _warn_of_unused_rules(rules: str, every: float, progress: ProgressBar) -> None:
    for rule in parse_rules(rules):
        if every > rule.longest_step:
            needed = f"it needs a frame every {rule.longest_step:g} s"
            progress.say(f"roomread: the rule '{rule}' is not applied: {needed}")


def _embedder(consent: str, resume: str | None) -> FaceEmbedder:
    """Return the net that distinguishes people by their faces.

    Raises:
        SessionError: No consent was given.
        MissingExtraError: The extra `identity` is not installed.
    """
    if not consent.strip() and resume is None:
        raise SessionError(
            "--identity tells people apart by their faces, which needs their consent",
            hint='add --people "all 28, in writing, 2 Sept."; the consent must cover it',
        )
    return DlibResNet()


def _name(source: str) -> str:
    """Return a source's name without folders or credentials."""
    from roomread.store.records import source_name  # noqa: PLC0415 (needs the extra)

    return source_name(source) if "://" in source else Path(source).name or source


def read_rules(path: Path) -> str:
    """Return the text of a file of rules.

    Raises:
        RoomreadError: The file cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RoomreadError(f"{path}: cannot be read as text", hint="name a text file") from error


def _end(recorder: Recorder, progress: ProgressBar) -> None:
    """Write the remaining moments; if the database does not respond, wait for it until Ctrl-C."""
    try:
        while not recorder.flush():
            progress.say(
                f"roomread: {recorder.trouble}: {recorder.waiting:.0f} s are not written yet; "
                "Ctrl-C discards them"
            )
            time.sleep(5)
    except KeyboardInterrupt:
        pass
    recorder.close()
