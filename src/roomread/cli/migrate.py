"""`roomread migrate`: upgrade the database to the tables of this version."""

from __future__ import annotations

import typer

from roomread.cli.stores import opened_store


def command() -> None:
    """Create or upgrade the tables of the database, before a new version of the service starts.

    Every other command and the service do so automatically. Run this command first where several
    replicas start at once, or where the service's database user may not change tables.
    """
    with opened_store() as store:
        from roomread.store.schema import REVISION  # noqa: PLC0415 (needs the extra)

        typer.echo(f"{store.name}: revision {REVISION}")
