"""Run the command `roomread`, and report errors as one line and an exit status."""

from __future__ import annotations

import io
import os
import sys
from typing import Annotated

import typer

from roomread._version import __version__
from roomread.cli import (
    access,
    analyze,
    average,
    bench,
    data,
    evaluate,
    export,
    fewshot,
    interrupts,
    methods,
    migrate,
    models,
    notice,
    plugins,
    profiles,
    purpose,
    refit,
    session,
    teach,
    train,
)
from roomread.cli.status import EXIT_FAILED
from roomread.entry import app as webapp
from roomread.entry import mcp, serve
from roomread.errors import RoomreadError
from roomread.fewshot import NotPreparedError
from roomread.media import is_opening
from roomread.services.purpose import PurposeError

app = typer.Typer(
    help="Read the facial expressions in a photo, a recording, a webcam or a class.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("analyze")(analyze.command)
app.command("app")(webapp.command)
app.command("serve")(serve.command)
app.command("train")(train.command)
app.command("evaluate")(evaluate.evaluate_command)
app.command("compare")(evaluate.compare_command)
app.command("export")(export.command)
app.command("refit-head")(refit.command)
app.command("average")(average.command)
app.command("bench")(bench.command)
app.command("models")(models.command)
app.command("plugins")(plugins.command)
app.command("methods")(methods.command)
app.command("mcp")(mcp.command)
app.command("migrate")(migrate.command)
app.command("purpose")(purpose.command)
app.command("notice")(notice.command)
app.command("teach", cls=teach.TeachCommand)(teach.command)
app.add_typer(profiles.app, name="profiles")
app.add_typer(fewshot.app, name="fewshot")
app.add_typer(data.app, name="data")
app.add_typer(session.app, name="session")
app.add_typer(access.keys, name="keys")
app.add_typer(access.users, name="users")


def _show_version(wanted: bool) -> None:  # noqa: FBT001 (typer's callbacks take the bare value)
    if wanted:
        typer.echo(f"roomread {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    pass


# Hints for errors of the layers below, in the terms of the command line.
_HINTS: dict[type[RoomreadError], str] = {
    PurposeError: "show or change it with `roomread purpose`",
    NotPreparedError: "prepare it with `roomread fewshot prepare DATA --model MODEL`",
}


def run() -> None:
    """Run the console script; report an error as one line and an exit status."""
    interrupts.install()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # File names may contain characters that the terminal's encoding cannot represent.
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except RoomreadError as error:
        hint = next((_HINTS[kind] for kind in _HINTS if isinstance(error, kind)), error.hint)
        print(f"roomread: {RoomreadError(error.problem, hint=hint)}", file=sys.stderr)  # noqa: T201
        sys.exit(EXIT_FAILED)
    except SystemExit as ending:
        if is_opening() and isinstance(ending.code, int):
            # Exit without cleaning up, because a thread may still wait for a network; see
            # `is_opening`.
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(ending.code)
        raise
