"""Run the service for a soak test, and measure the delays of the test itself."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

# Interval at which the soak measures the delay of its own tasks, s.
_LOOK = 0.02


@dataclass
class Service:
    """The service under test, which may be killed and started again on the same port.

    Attributes:
        folder: The folder of the service's data and log.
        url: The URL of the service.
        process: The main process of the service.
        memory: Times, s, and the proportional set size of all processes of the service, MB.
    """

    folder: Path
    url: str = ""
    process: subprocess.Popen[bytes] | None = None
    memory: list[tuple[float, float]] = field(default_factory=list)

    async def start(self) -> None:
        """Start the service, and wait until it responds."""
        port = self.url.rpartition(":")[2] or "0"
        own = {"ROOMREAD_DATA_FOLDER": str(self.folder / "data"), "ROOMREAD_PURPOSE": "research"}
        variables = os.environ | own | {"ROOMREAD_REQUESTS_PER_MINUTE": "1000"}
        variables |= {"XDG_CONFIG_HOME": str(self.folder), "HOME": str(self.folder)}
        log = self.folder / "log"
        begun = log.stat().st_size if log.exists() else 0
        self.process = _spawn(["serve", "--sign-in", "--port", port], variables, log)
        while (found := re.search(rb"https?://[^\s\"]+:\d+", log.read_bytes()[begun:])) is None:
            if self.process.poll() is not None:
                raise SystemExit(log.read_bytes()[begun:].decode())
            await asyncio.sleep(0.2)
        self.url = found[0].decode()

    def end(self, number: signal.Signals) -> None:
        """Stop the service with a signal."""
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(timeout=60)

    def measure(self, now: float) -> None:
        """Record the proportional set size of all processes of the service; this call blocks."""
        total = 0
        with suppress(psutil.Error):
            first = psutil.Process(self.process.pid if self.process else 0)
            for process in (first, *first.children(recursive=True)):
                with suppress(psutil.Error):
                    total += process.memory_full_info().pss
        if total:
            self.memory.append((now, total / 1e6))


def _spawn(arguments: list[str], variables: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    """Start `roomread` with its output in a file."""
    command = [sys.executable, "-c", "from roomread.entry.main import run; run()"]
    with log.open("ab") as file:
        return subprocess.Popen([*command, *arguments], env=variables, stdout=file, stderr=file)


@dataclass
class OwnDelays:
    """The delays of the soak's own tasks, which its measured latencies include.

    Attributes:
        delays: The start of each measured sleep, and how much later than planned it ended, s.
    """

    delays: list[tuple[float, float]] = field(default_factory=list)

    async def watch(self) -> None:
        """Measure until the task is cancelled."""
        while True:
            begun = time.monotonic()
            await asyncio.sleep(_LOOK)
            self.delays.append((begun, max(time.monotonic() - begun - _LOOK, 0.0)))

    def p99(self) -> float:
        """Return the 99th percentile of the delays, s."""
        delays = sorted(delay for _, delay in self.delays) or [0.0]
        return delays[int(0.99 * len(delays))]

    def seconds_of_more_than(self, limit: float) -> set[int]:
        """Return the seconds of the monotonic clock in which a delay was longer than `limit` s."""
        late = [(begun, delay) for begun, delay in self.delays if delay > limit]
        return {at for begun, delay in late for at in range(int(begun), int(begun + delay) + 2)}
