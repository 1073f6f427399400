"""Start the service as a user does, and find its URL."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from prefork import ForkedProcess, start_forked
from program import LENIENT, run_program
from roomread.services.accounts import Accounts
from roomread.store import Store


@dataclass(slots=True)
class Service:
    """A running `roomread serve` or `roomread app`.

    Attributes:
        url: The URL of the service.
        folder: The folder of its data, settings and log.
        process: The process of the service.
    """

    url: str
    folder: Path
    process: subprocess.Popen[bytes] | ForkedProcess

    def log(self) -> str:
        """Return what the process has written to standard output and standard error."""
        return (self.folder / "log").read_text()

    def kill(self) -> None:
        """Kill the process, which ends without any cleanup."""
        self.process.kill()
        self.process.wait()

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send SIGTERM or another signal to the process, and return its exit status."""
        self.process.send_signal(number)
        return self.process.wait(timeout=60)


def run_cli(
    folder: Path, *arguments: str, stdin: str = "", **settings: str | None
) -> subprocess.CompletedProcess[str]:
    """Run one `roomread` command on a service's folder; `settings` as in `serving`."""
    variables = _with_settings(environment(folder), settings)
    done = run_program(
        list(arguments),
        folder=Path.cwd(),
        stdin=stdin.encode(),
        variables=variables,
        strict=False,
        timeout=120,
    )
    outputs = done.stdout.decode(), done.stderr.decode()
    return subprocess.CompletedProcess(done.args, done.returncode, *outputs)


def environment(folder: Path) -> dict[str, str]:
    """Return the environment variables that put all folders of a service below `folder`."""
    own = {"ROOMREAD_DATA_FOLDER": str(folder / "data"), "ROOMREAD_PURPOSE": "research"}
    return os.environ | own | {"XDG_CONFIG_HOME": str(folder), "HOME": str(folder)}


def _with_settings(variables: dict[str, str], settings: dict[str, str | None]) -> dict[str, str]:
    """Return environment variables with settings set, or unset where they are None."""
    changed = {f"ROOMREAD_{name.upper()}": value for name, value in settings.items()}
    both = variables | changed
    return {name: value for name, value in both.items() if value is not None}


@contextlib.contextmanager
def accounts_of(folder: Path) -> Iterator[Accounts]:
    """Yield the users and keys of the service whose data folder is in `folder`."""
    (folder / "data").mkdir(mode=0o700, exist_ok=True)
    store = Store(f"sqlite:///{folder / 'data' / 'roomread.db'}")
    try:
        yield Accounts(store.accounts)
    finally:
        store.close()


@contextlib.contextmanager
def serving(
    folder: Path, *arguments: str, command: str = "serve", **settings: str | None
) -> Iterator[Service]:
    """Start a service, wait until it is ready, and stop it at the end of the `with` block.

    Args:
        folder: The folder for its data, settings and log.
        arguments: Options of the command.
        command: "serve" or "app".
        settings: `ROOMREAD_*` variables, in lower case and without `ROOMREAD_`; the value None
            unsets a variable.
    """
    variables = _with_settings(environment(folder), settings)
    log = folder / "log"
    log.touch()
    before = log.stat().st_size
    process = _start([command, "--port", "0", *arguments], log, variables)
    service = Service("", folder, process)
    try:
        service.url = _wait_for_url(service, before)
        yield service
    finally:
        if process.poll() is None:
            service.end()
    written = service.log()
    for fault in ("Traceback", " ERROR ", "terminate called"):
        assert fault not in written, written


def _start(
    arguments: list[str], log: Path, variables: dict[str, str]
) -> subprocess.Popen[bytes] | ForkedProcess:
    """Start a service that appends its output to a file."""
    forked = start_forked(
        arguments,
        stdout=log,
        stderr=log,
        folder=Path.cwd(),
        variables=variables,
        strict=False,
    )
    if forked is not None:
        return forked
    with log.open("ab") as file:
        return subprocess.Popen([*LENIENT, *arguments], env=variables, stdout=file, stderr=file)


def _wait_for_url(service: Service, before: int) -> str:
    """Wait until the service logs its URL, which it does once it accepts requests.

    `before` is the offset in the log, bytes, at which the output of this service begins.
    """
    deadline = time.monotonic() + 200
    while True:
        written = (service.folder / "log").read_bytes()[before:].decode()
        found = re.search(r"https?://[^\s\"]+:\d+", written)
        if found is not None:
            return found[0]
        assert service.process.poll() is None, written
        assert time.monotonic() < deadline, written
        time.sleep(0.05)
