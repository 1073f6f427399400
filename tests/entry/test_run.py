from __future__ import annotations

import subprocess
import sys

import pytest

# Simulates a service whose database does not respond, so that closing it takes `wait` seconds.
PROGRAM = """
import time
from roomread.entry import run
from roomread.errors import RoomreadError
run._CLOSE_SECONDS = {seconds}
with run._bounded_end() as held:
    held.callback(time.sleep, {wait})
    {ending}
print("closed")
"""


def end(ending: str, *, wait: float, seconds: float) -> subprocess.CompletedProcess[str]:
    program = PROGRAM.format(ending=ending, wait=wait, seconds=seconds)
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=50, check=False
    )


@pytest.mark.parametrize(
    ("ending", "line"),
    [
        ("raise RoomreadError('the database is gone', hint='start it')", "is gone (start it)"),
        ("pass", "closing took too long"),
    ],
)
def test_process_that_is_not_closed_in_time_exits_with_a_one_line_message(
    ending: str, line: str
) -> None:
    result = end(ending, wait=60.0, seconds=0.1)
    assert result.returncode == 2
    assert result.stderr.startswith("roomread: ")
    assert result.stderr.rstrip().endswith(line)
    assert result.stderr.count("\n") == 1


def test_process_that_shuts_down_in_time_is_not_killed() -> None:
    result = end("pass", wait=0.0, seconds=30.0)
    assert (result.returncode, result.stdout, result.stderr) == (0, "closed\n", "")
