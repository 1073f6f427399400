"""A PostgreSQL server for the tests, if PostgreSQL is installed."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

# Runs a test that uses the fixture `url` only on SQLite, for statements that PostgreSQL shares.
ON_SQLITE = pytest.mark.parametrize("url", ["sqlite"], indirect=True)


def find_programs() -> Path | None:
    """Return the folder of `initdb` and `postgres`, which on Debian is not in the PATH."""
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).resolve().parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return folders[-1] if folders else None


class PostgresServer:
    """An empty server on a free port; it can be stopped and started again."""

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self._folder = Path(tempfile.mkdtemp(prefix="roomread-pg-"))
        # The server refuses to run as root, so use the user that the package creates.
        self._user = "postgres" if os.geteuid() == 0 else None
        if self._user is not None:
            shutil.chown(self._folder, self._user)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None
        data = self._folder / "data"
        self._run("initdb", "-D", data, "-U", "roomread", "--auth=trust", "--no-sync")
        self._databases = 0

    def start(self) -> None:
        """Start the server, and wait until it accepts connections."""
        command: list[str | Path] = [
            *(self._programs / "postgres", "-D", self._folder / "data"),
            *("-p", str(self._port), "-k", self._folder, "-c", "listen_addresses=127.0.0.1"),
            # No test depends on the data surviving a crash of the machine.
            *("-c", "fsync=off"),
        ]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command, stdout=log, stderr=log, user=self._user, cwd=self._folder
            )
        deadline = time.monotonic() + 30
        while self._call("pg_isready", "-h", "127.0.0.1", "-p", self._port).returncode:
            assert time.monotonic() < deadline, (self._folder / "log").read_text()
            time.sleep(0.1)

    def stop(self) -> None:
        """Stop the server at once, which breaks all connections."""
        if self._process is not None:
            # This signal requests an "immediate shutdown" of PostgreSQL.
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(timeout=30)
            self._process = None

    def new_database(self) -> str:
        """Create an empty database, and return its URL."""
        self._databases += 1
        name = f"test{self._databases}"
        at = ("-h", "127.0.0.1", "-p", self._port, "-U", "roomread")
        self._run("createdb", *at, name)
        return f"postgresql://roomread@127.0.0.1:{self._port}/{name}"

    def close(self) -> None:
        """Stop the server, and delete its files."""
        self.stop()
        shutil.rmtree(self._folder)

    def _run(self, program: str, *arguments: object) -> None:
        result = self._call(program, *arguments)
        assert result.returncode == 0, result.stderr

    def _call(self, program: str, *arguments: object) -> subprocess.CompletedProcess[bytes]:
        command: list[str | Path] = [self._programs / program, *map(str, arguments)]
        return subprocess.run(
            command, capture_output=True, user=self._user, cwd=self._folder, check=False
        )


def may_run() -> bool:
    """Return whether PostgreSQL is installed and a user exists that may run it."""
    if find_programs() is None:
        return False
    return os.geteuid() != 0 or any(user.pw_name == "postgres" for user in pwd.getpwall())
