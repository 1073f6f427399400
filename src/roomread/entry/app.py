"""`roomread app`: start the service for the user of this computer, and open the browser."""

from __future__ import annotations

from typing import Annotated

import typer

from roomread.cli.extras import need_service_extra
from roomread.entry.browser import open_browser

_ADDRESS = "127.0.0.1"


def command(
    *,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="The port to listen on; 0 picks a free one.")
    ] = 8501,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Do not open the browser.")
    ] = False,
) -> None:
    """Start the web app, reachable from this computer only.

    This is `roomread serve` on 127.0.0.1, without sign-in.
    """
    need_service_extra()
    from roomread.entry.run import Listen, LogStyle, serve  # noqa: PLC0415 (needs the extra)

    def show(url: str) -> None:
        typer.echo(f"Roomread is at {url} until you press Ctrl-C.")
        if not no_browser:
            open_browser(url)

    serve(Listen(_ADDRESS, port), sign_in=False, log_style=LogStyle.FAILURES, on_ready=show)
