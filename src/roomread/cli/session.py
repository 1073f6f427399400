"""`roomread session`: list, show, mark, export, report and delete recorded sessions."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box as borders
from rich.table import Table

from roomread.cli import clips, record, transcript
from roomread.cli.clock import parse_clock
from roomread.cli.extras import need_sessions_extra
from roomread.cli.printing import print_line, print_table
from roomread.cli.stores import SessionId, find_session, opened_store, own_sessions
from roomread.errors import RoomreadError, SessionError
from roomread.formats.session_formats import ReportFormat, SessionFormat
from roomread.media import atomic_path
from roomread.readings import Expression
from roomread.room import DEFAULT_RULES, clock, parse_rules

if TYPE_CHECKING:
    # Imported for types only, because SQLAlchemy is an extra.
    from roomread.store import Mark
    from roomread.store.summary import Part

app = typer.Typer(
    help="Record lessons and meetings, and show, export and delete the recordings.",
    no_args_is_help=True,
)
app.command("record")(record.command)
app.command("clips")(clips.command)
app.command("transcript")(transcript.transcript_command)
app.command("slides")(transcript.slides_command)


@app.command("list")
def list_command() -> None:
    """List the sessions, newest first."""
    table = _table("id", "name", "recorded", "source", "people", "")
    with own_sessions() as store:
        for session in store.sessions():
            day = session.started_at.astimezone().strftime("%Y-%m-%d %H:%M")
            kept = "kept" if session.keeps_people else "room only"
            table.add_row(
                session.id,
                session.name,
                day,
                session.source,
                kept,
                session.state().value,
            )
    if not table.row_count:
        print_line("no session is kept")
        return
    print_table(table)


@app.command("show")
def show_command(session_id: SessionId) -> None:
    """Show a session's parts (the times between marks), changes of the valence, and alerts."""
    need_sessions_extra()
    from roomread.formats.answer import said_at_deepest  # noqa: PLC0415 (needs the extra)
    from roomread.formats.figures import session_figures  # noqa: PLC0415

    with own_sessions() as store:
        session = find_session(store, session_id)
        figures = session_figures(store, session)
        summary, words = figures.summary, said_at_deepest(figures, store.passages(session.id))
        alerts, people = store.alerts(session.id), store.people(session.id)
    print_line(f"{session.name} ({session.id}), {session.state()}")
    if summary.whole is None:
        print_line("no mood yet: three frames are needed")
        return
    table = _table("part", "from", "to", "present", "readable", "valence", "", "mostly")
    for part in summary.parts:
        table.add_row(*_cells(part))
    print_table(table)
    for change in summary.changes:
        verb = "fell" if change.after < change.before else "rose"
        at = (
            f"{clock(change.time)}: valence {verb} from {change.before:+.2f} to {change.after:+.2f}"
        )
        print_line(at)
    if words is not None:
        print_line(words)
    for alert in alerts:
        until = f" until {clock(alert.ended)}" if alert.ended is not None else ""
        print_line(f"{clock(alert.time)}{until}: {alert.reason} ({alert.certainty:.0%} certain)")
    for person in people:
        print_line(f"seat {person.seat}: {person.name}")


@app.command("mark")
def mark_command(
    session_id: SessionId,
    label: Annotated[str | None, typer.Argument(help="The slide or activity that begins.")] = None,
    *,
    at: Annotated[
        str | None,
        typer.Option(
            help="The time: 90, 1:30 or 1:02:03. By default now, if the session is being recorded."
        ),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("--csv", help="Read marks from a CSV file with the columns time and label."),
    ] = None,
) -> None:
    """Add a mark at the moment at which a slide or an activity begins."""
    need_sessions_extra()
    from roomread.services.marking import (  # noqa: PLC0415 (needs the extra)
        SessionNotRunningError,
        mark_now,
    )
    from roomread.store import Mark  # noqa: PLC0415

    if (label is None) == (file is None):
        raise typer.BadParameter("give either a label or --csv FILE")
    with own_sessions() as store:
        session = find_session(store, session_id)
        if file is None and at is None:
            try:
                marks = [mark_now(store, session.id, label or "")]
            except SessionNotRunningError as error:
                raise SessionError(error.problem, hint="give the time with --at") from error
        else:
            marks = (
                read_marks(file) if file is not None else [Mark(parse_clock(at or ""), label or "")]
            )
            store.mark(session.id, marks)
    typer.echo(f"{len(marks)} mark{'s' if len(marks) != 1 else ''} set")


@app.command("enrol")
def enrol_command(
    session_id: SessionId,
    seat: Annotated[int, typer.Argument(help="The seat's number.")],
    name: Annotated[str, typer.Argument(help="The person's name.")],
    *,
    consent: Annotated[str, typer.Option(help="How this person agreed to be named.")],
) -> None:
    """Record the name and the consent of the person at a seat."""
    with own_sessions() as store:
        person = store.enrol(find_session(store, session_id).id, seat, name, consent=consent)
    print_line(f"seat {person.seat} is {person.name}")


@app.command("export")
def export_command(
    session_id: SessionId,
    *,
    form: Annotated[
        SessionFormat | None, typer.Option("--format", help="The format of the file.")
    ] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="The file.")] = None,
    people: Annotated[
        bool,
        typer.Option(
            "--people", help="Write the readings of each person instead of the moods of the room."
        ),
    ] = False,
) -> None:
    """Write a session to a file, as CSV, Parquet, JSON or xAPI statements."""
    if form is None and output is not None and output.suffix[1:] in set(SessionFormat):
        form = SessionFormat(output.suffix[1:])
    form = form or SessionFormat.CSV
    with own_sessions() as store:
        from roomread.services.exporting import export_session  # noqa: PLC0415

        session = find_session(store, session_id)
        suffix = "xapi.json" if form is SessionFormat.XAPI else form.value
        target = output or Path(f"{session.id}.{suffix}")
        with atomic_path(target) as draft:
            export_session(store, session.id, form, draft, people=people)
    print_line(f"wrote {target}")


@app.command("report")
def report_command(
    session_id: SessionId,
    *,
    form: Annotated[
        ReportFormat | None,
        typer.Option("--format", help="The format of the report; PDF needs the extra `pdf`."),
    ] = None,
    language: Annotated[
        str, typer.Option(help="The language: en, es, fr, de, pt or hi.", metavar="LANGUAGE")
    ] = "en",
    output: Annotated[Path | None, typer.Option("-o", "--output", help="The file.")] = None,
) -> None:
    """Write the report of a session: one HTML page to read or print, or the same as PDF."""
    if form is None and output is not None and output.suffix.lower() == ".pdf":
        form = ReportFormat.PDF
    form = form or ReportFormat.HTML
    with own_sessions() as store:
        from roomread.locales import LANGUAGES, translator  # noqa: PLC0415 (needs the extra)
        from roomread.services import exporting  # noqa: PLC0415 (needs the extra)

        if language not in LANGUAGES:
            known = ", ".join(LANGUAGES)
            problem = f"there is no report in '{language}'"
            raise RoomreadError(problem, hint=f"choose one of {known}")
        words = translator(language)
        session = find_session(store, session_id)
        target = output or Path(f"{session.id}.{form.value}")
        content = exporting.report_bytes(store, session.id, form, words=words)
        with atomic_path(target) as draft:
            draft.write_bytes(content)
    print_line(f"wrote {target}")


@app.command("delete")
def delete_command(
    session_id: SessionId,
    *,
    seat: Annotated[
        int | None, typer.Option(help="Delete only the data of the person at this seat.")
    ] = None,
) -> None:
    """Delete a session, or one person's data in it."""
    with own_sessions() as store:
        session = find_session(store, session_id)
        if seat is not None:
            store.forget_seat(session.id, seat)
            typer.echo(f"seat {seat} of session {session.id} is forgotten")
        else:
            store.delete(session.id)
            typer.echo(f"session {session.id} is deleted")


@app.command("purge")
def purge_command(
    *,
    days: Annotated[
        float | None,
        typer.Option(min=0, help="The age in days. By default ROOMREAD_RETENTION_DAYS."),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(help="Delete the data of the person of this name in all sessions instead."),
    ] = None,
) -> None:
    """Delete old sessions, or the data of one person in all sessions."""
    with opened_store() as store:
        from roomread.services.retention import delete_expired  # noqa: PLC0415 (needs the extra)
        from roomread.settings.environment import load_settings  # noqa: PLC0415

        if name is not None:
            count = store.operator.forget_name(name)
            print_line(f"{count} seat{'s' if count != 1 else ''} of {name} forgotten")
            return
        limit = days if days is not None else load_settings().retention_days
        if limit is None:
            raise RoomreadError(
                "the age from which sessions are deleted is not set",
                hint="use --days 90, or set ROOMREAD_RETENTION_DAYS",
            )
        deleted = delete_expired(store, days=limit)
    typer.echo(f"{len(deleted)} session{'s' if len(deleted) != 1 else ''} deleted")


@app.command("rules")
def rules_command(
    file: Annotated[Path | None, typer.Argument(help="A file of rules to check.")] = None,
) -> None:
    """Print the default alert rules, or check a file of rules."""
    if file is None:
        typer.echo(DEFAULT_RULES, nl=False)
        return
    for rule in parse_rules(record.read_rules(file)):
        typer.echo(str(rule))


def read_marks(path: Path) -> list[Mark]:
    """Read marks from a CSV file with the columns `time` and `label`.

    Raises:
        SessionError: The file cannot be read, or a line is not a mark.
    """
    from roomread.store import Mark  # noqa: PLC0415 (needs the extra)

    try:
        # Spreadsheet programs begin a file with a byte order mark.
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            if not {"time", "label"} <= set(reader.fieldnames or ()):
                raise SessionError(
                    f"{path}: needs the columns time and label",
                    hint="begin the file with the line time,label",
                )
            return [Mark(parse_clock(row["time"] or ""), row["label"] or "") for row in reader]
    except OSError as error:
        problem = f"{path}: cannot be read: {error.strerror}"
        raise SessionError(problem, hint="check the name") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise SessionError(f"{path}: is not CSV", hint="save it as CSV in UTF-8") from error


def _table(*columns: str) -> Table:
    table = Table(box=borders.SIMPLE_HEAD)
    for column in columns:
        table.add_column(column)
    return table


def _cells(part: Part) -> list[str]:
    cells = [part.label, clock(part.start), clock(part.end)]
    cells += [f"{part.present:.0f}", f"{part.coverage:.0%}"]
    if part.valence is None or part.interval is None or part.scores is None:
        return [*cells, "", "no scores", ""]
    top = Expression(int(part.scores.argmax()))
    return [
        *cells,
        f"{part.valence:+.2f}",
        f"{part.interval.low:+.2f} to {part.interval.high:+.2f}",
        f"{top} {part.scores[top]:.0%}",
    ]
