"""`roomread app`: starts the web app on this computer."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from roomread.errors import MissingExtraError
from roomread.settings.addresses import is_loopback

_SCRIPT = Path(__file__).parent.parent / "web" / "main.py"


def command(
    *,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where it listens.")] = 8501,
    address: Annotated[
        str, typer.Option(help="127.0.0.1 is this computer alone; 0.0.0.0 is everybody.")
    ] = "127.0.0.1",
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Do not open the browser.")
    ] = False,
) -> None:
    """Start the web app: photos, the live webcam, the model's card."""
    for module in ("streamlit", "streamlit_webrtc", "pydantic_settings", "sqlalchemy", "alembic"):
        if importlib.util.find_spec(module) is None:
            raise MissingExtraError("the web app", extra="app")
    from roomread.settings.environment import load_settings  # noqa: PLC0415 (needs the extra)

    limit = load_settings().max_upload_mb
    options = {
        "server.port": port,
        "server.address": address,
        "server.headless": str(no_browser).lower(),
        "server.maxUploadSize": limit,
        # Streamlit would ask for an e-mail address at its first start.
        "server.showEmailPrompt": "false",
        # For its welcome it would ask a host outside what this computer's address is.
        "logger.hideWelcomeMessage": "true",
    }
    flags = [f"--{name}={value}" for name, value in options.items()]
    # Streamlit runs a script by its path in a server of its own, and ends with it.
    program = [sys.executable, "-m", "streamlit", "run", str(_SCRIPT), *flags]
    # At this computer alone a visitor is its user, who may name its files.
    alone = is_loopback(address)
    environment = {"ROOMREAD_LOCAL_FILES": "true"} | os.environ if alone else dict(os.environ)
    typer.echo(f"Roomread is at http://{address}:{port} until you press Ctrl-C.")
    try:
        raise typer.Exit(subprocess.call(program, env=environment))  # noqa: S603 (our own script)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
