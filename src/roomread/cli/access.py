"""`roomread keys` and `roomread users`: manage who may use the service."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from roomread.cli.extras import need_service_extra
from roomread.cli.printing import print_table
from roomread.cli.stores import opened_store
from roomread.errors import RoomreadError

if TYPE_CHECKING:
    # Needs the extra.
    from roomread.services.accounts import Accounts, Scope
    from roomread.store import Account

keys = typer.Typer(help="Manage the keys of programs that use the service.", no_args_is_help=True)
users = typer.Typer(help="Manage the users who sign in to the service.", no_args_is_help=True)
Scopes = Annotated[
    list[str] | None,
    typer.Option("--scope", help="read, analyze or manage; repeat it for several."),
]


@keys.command("add")
def add_key(
    name: Annotated[str, typer.Argument(help="The purpose of the key.")], *, scope: Scopes = None
) -> None:
    """Add a key and print it. It cannot be shown again, as only its hash is stored."""
    with _accounts() as accounts:
        typer.echo(accounts.add_key(name, _scopes(scope)))


@keys.command("list")
def list_keys() -> None:
    """List the keys, without their secrets."""
    with _accounts() as accounts:
        _show(accounts.keys())


@keys.command("revoke")
def revoke_key(
    key_id: Annotated[
        str, typer.Argument(metavar="ID", help="The id of the key, see `keys list`.")
    ],
) -> None:
    """Revoke a key, which is refused from now on."""
    with _accounts() as accounts, _hint("list all ids with `roomread keys list`"):
        accounts.revoke_key(key_id)


@users.command("add")
def add_user(
    name: Annotated[str, typer.Argument(help="The name to sign in with.")],
    *,
    scope: Scopes = None,
    oidc: Annotated[
        bool,
        typer.Option("--oidc", help="The user signs in at the OpenID Connect provider."),
    ] = False,
) -> None:
    """Add a user, and ask for the password or read it from a pipe."""
    with _accounts() as accounts:
        accounts.add_user(name, None if oidc else _ask_password(), _scopes(scope))


@users.command("list")
def list_users() -> None:
    """List the users."""
    with _accounts() as accounts:
        _show(accounts.users())


@users.command("remove")
def remove_user(
    name: Annotated[str, typer.Argument(help="The name of the user, see `users list`.")],
) -> None:
    """Remove a user, who is signed out at once."""
    with _accounts() as accounts, _hint("list all names with `roomread users list`"):
        accounts.remove_user(name)


@contextmanager
def _accounts() -> Iterator[Accounts]:
    need_service_extra()
    from roomread.services.accounts import Accounts  # noqa: PLC0415 (needs the extra)
    from roomread.settings.environment import load_settings  # noqa: PLC0415

    with opened_store() as store:
        yield Accounts(store.accounts, secret=load_settings().secret.get_secret_value())


@contextmanager
def _hint(hint: str) -> Iterator[None]:
    """Add a hint to an error of the `with` block that has no hint."""
    try:
        yield
    except RoomreadError as error:
        raise RoomreadError(error.problem, hint=error.hint or hint) from error


def _ask_password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    return password


def _scopes(names: Sequence[str] | None) -> list[Scope]:
    from roomread.services.accounts import Scope  # noqa: PLC0415 (needs the extra)

    for name in names or ():
        if name not in set(Scope):
            raise typer.BadParameter(f"must be one of {', '.join(Scope)}", param_hint="--scope")
    return [Scope(name) for name in names or (Scope.READ, Scope.ANALYZE)]


def _show(accounts: Sequence[Account]) -> None:
    table = Table("id", "name", "scopes", "made", box=None)
    for account in accounts:
        made = time.strftime("%Y-%m-%d", time.gmtime(account.created))
        table.add_row(account.id, account.name, ", ".join(account.scopes), made)
    print_table(table)
