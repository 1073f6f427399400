"""Starts the service as a user does, and tells where it listens."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from program import PROGRAM

# Streamlit has deprecation warnings of its own; they are not errors of ours.
COMMAND = [argument for argument in PROGRAM if argument not in ("-W", "error")]


@dataclass(slots=True)
class Service:
    """A running `roomread serve`.

    Attributes:
        url: where it listens.
        folder: its data, settings and log.
        process: the server.
    """

    url: str
    folder: Path
    process: subprocess.Popen[bytes]

    def log(self) -> str:
        """What it wrote so far."""
        return (self.folder / "log").read_text()

    def kill(self) -> None:
        """What a power cut does."""
        self.process.kill()
        self.process.wait()

    def end(self) -> int:
        """What a service manager does; the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)


def run_cli(folder: Path, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """One command of `roomread` on a service's folder."""
    return subprocess.run(
        [*COMMAND, *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        env=environment(folder),
        check=False,
        timeout=120,
    )


def environment(folder: Path) -> dict[str, str]:
    """Everything that a service keeps is in `folder`."""
    own = {"ROOMREAD_DATA_FOLDER": str(folder / "data"), "ROOMREAD_PURPOSE": "personal"}
    return os.environ | own | {"XDG_CONFIG_HOME": str(folder), "HOME": str(folder)}


def free_port() -> int:
    """A port that nobody uses."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@contextlib.contextmanager
def serving(folder: Path, *arguments: str, **settings: str) -> Iterator[Service]:
    """A service that is ready; it ends with the block.

    Args:
        folder: for its data, settings and log.
        arguments: of `roomread serve`.
        settings: `ROOMREAD_*` variables, in lower case and without `ROOMREAD_`.
    """
    port = free_port()
    variables = {f"ROOMREAD_{name.upper()}": value for name, value in settings.items()}
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [*COMMAND, "serve", "--port", str(port), *arguments],
            env=environment(folder) | variables,
            stdout=log,
            stderr=log,
        )
    service = Service(f"http://127.0.0.1:{port}", folder, process)
    try:
        _wait_until_ready(service)
        yield service
    finally:
        if process.poll() is None:
            service.end()
    assert "Traceback" not in service.log()
    assert " ERROR " not in service.log()
    assert "terminate called" not in service.log()


def _wait_until_ready(service: Service) -> None:
    deadline = time.monotonic() + 200
    while True:
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"{service.url}/readyz").is_success:
                return
        assert service.process.poll() is None, service.log()
        assert time.monotonic() < deadline
        time.sleep(0.1)
