"""`roomread profiles`: what was taught from a few pictures, to see, judge, share and delete."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich import box as borders
from rich.console import Console
from rich.table import Table

from roomread.classifier import open_model
from roomread.errors import ProfileError
from roomread.fewshot import Profile, ProfileBinding, ProfileStore, evaluate
from roomread.fewshot.adapter import check_model
from roomread.fewshot.store import read_profile, write_profile
from roomread.settings.folders import LOCAL_OWNER, data_folder, profiles_folder

app = typer.Typer(help="People and states taught from a few pictures.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="The profile's name.")]
Model = Annotated[str, typer.Option(help="The model it was taught with, if not the bundled one.")]


def profile_store() -> ProfileStore:
    """The profiles in the user's own data folder."""
    return ProfileStore(profiles_folder(data_folder(), LOCAL_OWNER))


def parse_uses(text: str, store: ProfileStore) -> list[ProfileBinding]:
    """Profiles from "asha@3,confused".

    Raises:
        ProfileError: there is no such profile, or no such track can be.
    """
    uses = []
    for part in text.split(","):
        name, at, number = part.strip().partition("@")
        if at and not (number.isascii() and number.isdigit() and int(number) > 0):
            raise ProfileError(f"'{part}' names no track", hint=f"such as {name}@1")
        uses.append(ProfileBinding(store.load(name), int(number) if at else None))
    return uses


@app.command("list")
def list_command() -> None:
    """List all profiles; damaged ones too."""
    store, console = profile_store(), Console()
    if not store.names():
        console.print("No profiles yet: roomread teach --help")
        return
    table = Table(box=borders.SIMPLE_HEAD)
    for column in ("name", "is", "pictures", "model", "taught on"):
        table.add_column(column)
    for name in store.names():
        try:
            profile = store.load(name)
        except ProfileError as error:
            table.add_row(name, f"damaged: {error.problem.rpartition('profile: ')[2]}", "", "", "")
            continue
        model = f"{profile.model} ({profile.digest})"
        table.add_row(name, _kind(profile), _counts(profile), model, profile.created)
    console.print(table)


@app.command("show")
def show_command(name: Name) -> None:
    """Show what a profile holds."""
    store = profile_store()
    profile = store.load(name)
    table = Table(title=name, show_header=False, title_justify="left", box=borders.SIMPLE_HEAD)
    table.add_row("is", _kind(profile))
    table.add_row("pictures", f"{_counts(profile)}; kept as vectors, not as pictures")
    table.add_row("model", f"{profile.model} ({profile.digest})")
    table.add_row("taught on", profile.created)
    if profile.consent is not None:
        table.add_row("consent", f"{profile.consent.given} ({profile.consent.on})")
    table.add_row("file", str(store.path(name)))
    Console().print(table)


@app.command("evaluate")
def evaluate_command(name: Name, *, model: Model = "compact") -> None:
    """Leave each of its pictures out in turn: is it read better than without the profile?"""
    trial = evaluate(profile_store().load(name), open_model(model))
    verdict = {True: "It helps.", False: "It does not help.", None: ""}[trial.helps]
    Console().print(f"{name}: {trial}. {verdict}".rstrip(), highlight=False, soft_wrap=True)


@app.command("delete")
def delete_command(
    name: Name,
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Delete a profile for good."""
    store = profile_store()
    if not yes and store.path(name).is_file() and not typer.confirm(f"Delete '{name}' for good?"):
        raise typer.Exit(1)
    store.delete(name)
    Console().print(f"deleted {name}", highlight=False)


@app.command("export")
def export_command(
    name: Name, out: Annotated[Path, typer.Argument(help="The file, such as asha.json.")]
) -> None:
    """Write a profile to a file, to take it to another computer."""
    if out.is_dir():
        out = out / f"{name}.json"
    profile = profile_store().load(name)
    write_profile(out, profile)
    Console().print(f"wrote {out}", highlight=False, soft_wrap=True)


@app.command("import")
def import_command(
    file: Annotated[Path, typer.Argument(help="What `export` wrote.")],
    *,
    model: Model = "compact",
    replace: Annotated[bool, typer.Option("--replace", help="Overwrite one of its name.")] = False,
) -> None:
    """Take a profile from a file."""
    profile = read_profile(file)
    check_model(profile, open_model(model))
    profile_store().keep(profile, replace=replace)
    Console().print(f"imported {profile.name}", highlight=False)


def _kind(profile: Profile) -> str:
    if not profile.is_state:
        return "a person"
    return "a state" if profile.person is None else f"a state of {profile.person}"


def _counts(profile: Profile) -> str:
    return ", ".join(f"{count} {label}" for label, count in profile.counts.items())
