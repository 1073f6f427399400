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
    timeout: float = 600,
) -> subprocess.CompletedProcess[bytes]:
    """Run a command of the program to its end.

    Args:
        arguments: The arguments after `roomread`.
        folder: The current folder of the command.
        stdin: The standard input.
        variables: All environment variables of the command.
        strict: Whether warnings are errors.
        timeout: The seconds after which the process is killed.

    Raises:
        subprocess.TimeoutExpired: The process was killed.
    """
    # A standard input is a pipe, which a forked process does not have.
    if not stdin:
        done = _run_forked(arguments, folder, variables, strict=strict, timeout=timeout)
        if done is not None:
            return done
    command = [*(PROGRAM if strict else LENIENT), *arguments]
    return subprocess.run(
        command,
        input=stdin,
        capture_output=True,
        cwd=folder,
        env=dict(variables),
        timeout=timeout,
        check=False,
    )


def _run_forked(
    arguments: list[str],
    folder: Path,
    variables: Mapping[str, str],
    *,
    strict: bool,
    timeout: float,
) -> subprocess.CompletedProcess[bytes] | None:
    """Run a command in a forked process; return None if it must be a new process."""
    with tempfile.TemporaryDirectory() as name:
        written, errors = Path(name, "out"), Path(name, "err")
        process = start_forked(
            arguments,
            stdout=written,
            stderr=errors,
            folder=folder,
            variables=variables,
            strict=strict,
        )
        if process is None:
            return None
        try:
            status = process.wait(timeout)
        finally:
            process.kill()
        outputs = written.read_bytes(), errors.read_bytes()
    return subprocess.CompletedProcess(["roomread", *arguments], status, *outputs)


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
