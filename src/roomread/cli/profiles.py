"""`roomread profiles`: list, show, evaluate, move and delete profiles."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich import box as borders
from rich.table import Table

from roomread.classifier import open_model
from roomread.cli.printing import print_line, print_table
from roomread.errors import ProfileError
from roomread.fewshot import ProfileBinding, ProfileStore
from roomread.fewshot.store import read_profile, write_profile
from roomread.services.profile_summary import summarize, verdict
from roomread.services.teaching import ProfileExistsError, ProfileNotHelpfulError, TeachingService
from roomread.services.teaching_request import ConsentMissingError
from roomread.settings.folders import data_folder, profiles_folder

app = typer.Typer(
    help="Manage the profiles of people and states taught from pictures.", no_args_is_help=True
)
Name = Annotated[str, typer.Argument(help="The profile's name.")]
Model = Annotated[str, typer.Option(help="The model that it was taught with.")]


def profile_store() -> ProfileStore:
    """Return the store of profiles in the user's own data folder."""
    return ProfileStore(profiles_folder(data_folder()))


def teaching_service() -> TeachingService:
    """Return a teaching service for the user's own profiles."""
    return TeachingService(profile_store())


# Hints for errors, in the terms of the command line.
_HINTS: dict[type[ProfileError], str] = {
    ProfileExistsError: "use --replace to overwrite it",
    ProfileNotHelpfulError: "add clearer or more pictures, or use --force to save it",
    ConsentMissingError: "add --consent 'who agreed, and how'",
}


@contextmanager
def option_hints() -> Iterator[None]:
    """Give errors of the teaching service hints that name command-line options."""
    try:
        yield
    except ProfileError as error:
        error.hint = _HINTS.get(type(error), error.hint)
        raise


def parse_bindings(text: str) -> list[ProfileBinding]:
    """Parse a text such as "asha@3,confused" into the user's profiles and their tracks.

    Raises:
        ProfileError: a profile does not exist, or the text after @ is not a track id.
    """
    service, bindings = teaching_service(), []
    for part in text.split(","):
        name, at, track = part.strip().partition("@")
        if at and not (track.isascii() and track.isdigit() and int(track) > 0):
            raise ProfileError(
                f"'{part}': a track id must be a whole number of at least 1",
                hint=f"write {name}@1 for track 1",
            )
        bindings.append(ProfileBinding(service.load(name), int(track) if at else None))
    return bindings


@app.command("list")
def list_command() -> None:
    """List all profiles, including damaged ones."""
    summaries = teaching_service().summaries()
    if not summaries:
        print_line("No profiles yet: roomread teach --help")
        return
    table = Table(box=borders.SIMPLE_HEAD)
    for column in ("name", "is", "pictures", "model", "taught on"):
        table.add_column(column)
    for found in summaries:
        if found.problem is not None:
            table.add_row(found.name, found.problem, "", "", "")
        else:
            model = f"{found.model} ({found.digest})"
            table.add_row(found.name, found.kind_text, found.pictures_text, model, found.created)
    print_table(table)


@app.command("show")
def show_command(name: Name) -> None:
    """Show the content of a profile."""
    found = summarize(teaching_service().load(name))
    table = Table(title=name, show_header=False, title_justify="left", box=borders.SIMPLE_HEAD)
    table.add_row("is", found.kind_text)
    table.add_row("pictures", f"{found.pictures_text}; kept as vectors, not as pictures")
    table.add_row("model", f"{found.model} ({found.digest})")
    table.add_row("taught on", found.created)
    if found.consent is not None:
        table.add_row("consent", found.consent)
    print_table(table)
    print_line(f"kept in {profile_store().path(name)}")


@app.command("evaluate")
def evaluate_command(name: Name, *, model: Model = "compact") -> None:
    """Evaluate a profile: read each picture with a profile learned from the other pictures."""
    result = teaching_service().try_out(name, open_model(model))
    print_line(f"{name}: {verdict(result)}")


@app.command("delete")
def delete_command(
    name: Name,
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Delete a profile for good."""
    service = teaching_service()
    if not yes and name in service.names() and not typer.confirm(f"Delete '{name}' for good?"):
        raise typer.Exit(1)
    service.delete(name)
    print_line(f"deleted {name}")


@app.command("export")
def export_command(
    name: Name, out: Annotated[Path, typer.Argument(help="The file to write, such as asha.json.")]
) -> None:
    """Write a profile to a file, which can be imported on another computer."""
    if out.is_dir():
        out = out / f"{name}.json"
    profile = teaching_service().load(name)
    write_profile(out, profile)
    print_line(f"wrote {out}")


@app.command("import")
def import_command(
    file: Annotated[Path, typer.Argument(help="A file that `export` wrote.")],
    *,
    model: Model = "compact",
    replace: Annotated[bool, typer.Option("--replace", help="Overwrite this profile.")] = False,
) -> None:
    """Import a profile from a file."""
    profile = read_profile(file)
    with option_hints():
        teaching_service().import_profile(profile, open_model(model), replace=replace)
    print_line(f"imported {profile.name}")
