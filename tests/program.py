"""Start the program in a separate process."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

PROGRAM = [sys.executable, "-W", "error", "-c", "from roomread.entry.main import run; run()"]


class Program:
    """The program `roomread`, run in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(
        self, *arguments: object, stdin: bytes = b""
    ) -> subprocess.CompletedProcess[bytes]:
        command = [*PROGRAM, *map(str, arguments)]
        return subprocess.run(
            command, input=stdin, capture_output=True, cwd=self.folder, timeout=600, check=False
        )


def said(result: subprocess.CompletedProcess[bytes]) -> str:
    """Return the standard output of a program that succeeded."""
    assert result.returncode == 0, result.stderr
    return result.stdout.decode()


def one_line(result: subprocess.CompletedProcess[bytes]) -> str:
    """Return the only line on standard error of a program that failed with status 2."""
    assert result.returncode == 2
    (line,) = result.stderr.decode().splitlines()
    assert line.startswith("roomread: ")
    return line


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
