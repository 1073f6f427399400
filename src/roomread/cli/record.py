"""`roomread session record`: record a video, a camera or a stream into a session."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from roomread.classifier import Head
from roomread.cli import interrupts
from roomread.cli.extras import need_sessions_extra
from roomread.cli.options import (
    EVERY,
    Crop,
    DeviceName,
    HeadName,
    MinFace,
    ModelName,
    NetOptions,
    Quiet,
    SourceOptions,
    Stream,
    parse_part,
    parse_seconds,
)
from roomread.cli.progress import ProgressBar, SourceBar
from roomread.cli.status import EXIT_SOME_FAILED
from roomread.cli.stores import find_session, own_sessions
from roomread.errors import MediaError, RoomreadError, SessionError
from roomread.identity import DlibResNet, FaceEmbedder
from roomread.media import Source
from roomread.pipeline import RoomPipeline
from roomread.room import DEFAULT_RULES, parse_rules
from roomread.runtime import Device

if TYPE_CHECKING:
    # Imported for types only, because SQLAlchemy is an extra.
    from roomread.formats.figures import RunningMoods
    from roomread.services.alerts import AlertSender
    from roomread.store import Recorder, Session


SourceName = Annotated[str, typer.Argument(help="A video, a camera's number, a URL, or screen:.")]
Name = Annotated[
    str | None, typer.Option(help="The title of the session. By default the source's name.")
]
Rules = Annotated[
    Path | None,
    typer.Option(help="A file of alert rules, one on each line; see `session rules`."),
]
Consent = Annotated[
    str,
    typer.Option(
        "--people",
        metavar="CONSENT",
        help="Keep the readings of each person too. CONSENT says who consented, and how.",
    ),
]
Notice = Annotated[
    str,
    typer.Option(
        metavar="HOW",
        help='How the people were informed, such as "slide before the lesson"; '
        "see `roomread notice`.",
    ),
]
Identity = Annotated[
    bool,
    typer.Option(
        "--identity",
        help="Tell people apart by their faces, so that they keep their seat when tiles "
        "move; the consent in --people must cover this. The vectors that are compared are "
        "biometric data; they stay in memory until the recording ends.",
    ),
]
AlertTo = Annotated[
    list[str] | None,
    typer.Option(
        metavar="URL",
        help="Send the room's alerts to a webhook, https://HOST/PATH, signed with "
        "ROOMREAD_ALERT_SECRET, or to an MQTT topic, mqtts://USER:PASSWORD@HOST/TOPIC. May be "
        "given several times. The default is ROOMREAD_ALERT_URLS.",
    ),
]
# Seconds to wait for pending alerts to be sent when the recording ends.
_ALERT_SECONDS = 10.0
Resume = Annotated[str | None, typer.Option(metavar="ID", help="Continue an interrupted session.")]


def command(  # noqa: PLR0913 (each is an option of the command)
    source: SourceName,
    *,
    name: Name = None,
    every: Annotated[str, EVERY] = "0.5s",
    rules: Rules = None,
    consent: Consent = "",
    notice: Notice = "",
    identity: Identity = False,
    crop: Crop = None,
    alert_to: AlertTo = None,
    resume: Resume = None,
    min_face: MinFace = None,
    model: ModelName = "compact",
    head: HeadName = Head.TAGGERS,
    device: DeviceName = Device.CPU,
    stream: Stream = None,
    quiet: Quiet = False,
) -> None:
    """Record the mood of a room over time, and with consent the readings of its people."""
    need_sessions_extra()
    from roomread.formats.figures import RunningMoods  # noqa: PLC0415
    from roomread.services.recording import (  # noqa: PLC0415
        new_session,
        refuse_picture,
        session_pipeline,
    )
    from roomread.store import Recorder  # noqa: PLC0415

    seconds = parse_seconds(every)
    sources = SourceOptions(seconds, stream, parse_part(crop) if crop is not None else None)
    text = read_rules(rules) if rules is not None else DEFAULT_RULES
    analyzer = NetOptions(model, device, min_face, head=head).make_analyzer()
    embedder = _embedder(consent, resume) if identity else None
    alerts = _alert_sender(alert_to)
    with (
        own_sessions() as store,
        sources.open(source) as opened,
        ProgressBar(1, quiet=quiet) as progress,
        progress.source(opened) as bar,
    ):
        refuse_picture(opened, hint="read it with `roomread analyze`")
        progress.tell_choice(opened)
        if resume is not None:
            session = find_session(store, resume)
        else:
            session = new_session(
                store,
                analyzer,
                name or _name(source),
                source=source,
                rules=text,
                consent=consent,
                notice=notice,
                embedder=embedder,
            )
        if identity:
            _check_people(session)
        _warn_of_unused_rules(session.rules, seconds, progress)
        # Print the id first, so that the session can be marked and shown during the recording.
        typer.echo(session.id)
        recorder = Recorder(store, session)
        pipeline = session_pipeline(
            recorder,
            analyzer,
            every=seconds,
            embedder=embedder,
            continues=not opened.live,
            alerts=alerts,
        )
        moods = RunningMoods(store, session)
        failure = _Recording(recorder, pipeline, moods, progress, bar).run(opened)
        is_short = not quiet and not store.moods(session.id)
        _report_end(progress, failure, is_short=is_short)
        for loss in alerts.close(patience=_ALERT_SECONDS):
            progress.say(f"roomread: {loss}")
    if failure is not None:
        raise typer.Exit(EXIT_SOME_FAILED)


@dataclass(frozen=True, slots=True)
class _Recording:
    """A session that is being recorded, with the progress bar that shows its mood."""

    recorder: Recorder
    pipeline: RoomPipeline
    moods: RunningMoods
    progress: ProgressBar
    bar: SourceBar

    def run(self, source: Source) -> MediaError | None:
        """Record until the end or Ctrl-C, and return the error that ended the source, if any."""
        failure = None
        try:
            with interrupts.held() as stop:
                self._read(source, stop)
        except KeyboardInterrupt:
            pass
        except MediaError as error:
            failure = error
        self._write_rest()
        return failure

    def _read(self, source: Source, stop: interrupts.Stop) -> None:
        from roomread.services.recording import record  # noqa: PLC0415

        trouble = ""
        for frame in record(self.pipeline, source, self.recorder):
            self.bar.show(frame.time, str(self.moods.update(self.pipeline.mood) or "no mood yet"))
            if self.recorder.trouble != trouble:
                trouble = self.recorder.trouble
                back = "the database responds again, nothing is lost"
                self.progress.say(f"roomread: {trouble or back}")
            if stop.asked:
                break

    def _write_rest(self) -> None:
        """Write the moments that remain; retry until Ctrl-C if the database does not respond."""
        try:
            while not self.recorder.flush():
                self.progress.say(
                    f"roomread: {self.recorder.trouble}: {self.recorder.waiting:.0f} s of the "
                    "recording are not written yet; Ctrl-C discards them"
                )
                time.sleep(5)
        except KeyboardInterrupt:
            pass
        self.recorder.close()


def _check_people(session: Session) -> None:
    """Check that a session stores readings of individual people, as `--identity` requires.

    Raises:
        SessionError: The session stores only moods of the whole room.
    """
    if not session.keeps_people:
        raise SessionError(
            f"session {session.id} has no readings of individual people",
            hint="leave out --identity",
        )


def _report_end(progress: ProgressBar, failure: MediaError | None, *, is_short: bool) -> None:
    """Print the error that ended the source, or a message if the source is too short for a mood."""
    if failure is not None:
        progress.say(f"roomread: {failure}")
    elif is_short:
        progress.say("roomread: too short for a mood: three frames are needed")


def _warn_of_unused_rules(rules: str, every: float, progress: ProgressBar) -> None:
    for rule in parse_rules(rules):
        if every > rule.longest_step:
            needed = f"it needs a frame every {rule.longest_step:g} s"
            progress.say(f"roomread: the rule '{rule}' is not applied: {needed}")


def _alert_sender(urls: Sequence[str] | None) -> AlertSender:
    """Return a sender of alerts to `urls`, or to the URLs in the settings if `urls` is None."""
    from roomread.services.alerts import alert_sender  # noqa: PLC0415 (needs the extra)
    from roomread.settings.environment import load_settings  # noqa: PLC0415

    settings = load_settings()
    if urls is None:
        urls = [url.get_secret_value() for url in settings.alert_urls]
    return alert_sender(urls, secret=settings.alert_secret.get_secret_value(), private=True)


def _embedder(consent: str, resume: str | None) -> FaceEmbedder:
    """Return the net that distinguishes people by their faces.

    Raises:
        SessionError: No consent was given.
        MissingExtraError: The extra `identity` is not installed.
    """
    if not consent.strip() and resume is None:
        raise SessionError(
            "--identity tells people apart by their faces, which needs their consent",
            hint='add the consent to this, such as --people "all 28, in writing, 2 Sept."',
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
