"""Start the program in a separate process."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from prefork import start_forked

PROGRAM = [sys.executable, "-W", "error", "-c", "from roomread.entry.main import run; run()"]
# The program without warnings as errors, because Streamlit emits deprecation warnings.
LENIENT = [PROGRAM[0], *PROGRAM[3:]]


class Program:
    """The program `roomread`, run in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(
        self, *arguments: object, stdin: bytes = b""
    ) -> subprocess.CompletedProcess[bytes]:
        return run_program([*map(str, arguments)], folder=self.folder, stdin=stdin)


def run_program(
    arguments: list[str],
    *,
    folder: Path,
    stdin: bytes = b"",
    variables: Mapping[str, str] = os.environ,
    strict: bool = True,
) -> subprocess.CompletedProcess[bytes]:
    """Run a command of the program to its end.

    Args:
        arguments: The arguments after `roomread`.
        folder: The current folder of the command.
        stdin: The standard input.
        variables: All environment variables of the command.
        strict: Whether warnings are errors.
    """
    with tempfile.TemporaryDirectory() as name:
        given, written, errors = (Path(name, stream) for stream in ("in", "out", "err"))
        given.write_bytes(stdin)
        process = start_forked(
            arguments,
            stdin=given,
            stdout=written,
            stderr=errors,
            folder=folder,
            variables=variables,
            strict=strict,
        )
        if process is not None:
            status = process.wait(timeout=600)
            outputs = written.read_bytes(), errors.read_bytes()
            return subprocess.CompletedProcess(["roomread", *arguments], status, *outputs)
    command = [*(PROGRAM if strict else LENIENT), *arguments]
    return subprocess.run(
        command,
        input=stdin,
        capture_output=True,
        cwd=folder,
        env=dict(variables),
        timeout=600,
        check=False,
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
