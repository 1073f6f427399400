from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]


@pytest.fixture
def roomread(tmp_path: Path) -> Run:
    """The program as a user starts it: a process of its own, in an empty folder."""

    def run(*arguments: object, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        program = "from roomread.apps.cli.main import run; run()"
        command = [sys.executable, "-W", "error", "-c", program, *map(str, arguments)]
        return subprocess.run(
            command, input=stdin, capture_output=True, cwd=tmp_path, timeout=120, check=False
        )

    return run
