"""`roomread serve`: start the service for other computers."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from roomread.cli.extras import need_service_extra
from roomread.errors import RoomreadError
from roomread.settings.compute import ComputeEngine


def command(  # noqa: PLR0913 (each is an option of the command)
    *,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="The port to listen on; 0 picks a free one.")
    ] = 8501,
    address: Annotated[
        str,
        typer.Option(
            help="The address to listen on: 127.0.0.1 for this computer only, 0.0.0.0 for all."
        ),
    ] = "127.0.0.1",
    sign_in: Annotated[
        bool,
        typer.Option(
            "--sign-in", help="Require sign-in from this computer too; needed behind a proxy."
        ),
    ] = False,
    tls_cert: Annotated[
        Path | None, typer.Option(help="File of the certificate chain, PEM.")
    ] = None,
    tls_key: Annotated[Path | None, typer.Option(help="File of its private key, PEM.")] = None,
    log_json: Annotated[bool, typer.Option("--log-json", help="Log as JSON lines.")] = False,
    engine: Annotated[
        ComputeEngine | None,
        typer.Option(
            help="Where the nets run: in this process, or shared on a Ray cluster. The default is "
            "ROOMREAD_ENGINE, or local."
        ),
    ] = None,
) -> None:
    """Start the service: the web app, an upload page and an HTTP API on one port."""
    need_service_extra()
    from roomread.entry.run import Listen, LogStyle, serve  # noqa: PLC0415 (needs the extra)

    if (tls_cert is None) != (tls_key is None):
        raise RoomreadError(
            "only one of --tls-cert and --tls-key was given", hint="give both, or neither"
        )
    for path in (tls_cert, tls_key):
        if path is not None and not os.access(path, os.R_OK):
            raise RoomreadError(f"{path}: cannot be read", hint="check its name and permissions")
    if engine is not None:
        # The pages of the web app read this setting from the environment.
        os.environ["ROOMREAD_ENGINE"] = engine
    style = LogStyle.JSON if log_json else LogStyle.LINES
    serve(Listen(address, port, tls_cert, tls_key), sign_in=sign_in, log_style=style)
