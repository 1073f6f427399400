"""`roomread session record`: a recording, a camera or a stream into a session."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from roomread.classifier import ExpressionClassifier, open_model
from roomread.cli import interrupts
from roomread.cli.analyze import parse_seconds
from roomread.cli.progress import ProgressBar
from roomread.cli.status import EXIT_SOME_FAILED
from roomread.cli.stores import find_session, own_sessions
from roomread.errors import MediaError, RoomreadError, SessionError
from roomread.faces import CenterFace
from roomread.identity import DlibResNet, FaceEmbedder
from roomread.media import open_source
from roomread.pipeline import Analyzer
from roomread.room import DEFAULT_RULES, parse_rules
from roomread.runtime import Device

if TYPE_CHECKING:
    # SQLAlchemy is an extra.
    from roomread.store import Recorder


def command(  # noqa: PLR0913 (each is an option of the command)
    source: Annotated[str, typer.Argument(help="A video, a camera's number, or a URL.")],
    *,
    name: Annotated[str | None, typer.Option(help="By default the source's.")] = None,
    every: Annotated[
        str, typer.Option(help="Time from one analysed frame to the next: 0.5s, 500ms.")
    ] = "0.5s",
    rules: Annotated[
        Path | None, typer.Option(help="Rules of attention, one a line; see `session rules`.")
    ] = None,
    consent: Annotated[
        str,
        typer.Option(
            "--people",
            metavar="CONSENT",
            help="Keep each person's readings by seat too: who consented, and how.",
        ),
    ] = "",
    identity: Annotated[
        bool,
        typer.Option(
            "--identity",
            help="Tell people apart by their faces, so that they keep their number when tiles "
            "move; --people must cover it. Biometric data: in memory only, until it ends.",
        ),
    ] = False,
    resume: Annotated[
        str | None, typer.Option(metavar="ID", help="Go on with a session that was interrupted.")
    ] = None,
    min_face: Annotated[
        float | None, typer.Option(min=1, help="Leave out faces smaller than so many pixels.")
    ] = None,
    model: Annotated[str, typer.Option(help="A bundled model's name, or a file.")] = "compact",
    device: Annotated[Device, typer.Option(help="What computes.")] = Device.CPU,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress on stderr.")] = False,
) -> None:
    """Record who is there and the room's mood over time."""
    from roomread.services.recording import (  # noqa: PLC0415
        new_session,
        record,
        refuse_picture,
        session_pipeline,
    )
    from roomread.store import Recorder  # noqa: PLC0415

    seconds = parse_seconds(every)
    text = read_rules(rules) if rules is not None else DEFAULT_RULES
    analyzer = Analyzer(
        detector=CenterFace(min_face=min_face, device=device),
        classifier=ExpressionClassifier(open_model(model, device=device)),
    )
    embedder = _embedder(consent, resume) if identity else None
    failure: MediaError | None = None
    with (
        own_sessions() as store,
        open_source(source, every=seconds) as opened,
        ProgressBar(1, quiet=quiet) as progress,
        progress.source(opened) as bar,
    ):
        refuse_picture(opened, hint="`roomread analyze` takes it")
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
                embedder=embedder,
            )
        )
        if identity and not session.keeps_people:
            raise SessionError(f"session {session.id} keeps no people", hint="leave out --identity")
        recorder, trouble = Recorder(store, session), ""
        pipeline = session_pipeline(recorder, analyzer, every=seconds, embedder=embedder)
        _tell_unjudged(session.rules, seconds, progress)
        # First of all, so that it can be marked, shown and resumed meanwhile.
        typer.echo(session.id)
        try:
            with interrupts.held() as stop:
                for frame in record(pipeline, opened, recorder):
                    bar.show(frame.time, str(pipeline.mood or "no figure yet"))
                    if recorder.trouble != trouble:
                        trouble = recorder.trouble
                        progress.say(f"roomread: {trouble or 'written again, nothing is lost'}")
                    if stop.asked:
                        break
        except KeyboardInterrupt:
            pass
        except MediaError as error:
            failure = error
        _end(recorder, progress)
        if failure is not None:
            progress.say(f"roomread: {failure}")
        elif not store.moods(session.id) and not quiet:
            progress.say("roomread: too short for a figure: three frames are needed")
    if failure is not None:
        raise typer.Exit(EXIT_SOME_FAILED)


def _tell_unjudged(rules: str, every: float, progress: ProgressBar) -> None:
    for rule in parse_rules(rules):
        if every > rule.longest_step:
            needed = f"it needs a frame every {rule.longest_step:g} s"
            progress.say(f"roomread: the rule '{rule}' is not judged: {needed}")


def _embedder(consent: str, resume: str | None) -> FaceEmbedder:
    """What tells people apart.

    Raises:
        SessionError: nobody consented.
        MissingExtraError: the extra `identity` is not installed.
    """
    if not consent.strip() and resume is None:
        raise SessionError(
            "--identity tells people apart by their faces, which needs their consent",
            hint='add --people "all 28, in writing, 2 Sept."; it must cover that',
        )
    return DlibResNet()


def _name(source: str) -> str:
    """A source's own name, without the folders or the password before it."""
    from roomread.store.records import without_secrets  # noqa: PLC0415 (needs the extra)

    return without_secrets(source) if "://" in source else Path(source).name or source


def read_rules(path: Path) -> str:
    """The text of a file of rules.

    Raises:
        RoomreadError: it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RoomreadError(f"{path}: cannot be read as text", hint="check the name") from error


def _end(recorder: Recorder, progress: ProgressBar) -> None:
    """Writes the rest, and waits for a database that is away until Ctrl-C."""
    try:
        while not recorder.flush():
            progress.say(
                f"roomread: {recorder.trouble}: {recorder.waiting:.0f} s wait to be written; "
                "Ctrl-C gives them up"
            )
            time.sleep(5)
    except KeyboardInterrupt:
        pass
    recorder.close()
