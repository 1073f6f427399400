"""`roomread purpose`: show or choose what this installation is used for."""

from __future__ import annotations

from typing import Annotated

import typer

from roomread.services.purpose import (
    DESCRIPTIONS,
    REGIONS,
    Activity,
    allows,
    choose_use,
    current_use,
)
from roomread.settings.intended_use import IntendedUse, Purpose, Region

_ACTIVITIES = {
    Activity.READ_ONESELF: "read your own face, with --myself",
    Activity.READ_OTHERS: "read pictures, videos, cameras and streams",
    Activity.RECORD_CLASS: "record a class or a meeting",
}


def command(
    purpose: Annotated[
        Purpose | None,
        typer.Argument(help="The new purpose; if left out, the present one is shown."),
    ] = None,
    *,
    region: Annotated[
        Region | None,
        typer.Option(help="Where Roomread is used: eu (the European Union) or elsewhere."),
    ] = None,
) -> None:
    """Show or choose what this installation is used for, which decides what it may do."""
    if purpose is not None or region is not None:
        choose_use(IntendedUse(purpose, region))
    _show(current_use())


def _show(use: IntendedUse) -> None:
    chosen = f"{use.purpose}: {DESCRIPTIONS[use.purpose]}" if use.purpose else "not chosen"
    where = f"{use.region}: {REGIONS[use.region]}" if use.region else "not chosen"
    typer.echo(f"purpose  {chosen}\nregion   {where}")
    for activity, description in _ACTIVITIES.items():
        typer.echo(f"{'may' if allows(activity, use) else 'must not'} {description}")
