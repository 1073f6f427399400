"""`roomread keys` and `roomread users`: who may use the service."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from roomread.cli.extras import need_service_extra

if TYPE_CHECKING:
    # Needs the extra.
    from roomread.services.accounts import Access, Entry, Scope

keys = typer.Typer(help="Keys, for programs that use the service.", no_args_is_help=True)
users = typer.Typer(help="Users, who sign in to the service.", no_args_is_help=True)
Scopes = Annotated[
    list[str] | None,
    typer.Option("--scope", help="read, analyze or manage; several times for several."),
]


@keys.command("add")
def add_key(
    name: Annotated[str, typer.Argument(help="What it is for.")], *, scope: Scopes = None
) -> None:
    """Make a key and print it. It is shown this once; only its hash is kept."""
    typer.echo(_access().add_key(name, _scopes(scope)))


@keys.command("list")
def list_keys() -> None:
    """Show the keys, without their secrets."""
    _show(_access().keys())


@keys.command("revoke")
def revoke_key(number: Annotated[str, typer.Argument(metavar="ID", help="As listed.")]) -> None:
    """Make a key worthless, at once."""
    _access().revoke_key(number)


@users.command("add")
def add_user(
    name: Annotated[str, typer.Argument(help="To sign in with.")],
    *,
    scope: Scopes = None,
    oidc: Annotated[
        bool,
        typer.Option("--oidc", help="Who signs in at the OpenID Connect provider, by this name."),
    ] = False,
) -> None:
    """Make a user; asks for the password, or reads it from a pipe."""
    access = _access()
    if oidc:
        access.add_user(name, None, _scopes(scope))
        return
    if sys.stdin.isatty():
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        password = sys.stdin.readline().rstrip("\n")
    access.add_user(name, password, _scopes(scope))


@users.command("list")
def list_users() -> None:
    """Show the users."""
    _show(_access().users())


@users.command("remove")
def remove_user(name: Annotated[str, typer.Argument(help="As listed.")]) -> None:
    """Remove a user, who is signed out at once."""
    _access().remove_user(name)


def _access() -> Access:
    need_service_extra()
    from roomread.services.accounts import Access  # noqa: PLC0415 (needs the extra)
    from roomread.settings.environment import load_settings  # noqa: PLC0415

    return Access(load_settings().data / "access.json")


def _scopes(names: Sequence[str] | None) -> list[Scope]:
    from roomread.services.accounts import Scope  # noqa: PLC0415 (needs the extra)

    for name in names or ():
        if name not in set(Scope):
            raise typer.BadParameter(f"one of {', '.join(Scope)}", param_hint="--scope")
    return [Scope(name) for name in names or (Scope.READ, Scope.ANALYZE)]


def _show(entries: Sequence[Entry]) -> None:
    table = Table("id", "name", "scopes", "made", box=None)
    for entry in entries:
        made = time.strftime("%Y-%m-%d", time.gmtime(entry.created))
        table.add_row(entry.id, entry.name, ", ".join(entry.scopes), made)
    Console().print(table)
